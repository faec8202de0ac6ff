import { createRoute } from "@hono/zod-openapi";
import { batchRescaleAnswer } from "../../../schemas/batch-rescales/answer.ts";
import { batchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { rescaleBatch } from "../../services/rescale/rescale.ts";

const route = createRoute({
  operationId: "createBatchRescale",
  method: "post",
  path: "/v1/batch-rescales",
  tags: ["recommendations"],
  summary: "Settings that work at one batch, moved to another",
  description:
    "Moves learning rate, Adam's decays and epsilon, weight decay and warm-up to another batch by a named rule. " +
    "A rule that does not hold is the status refused, not an error.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "A setting that works and the new batch.",
      content: {
        "application/json": {
          schema: batchRescaleRequest,
          examples: {
            "language-model": {
              summary: "Pre-training with AdamW: the laws know the optimal batch",
              value: {
                optimizer: { kind: "adamw", adamBeta1: 0.9, adamBeta2: 0.95, weightDecay: 0.1 },
                from: { batchTokens: 131072, peakLearningRate: 1e-3, warmupTokens: 3e8 },
                to: { batchTokens: 1048576 },
                model: { nonEmbeddingParams: 1e9 },
                data: { trainingTokens: 2e10 },
              },
            },
            "sgd-with-noise-scale": {
              summary: "SGD on images with a measured noise scale",
              value: {
                optimizer: { kind: "momentum", momentum: 0.9, weightDecay: 1e-4 },
                from: { batchExamples: 256, peakLearningRate: 0.1, warmupExamples: 400000 },
                to: { batchExamples: 4096 },
                noiseScale: {
                  bSimple: {
                    value: 8000,
                    interval: { lower: 6000, upper: 11000, level: 0.8 },
                    basis: "measured",
                  },
                  unit: "examples",
                  measuredOver: "late",
                },
              },
            },
            "nothing-known": {
              summary:
                "Adam without a noise scale: the number is shown, its precondition unchecked",
              value: {
                optimizer: { kind: "adam" },
                from: { batchExamples: 256, peakLearningRate: 1e-3 },
                to: { batchExamples: 1024 },
              },
            },
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The settings at the new batch, or why the asked rule is refused.",
      content: { "application/json": { schema: batchRescaleAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createBatchRescale: Operation = (app) => {
  app.openapi(route, (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, rescaleBatch(request));
  });
};
