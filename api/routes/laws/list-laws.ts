import { createRoute } from "@hono/zod-openapi";
import { lawList } from "../../../schemas/laws/laws.ts";
import { READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation, STATELESS } from "../../http/operation.ts";
import { describeLaws } from "../../services/laws/describe.ts";

const route = createRoute({
  operationId: "listLaws",
  method: "get",
  path: "/v1/laws",
  tags: ["laws"],
  summary: "The law catalogue",
  description:
    "Every published law with its formulas, source, ranges and the status of its constants.",
  ...STATELESS,
  middleware: [acceptJson()] as const,
  request: { query: noQuery },
  responses: {
    200: {
      description: "Every law, sorted by id.",
      content: { "application/json": { schema: lawList } },
    },
    ...READ_PROBLEMS,
  },
});

export const listLaws: Operation = (app) => {
  app.openapi(route, (c) => answerJson(c, describeLaws()));
};
