import { createRoute } from "@hono/zod-openapi";
import { recommendationAnswer } from "../../../schemas/recommendations/answer.ts";
import { queryToRequest, recommendationQuery } from "../../../schemas/recommendations/query.ts";
import { READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { recommendPlan } from "../../services/recommend/recommend.ts";
import { InvalidRequest } from "../../services/shared/invalid-request.ts";

const route = createRoute({
  operationId: "getRecommendation",
  method: "get",
  path: "/v1/recommendations",
  tags: ["recommendations"],
  summary: "The quick form: two numbers give a complete answer",
  description:
    "The same answer as the full form, from flat query parameters; batchTokens and peakLearningRate are the current ones.",
  ...STATELESS,
  middleware: [acceptJson()] as const,
  request: { query: recommendationQuery },
  responses: {
    200: {
      description: "The recommendation, or what is missing for one.",
      content: { "application/json": { schema: recommendationAnswer } },
    },
    ...READ_PROBLEMS,
  },
});

export const getRecommendation: Operation = (app) => {
  app.openapi(route, (c) => {
    const query = c.req.valid("query");
    requireModelVersion(query.modelVersion, "?modelVersion");
    return answerJson(c, recommendQuery(query));
  });
};

/** A refusal names the place in the full form; here it must name the query parameter of the same name. */
function recommendQuery(query: Parameters<typeof queryToRequest>[0]) {
  try {
    return recommendPlan(queryToRequest(query));
  } catch (thrown) {
    if (!(thrown instanceof InvalidRequest)) throw thrown;
    throw new InvalidRequest(
      thrown.fields.map((field) => ({
        ...field,
        pointer: `?${field.pointer.split("/").at(-1) || "nonEmbeddingParams"}`,
      })),
    );
  }
}
