import { createRoute } from "@hono/zod-openapi";
import { datasetList, datasetListQuery } from "../../../schemas/datasets/dataset.ts";
import { PAGE_SIZE } from "../../../schemas/probes/list.ts";
import { READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { wireDataset } from "../../http/dataset-answers.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import type { Operation } from "../../http/operation.ts";
import { unknownCursor } from "../../http/problem.ts";

const route = createRoute({
  operationId: "listDatasets",
  method: "get",
  path: "/v1/datasets",
  tags: ["measurements"],
  summary: "Data sets, newest first",
  description: "New data sets do not shift the pages.",
  middleware: [acceptJson()] as const,
  request: { query: datasetListQuery },
  responses: {
    200: {
      description: "A page of data sets.",
      content: { "application/json": { schema: datasetList } },
    },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
  },
});

export const listDatasets: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const { kind, limit = PAGE_SIZE, cursor } = c.req.valid("query");
    const page = await stored.of(c.get("owner")).datasets.list(kind, limit, cursor);
    if (page === undefined) throw unknownCursor();
    const { items, ...next } = page;
    const wire = items.map((item) => wireDataset(item, stored.limits.datasetRetentionDays));
    return answerJson(c, { datasets: wire, ...next }) as never;
  });
};
