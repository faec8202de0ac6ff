import { createRoute, z } from "@hono/zod-openapi";
import { datasetId } from "../../../schemas/datasets/dataset.ts";
import { NOT_FOUND, READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { noSuchDataset } from "../../http/dataset-answers.ts";
import { noQuery, type Operation } from "../../http/operation.ts";
import { respond } from "../../http/respond.ts";

const route = createRoute({
  operationId: "deleteDataset",
  method: "delete",
  path: "/v1/datasets/{datasetId}",
  tags: ["measurements"],
  summary: "Delete a data set at once",
  description: "Jobs that still need it fail with `dataset-deleted`; results measured on it stay.",
  request: { params: z.strictObject({ datasetId }), query: noQuery },
  responses: {
    204: { description: "Deleted." },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const deleteDataset: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    if (!(await stored.of(c.get("owner")).datasets.remove(c.req.valid("param").datasetId)))
      throw noSuchDataset();
    return respond(c, null, 204, {}) as never;
  });
};
