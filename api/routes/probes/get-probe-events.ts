import { createRoute, z } from "@hono/zod-openapi";
import { probeId } from "../../../schemas/probes/job.ts";
import { NOT_FOUND, READ_PROBLEMS, STATEFUL_PROBLEMS } from "../../../schemas/service/problem.ts";
import { jobEventStream } from "../../http/event-stream.ts";
import { quality } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";
import { noSuchProbe, ProblemError } from "../../http/problem.ts";

const EVENT_STREAM = "text/event-stream";

const route = createRoute({
  operationId: "getProbeEvents",
  method: "get",
  path: "/v1/probes/{probeId}/events",
  tags: ["measurements"],
  summary: "Past and future events of a probe",
  description:
    "Server-sent events `progress` and `cell`, and at the end `result` or `failed` (also for a cancelled job), each with " +
    "one JSON object. Ids rise, also from one run of a probe to the next. A stream that resumes with Last-Event-ID gets " +
    "each later event once, or all events if that id is not in the log.",
  request: { params: z.strictObject({ probeId }), query: noQuery },
  responses: {
    200: {
      description: "The events, to the end of the probe.",
      content: {
        [EVENT_STREAM]: {
          schema: z.string().openapi({
            description: "Events, each with id, event and data.",
            example: "event: progress",
          }),
        },
      },
    },
    ...READ_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...NOT_FOUND,
  },
});

export const getProbeEvents: Operation = (app, { stored }) => {
  app.openapi(route, async (c) => {
    const accept = c.req.header("Accept");
    if (accept !== undefined && quality(accept, EVENT_STREAM) <= 0) {
      throw new ProblemError("not-acceptable", { detail: `This call answers ${EVENT_STREAM}.` });
    }
    const { probeId: id } = c.req.valid("param");
    const after = c.req.header("Last-Event-ID") ?? "0";
    if (!/^\d{1,16}$/.test(after)) {
      throw new ProblemError("validation", {
        detail: "Last-Event-ID: expected the id of an event.",
        errors: [{ pointer: "Last-Event-ID", code: "event-id", message: "the id of an event" }],
      });
    }
    const probe = await stored.of(c.get("owner")).jobs.find(id);
    if (probe === undefined || (await probe.view()) === undefined) throw noSuchProbe();
    return jobEventStream(c, probe, Number(after)) as never;
  });
};
