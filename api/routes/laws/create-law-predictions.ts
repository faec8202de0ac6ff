import { createRoute, z } from "@hono/zod-openapi";
import { lawId, lawPredictionAnswer, lawPredictionRequest } from "../../../schemas/laws/laws.ts";
import { BODY_PROBLEMS, NOT_FOUND } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { ProblemError, requireModelVersion } from "../../http/problem.ts";
import { predictWithLaw } from "../../services/laws/predict.ts";

const route = createRoute({
  operationId: "createLawPredictions",
  method: "post",
  path: "/v1/laws/{lawId}/predictions",
  tags: ["laws"],
  summary: "What one law predicts",
  description:
    "A missing input is a 422 that names it; the refusal range is the status outside-law.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    params: z.object({ lawId }),
    body: {
      required: true,
      description: "What the law requires, and how wide the intervals should be.",
      content: {
        "application/json": {
          schema: lawPredictionRequest,
          example: { nonEmbeddingParams: 1e9, trainingTokens: 2e10, lossNats: 2.5 },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The predictions, or why the law refuses here.",
      content: { "application/json": { schema: lawPredictionAnswer } },
    },
    ...BODY_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const createLawPredictions: Operation = (app) => {
  app.openapi(route, (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    const answer = predictWithLaw(c.req.valid("param").lawId, request);
    if (answer === undefined)
      throw new ProblemError("not-found", { detail: "No law has this id." });
    return answerJson(c, answer);
  });
};
