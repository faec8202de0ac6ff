import { createRoute, z } from "@hono/zod-openapi";
import { probeId, probeJob } from "../../../schemas/probes/job.ts";
import { NOT_FOUND, READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { noQuery, type Operation } from "../../http/operation.ts";
import { noSuchProbe } from "../../http/problem.ts";
import { respond } from "../../http/respond.ts";

const route = createRoute({
  operationId: "deleteProbe",
  method: "delete",
  path: "/v1/probes/{probeId}",
  tags: ["measurements"],
  summary: "Cancel a running probe, or delete one that has ended",
  description:
    "A queued or running job is cancelled and stays listed: 200. A probe that has ended is deleted with its result: 204.",
  request: { params: z.strictObject({ probeId }), query: noQuery },
  responses: {
    200: {
      description: "The cancelled job.",
      content: { "application/json": { schema: probeJob } },
    },
    204: { description: "Deleted." },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const deleteProbe: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const probe = await stored.of(c.get("owner")).jobs.find(c.req.valid("param").probeId);
    const view = await probe?.remove();
    if (view === undefined) throw noSuchProbe();
    if (view === "removed" || view.kind === "answer") return respond(c, null, 204, {}) as never;
    return answerJson(c, view.job) as never;
  });
};
