import { createRoute } from "@hono/zod-openapi";
import { datasetList, datasetListQuery } from "../../schemas/dataset.ts";
import { PAGE_SIZE } from "../../schemas/probe-list.ts";
import { READ_PROBLEMS } from "../../schemas/problem.ts";
import { answerJson } from "../answer.ts";
import { wireDataset } from "../dataset-answers.ts";
import { acceptJson } from "../middleware/accept-json.ts";
import type { Operation } from "../operation.ts";
import { unknownCursor } from "../problem.ts";

const route = createRoute({
  operationId: "listDatasets",
  method: "get",
  path: "/v1/datasets",
  tags: ["measurements"],
  summary: "Data sets, newest first",
  description: "In pages that new data sets do not move.",
  middleware: [acceptJson()] as const,
  request: { query: datasetListQuery },
  responses: {
    200: {
      description: "A page of data sets.",
      content: { "application/json": { schema: datasetList } },
    },
    ...READ_PROBLEMS,
  },
});

export const listDatasets: Operation = (app, { stored: { datasets, limits } }) => {
  app.openapi(route, async (c) => {
    const { kind, limit = PAGE_SIZE, cursor } = c.req.valid("query");
    const page = await datasets.list(kind, limit, cursor);
    if (page === undefined) throw unknownCursor();
    const { items, ...next } = page;
    const wire = items.map((item) => wireDataset(item, limits.datasetRetentionDays));
    return answerJson(c, { datasets: wire, ...next }) as never;
  });
};
