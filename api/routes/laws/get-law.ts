import { createRoute, z } from "@hono/zod-openapi";
import { lawAnswer, lawId } from "../../../schemas/laws/laws.ts";
import { NOT_FOUND, READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { ProblemError } from "../../http/problem.ts";
import { describeLaw } from "../../services/laws/describe.ts";
import { MODEL_VERSION } from "../../services/shared/model-version.ts";

const route = createRoute({
  operationId: "getLaw",
  method: "get",
  path: "/v1/laws/{lawId}",
  tags: ["laws"],
  summary: "One law",
  ...STATELESS,
  middleware: [acceptJson()] as const,
  request: { query: noQuery, params: z.object({ lawId }) },
  responses: {
    200: {
      description: "The law with its formulas, source, ranges and the status of its constants.",
      content: { "application/json": { schema: lawAnswer } },
    },
    ...READ_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const getLaw: Operation = (app) => {
  app.openapi(route, (c) => {
    const law = describeLaw(c.req.valid("param").lawId);
    if (law === undefined) throw new ProblemError("not-found", { detail: "No law has this id." });
    return answerJson(c, { law, modelVersion: MODEL_VERSION });
  });
};
