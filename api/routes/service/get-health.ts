import { createRoute } from "@hono/zod-openapi";
import { health } from "../../../schemas/service/health.ts";
import { problemResponses } from "../../../schemas/service/problem.ts";
import type { AccessPolicy } from "../../env.ts";
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

export const getHealth: Operation = (app, { access, keys }) => {
  app.openapi(route, async (c) => {
    const openBecause = (await keys?.required()) === true ? "keys" : openWithoutKeys(access);
    const status = openBecause === "closed" ? "not-configured" : "ok";
    return answerJson(c, { status, openBecause } as const);
  });
};

function openWithoutKeys({ boundToLoopback, allowOpen }: AccessPolicy) {
  if (boundToLoopback) return "bound-to-loopback";
  return allowOpen ? "allow-open" : "closed";
}
