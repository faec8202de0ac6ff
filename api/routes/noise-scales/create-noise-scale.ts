import { createRoute } from "@hono/zod-openapi";
import { noiseScaleAnswer } from "../../../schemas/noise-scales/answer.ts";
import { noiseScaleRequest } from "../../../schemas/noise-scales/request.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { estimateNoiseScaleInSlices } from "../../services/noise/estimate.ts";
import { inSlices } from "../../services/shared/in-slices.ts";

/** The most the norms of a run take: 10,000 observations, each with full digits and long names. */
export const NOISE_SCALE_BODY_BYTES = 4_194_304;

const at = (step: number, smallBatchGradSqNorm: number, bigBatchGradSqNorm: number) => ({
  step,
  smallBatch: 8,
  bigBatch: 256,
  smallBatchGradSqNorm,
  bigBatchGradSqNorm,
  smallBatchCount: 32,
});

const route = createRoute({
  operationId: "createNoiseScale",
  method: "post",
  path: "/v1/noise-scale",
  tags: ["measurements"],
  summary: "Gradient noise scale from measured gradient norms",
  description:
    "tr(Sigma) / |G|^2 with an interval, from squared norms at two batch sizes or of single examples. Where " +
    "noise hides the gradient the status is unresolved, with a lower bound and what to measure.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody(NOISE_SCALE_BODY_BYTES)] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "Norms before clipping, with loss scaling taken out, and how they were reduced.",
      content: {
        "application/json": {
          schema: noiseScaleRequest,
          example: {
            unit: "sequences",
            reduction: "mean",
            clipped: false,
            observations: [
              at(100, 1.48, 0.231),
              at(150, 1.51, 0.248),
              at(200, 1.46, 0.225),
              at(250, 1.49, 0.239),
              at(300, 1.52, 0.242),
              at(350, 1.47, 0.234),
            ],
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The noise scale, or why there is none and what is needed.",
      content: { "application/json": { schema: noiseScaleAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createNoiseScale: Operation = (app) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, await inSlices(estimateNoiseScaleInSlices(request)));
  });
};
