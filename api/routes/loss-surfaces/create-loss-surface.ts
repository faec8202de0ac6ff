import { createRoute } from "@hono/zod-openapi";
import {
  lossSurfaceAnswer,
  lossSurfaceRequest,
} from "../../../schemas/loss-surfaces/loss-surface.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { mapLossSurface } from "../../services/laws/loss-surface.ts";

const route = createRoute({
  operationId: "createLossSurface",
  method: "post",
  path: "/v1/laws/critbatch-joint/surface",
  tags: ["laws"],
  summary: "Loss over batch and learning rate",
  description:
    "The joint loss surface at one model and token budget, as a heat map of at most 200 batches and 200 learning " +
    "rates, with its lowest point. The learning-rate term is a parabola in the logarithm: it does not foretell divergence.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "A model, its tokens, and the two axes.",
      content: {
        "application/json": {
          schema: lossSurfaceRequest,
          example: {
            nonEmbeddingParams: 1e9,
            trainingTokens: 2e10,
            batchTokens: { min: 65536, max: 16777216, points: 5 },
            peakLearningRate: { min: 1e-4, max: 1e-2, points: 4 },
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The heat map and its lowest point.",
      content: { "application/json": { schema: lossSurfaceAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createLossSurface: Operation = (app) => {
  app.openapi(route, (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, mapLossSurface(request));
  });
};
