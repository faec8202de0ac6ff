import { createRoute } from "@hono/zod-openapi";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import {
  tradeoffReportAnswer,
  tradeoffReportRequest,
} from "../../../schemas/tradeoff-reports/report.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { withStoredProbe } from "../../http/stored-probe.ts";
import { reportTradeoff } from "../../services/tradeoff/report.ts";

const route = createRoute({
  operationId: "createTradeoffReport",
  method: "post",
  path: "/v1/tradeoff-reports",
  tags: ["recommendations"],
  summary: "What a small and a large batch each mean for a run",
  description:
    "The small-batch / large-batch table: every cell a number with its interval and source, or the status that says what " +
    "would measure it; plot-ready curves and a verdict.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "A planned run, as for a recommendation, and two batches to compare.",
      content: {
        "application/json": {
          schema: tradeoffReportRequest,
          examples: {
            "two-batches": {
              summary: "Two batches of a run on known machines",
              value: {
                model: { nonEmbeddingParams: 1e9 },
                data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
                hardware: { devices: 64, flopPerSecondPerDevice: 4e14, stepOverheadMs: 120 },
                smallBatchTokens: 262144,
                largeBatchTokens: 16777216,
              },
            },
            "run-alone": {
              summary: "The recommended batch against a large one",
              value: { model: { totalParams: 7e9 }, data: { trainingTokens: 2e12 } },
            },
            "fine-tuning": {
              summary: "A task without laws: the caller's own evidence",
              value: {
                task: "fine-tuning",
                data: { trainingTokens: 1e8, sequenceLengthTokens: 1024 },
                evidence: {
                  noiseScale: {
                    bSimple: {
                      value: 40,
                      interval: { lower: 30, upper: 55, level: 0.8 },
                      basis: "measured",
                    },
                    unit: "sequences",
                    measuredOver: "last-half-of-tuned-run",
                  },
                },
              },
            },
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The table, its curves and a verdict.",
      content: { "application/json": { schema: tradeoffReportAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createTradeoffReport: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(
      c,
      reportTradeoff(await withStoredProbe(c, request, stored.of(c.get("owner")).jobs)),
    );
  });
};
