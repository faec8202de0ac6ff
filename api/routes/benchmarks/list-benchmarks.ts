import { createRoute } from "@hono/zod-openapi";
import { benchmarkList } from "../../../schemas/benchmarks/benchmark.ts";
import { READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { listBenchmarks as list } from "../../services/benchmarks/run.ts";

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
