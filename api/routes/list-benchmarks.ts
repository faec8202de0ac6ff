import { createRoute } from "@hono/zod-openapi";
import { benchmarkList } from "../../schemas/benchmark.ts";
import { READ_PROBLEMS } from "../../schemas/problem.ts";
import { answerJson } from "../answer.ts";
import { acceptJson } from "../middleware/accept-json.ts";
import { noQuery, type Operation, STATELESS } from "../operation.ts";
import { listBenchmarks as list } from "../services/run-benchmark.ts";

const route = createRoute({
  operationId: "listBenchmarks",
  method: "get",
  path: "/v1/benchmarks",
  tags: ["benchmarks"],
  summary: "Fixed workloads with their FLOPs",
  ...STATELESS,
  middleware: [acceptJson()] as const,
  request: { query: noQuery },
  responses: {
    200: {
      description: "Every workload.",
      content: { "application/json": { schema: benchmarkList } },
    },
    ...READ_PROBLEMS,
  },
});

export const listBenchmarks: Operation = (app, { probes }) => {
  app.openapi(route, async (c) => answerJson(c, list(await probes.loadEngine())));
};
