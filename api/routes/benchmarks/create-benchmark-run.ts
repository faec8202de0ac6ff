import { createRoute, z } from "@hono/zod-openapi";
import {
  benchmarkRequest,
  benchmarkRun,
  workloadName,
} from "../../../schemas/benchmarks/benchmark.ts";
import { BODY_PROBLEMS, NOT_FOUND } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { runBenchmark } from "../../services/benchmarks/run.ts";

const route = createRoute({
  operationId: "createBenchmarkRun",
  method: "post",
  path: "/v1/benchmarks/{workload}/runs",
  tags: ["benchmarks"],
  summary: "One run of a workload, to be timed by the caller",
  description:
    "The run is made for this call and never taken from a store. The service states its FLOPs and the digest of what it " +
    "computed; the clock of a deployed Worker stands still while it works, so that only the caller can time it.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    params: z.object({ workload: workloadName }),
    body: {
      required: true,
      description: "Engine and repeats.",
      content: { "application/json": { schema: benchmarkRequest, example: { repeats: 1 } } },
    },
  },
  responses: {
    200: {
      description: "FLOPs and digest of the run.",
      content: { "application/json": { schema: benchmarkRun } },
    },
    ...BODY_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const createBenchmarkRun: Operation = (app, { probes }) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    const { workload } = c.req.valid("param");
    return answerJson(c, await runBenchmark(probes.loadEngine, workload, request));
  });
};
