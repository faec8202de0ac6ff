import { createRoute, z } from "@hono/zod-openapi";
import { dataset, datasetId } from "../../../schemas/datasets/dataset.ts";
import { NOT_FOUND, READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { noSuchDataset, wireDataset } from "../../http/dataset-answers.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";

const route = createRoute({
  operationId: "getDataset",
  method: "get",
  path: "/v1/datasets/{datasetId}",
  tags: ["measurements"],
  summary: "Kind, size and dates of a data set",
  middleware: [acceptJson()] as const,
  request: { params: z.strictObject({ datasetId }), query: noQuery },
  responses: {
    200: { description: "The data set.", content: { "application/json": { schema: dataset } } },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const getDataset: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const found = await stored.of(c.get("owner")).datasets.get(c.req.valid("param").datasetId);
    if (found === undefined) throw noSuchDataset();
    return answerJson(c, wireDataset(found, stored.limits.datasetRetentionDays)) as never;
  });
};
