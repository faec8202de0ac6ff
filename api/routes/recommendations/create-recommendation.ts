import { createRoute } from "@hono/zod-openapi";
import { recommendationAnswer } from "../../../schemas/recommendations/answer.ts";
import { RECOMMENDATION_EXAMPLES } from "../../../schemas/recommendations/examples.ts";
import { recommendationRequest } from "../../../schemas/recommendations/request.ts";
import { BODY_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { withStoredProbe } from "../../http/stored-probe.ts";
import { recommendPlan } from "../../services/recommend/recommend.ts";

const route = createRoute({
  operationId: "createRecommendation",
  method: "post",
  path: "/v1/recommendations",
  tags: ["recommendations"],
  summary: "Batch size, learning rate and parameter count for a planned run",
  description:
    "The full form: policy, constraints, hardware, current settings and measured evidence. Every number " +
    "carries an interval and a source.",
  ...STATELESS,
  middleware: [acceptJson(), jsonBody()] as const,
  request: {
    query: noQuery,
    body: {
      required: true,
      description: "The planned run.",
      content: {
        "application/json": { schema: recommendationRequest, examples: RECOMMENDATION_EXAMPLES },
      },
    },
  },
  responses: {
    200: {
      description: "The recommendation, or what is missing for one.",
      content: { "application/json": { schema: recommendationAnswer } },
    },
    ...BODY_PROBLEMS,
  },
});

export const createRecommendation: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(
      c,
      recommendPlan(await withStoredProbe(c, request, stored.of(c.get("owner")).jobs)),
    );
  });
};
