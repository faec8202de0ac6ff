import { createRoute } from "@hono/zod-openapi";
import { BODY_PROBLEMS } from "../../schemas/problem.ts";
import { recommendationAnswer } from "../../schemas/recommendation-answer.ts";
import { RECOMMENDATION_EXAMPLES } from "../../schemas/recommendation-examples.ts";
import { recommendationRequest } from "../../schemas/recommendation-request.ts";
import { answerJson } from "../answer.ts";
import { acceptJson } from "../middleware/accept-json.ts";
import { jsonBody } from "../middleware/json-body.ts";
import { noQuery, type Operation, STATELESS } from "../operation.ts";
import { requireModelVersion } from "../problem.ts";
import { recommendPlan } from "../services/recommend-plan.ts";
import { withStoredProbe } from "../stored-probe.ts";

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

export const createRecommendation: Operation = (app, { stored: { jobs } }) => {
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    return answerJson(c, recommendPlan(await withStoredProbe(c, request, jobs)));
  });
};
