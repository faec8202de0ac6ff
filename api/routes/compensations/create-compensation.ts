import { createRoute } from "@hono/zod-openapi";
import {
  compensationAnswer,
  compensationRequest,
} from "../../../schemas/compensations/compensation.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { priceRequest } from "../../services/compensation/request.ts";

const route = createRoute({
  operationId: "createCompensation",
  method: "post",
  path: "/v1/compensations",
  tags: ["recommendations"],
  summary: "What a batch costs, and what makes up for it",
  description:
    "Prices a batch in loss, in parameters and in tokens. A batch that nothing makes up for is the status " +
    "beyond-wall, not an error.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "A run and the batch to be priced.",
      content: {
        "application/json": {
          schema: compensationRequest,
          example: {
            model: { nonEmbeddingParams: 1e9 },
            data: { trainingTokens: 2e11 },
            batchTokens: 4.8e7,
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The price, and whether parameters or tokens pay it.",
      content: { "application/json": { schema: compensationAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createCompensation: Operation = (app) => {
  app.openapi(route, (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, priceRequest(request));
  });
};
