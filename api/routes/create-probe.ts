import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { probeReply } from "../../schemas/probe-answer.ts";
import { probeRequest } from "../../schemas/probe-request.ts";
import { BODY_PROBLEMS, problemResponses } from "../../schemas/problem.ts";
import { answerJson } from "../answer.ts";
import { jsonBody } from "../middleware/json-body.ts";
import type { AppDeps, AppEnv, Operation } from "../operation.ts";
import { ProblemError, requireModelVersion } from "../problem.ts";
import { respond } from "../respond.ts";
import { type ReadyProbe, readyProbe } from "../services/run-probe.ts";

/** The most a probe's body takes: its text or table travels in it. */
export const PROBE_BODY_BYTES = 8_388_608;
/** They share one processor. */
export const PROBES_AT_ONCE = 2;

const route = createRoute({
  operationId: "createProbe",
  method: "post",
  path: "/v1/probes",
  tags: ["measurements"],
  summary: "A short real training run on the service's own CPU",
  description:
    "Runs inside the request. With Accept: text/event-stream it streams `progress` events and one `result`; closing " +
    "the stream stops the work. With dryRun=true it answers the plan and runs nothing.",
  middleware: [jsonBody(PROBE_BODY_BYTES)] as const,
  request: {
    query: z.strictObject({
      dryRun: z
        .enum(["true", "false"])
        .openapi({ description: "Answer the plan and run nothing.", example: "true" })
        .optional(),
    }),
    body: {
      required: true,
      description: "What to measure, on what.",
      content: {
        "application/json": {
          schema: probeRequest,
          examples: {
            teacher: {
              summary: "Critical batch of a small perceptron on data made from a seed",
              value: {
                experiment: "critical-batch",
                task: {
                  kind: "teacher",
                  inputFeatures: 8,
                  classes: 2,
                  trainExamples: 512,
                  validationExamples: 64,
                },
                model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
                budgetFlops: 1e8,
              },
            },
            quadratic: {
              summary: "A model whose answer is known in closed form",
              value: {
                experiment: "critical-batch",
                task: { kind: "quadratic", dimensions: 4, targetLoss: 0.3 },
                seeds: 1,
              },
            },
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The finished probe, or its plan.",
      content: {
        "application/json": { schema: probeReply },
        "text/event-stream": {
          schema: z.string().openapi({
            description: "Events `progress` and `result` or `failed`, each with one JSON object.",
            example: "event: progress",
          }),
        },
      },
    },
    ...BODY_PROBLEMS,
    ...problemResponses("probe-over-limit", "busy"),
  },
});

const FAULT_DETAIL = "The probe failed by a fault of the service.";

export const createProbe: Operation = (app, deps) => {
  let running = 0;
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    requireModelVersion(request.modelVersion, "/modelVersion");
    const engine = await deps.probes.loadEngine();
    const probe = await readyProbe(engine, request, deps.probes.requestFlops);
    if (c.req.valid("query").dryRun === "true") return answerJson(c, probe.plan);
    requireWithinLimit(probe);
    if (running >= PROBES_AT_ONCE) throw busy();
    running += 1;
    let ended = false;
    const done = () => {
      if (!ended) running -= 1;
      ended = true;
    };
    const streamed = (c.req.header("Accept") ?? "").includes("text/event-stream");
    return (
      streamed ? streamProbe(c, probe, done, deps.reportFault) : answerProbe(c, probe, done)
    ) as never;
  });
};

function requireWithinLimit({ plan }: ReadyProbe): void {
  if (plan.withinLimit) return;
  const ceiling = plan.flops.ceiling.toExponential(2);
  const limit = plan.requestFlopsLimit.toExponential(2);
  throw new ProblemError("probe-over-limit", {
    detail: `The probe's ceiling is ${ceiling} FLOP, one request may run ${limit}.`,
    errors: [
      {
        pointer: "/budgetFlops",
        code: "too-big",
        message: `expected a ceiling of at most ${limit}`,
      },
    ],
  });
}

function busy(): ProblemError {
  return new ProblemError("busy", {
    detail: `${PROBES_AT_ONCE} probes are running.`,
    headers: { "Retry-After": "10" },
  });
}

async function answerProbe(c: Context<AppEnv>, probe: ReadyProbe, done: () => void) {
  try {
    for await (const told of probe.run(() => c.req.raw.signal.aborted)) {
      if (told.event === "result") return answerJson(c, told.answer);
    }
    throw new ProblemError("internal", { detail: "The request was given up." });
  } finally {
    done();
  }
}

/** Pulled by its reader, so that one who has gone away stops the work; no write has to fail first. */
function streamProbe(
  c: Context<AppEnv>,
  probe: ReadyProbe,
  done: () => void,
  reportFault: AppDeps["reportFault"],
): Response {
  const { signal } = c.req.raw;
  let closed = false;
  const events = probe.run(() => closed || signal.aborted);
  const encoder = new TextEncoder();
  let sequence = 0;
  const stop = () => {
    closed = true;
    done();
  };
  signal.addEventListener("abort", stop, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await nextEvent(c, events, reportFault);
        if (next !== undefined) {
          sequence += 1;
          const lines = `event: ${next.event}\ndata: ${JSON.stringify(next.data)}\nid: ${sequence}\n\n`;
          controller.enqueue(encoder.encode(lines));
          if (next.event === "progress") return;
        }
        if (closed) return;
        stop();
        controller.close();
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
  return respond(c, body, 200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
  });
}

/** The status line has been sent: a fault is told as the last event. */
async function nextEvent(
  c: Context<AppEnv>,
  events: ReturnType<ReadyProbe["run"]>,
  reportFault: AppDeps["reportFault"],
) {
  try {
    const { value: told, done } = await events.next();
    if (done === true) return undefined;
    return told.event === "progress"
      ? { event: told.event, data: told.progress }
      : { event: told.event, data: told.answer };
  } catch (fault) {
    reportFault(c.get("requestId"), fault);
    return { event: "failed", data: { requestId: c.get("requestId"), detail: FAULT_DETAIL } };
  }
}
