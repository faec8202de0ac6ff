import { createRoute, z } from "@hono/zod-openapi";
import { probeId, probeState } from "../../../schemas/probes/job.ts";
import { NOT_FOUND, READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerText } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";
import { readPreferences } from "../../http/prefer.ts";
import { noSuchProbe } from "../../http/problem.ts";

const route = createRoute({
  operationId: "getProbe",
  method: "get",
  path: "/v1/probes/{probeId}",
  tags: ["measurements"],
  summary: "A probe: its result, or the state of its job",
  description: "Prefer: wait=N waits up to N seconds for the end of a running job.",
  middleware: [acceptJson()] as const,
  request: { params: z.strictObject({ probeId }), query: noQuery },
  responses: {
    200: { description: "The probe.", content: { "application/json": { schema: probeState } } },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const getProbe: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const { probeId: id } = c.req.valid("param");
    const { waitSeconds, applied } = readPreferences(c.req.header("Prefer"));
    const probe = await stored.of(c.get("owner")).jobs.find(id);
    const view = await (waitSeconds === undefined
      ? probe?.view()
      : probe?.waitForEnd(1000 * waitSeconds));
    if (view === undefined) throw noSuchProbe();
    const text = view.kind === "answer" ? view.text : JSON.stringify(view.job);
    return answerText(c, text, "application/json", applied) as never;
  });
};
