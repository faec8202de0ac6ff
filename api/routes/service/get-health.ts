import { createRoute } from "@hono/zod-openapi";
import { health } from "../../../schemas/service/health.ts";
import { problemResponses } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";

const route = createRoute({
  operationId: "getHealth",
  method: "get",
  path: "/healthz",
  tags: ["service"],
  summary: "Whether the service answers, and whom",
  description: "Answers under every host name and also while the service is closed.",
  middleware: [acceptJson()] as const,
  request: { query: noQuery },
  responses: {
    200: {
      description: "The service runs.",
      content: { "application/json": { schema: health } },
    },
    ...problemResponses("not-acceptable", "validation", "internal"),
  },
});

export const getHealth: Operation = (app, { access }) => {
  app.openapi(route, (c) =>
    answerJson(c, {
      status:
        access.boundToLoopback || access.allowOpen ? ("ok" as const) : ("not-configured" as const),
      openBecause: access.boundToLoopback
        ? ("bound-to-loopback" as const)
        : access.allowOpen
          ? ("allow-open" as const)
          : ("closed" as const),
    }),
  );
};
