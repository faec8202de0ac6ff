import { createRoute } from "@hono/zod-openapi";
import { PAGE_SIZE, probeList, probeListQuery } from "../../../schemas/probes/list.ts";
import { READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import type { Operation } from "../../http/operation.ts";
import { unknownCursor } from "../../http/problem.ts";

const route = createRoute({
  operationId: "listProbes",
  method: "get",
  path: "/v1/probes",
  tags: ["measurements"],
  summary: "Probes, newest first",
  description: "New probes do not shift the pages: each probe is listed once.",
  middleware: [acceptJson()] as const,
  request: { query: probeListQuery },
  responses: {
    200: {
      description: "A page of probes.",
      content: { "application/json": { schema: probeList } },
    },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
  },
});

const momentOf = (ms: number) => new Date(ms).toISOString();

export const listProbes: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const { status, experiment, limit = PAGE_SIZE, cursor } = c.req.valid("query");
    const page = await stored.of(c.get("owner")).jobs.list({ status, experiment }, limit, cursor);
    if (page === undefined) throw unknownCursor();
    const { items, ...next } = page;
    const probes = items.map(({ createdMs, endedMs, ...probe }) => ({
      ...probe,
      createdAt: momentOf(createdMs),
      ...(endedMs > 0 && { endedAt: momentOf(endedMs) }),
    }));
    return answerJson(c, { probes, ...next }) as never;
  });
};
