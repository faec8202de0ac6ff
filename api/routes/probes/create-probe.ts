import { createRoute, z } from "@hono/zod-openapi";
import { probeReply } from "../../../schemas/probes/answer.ts";
import { probeJob } from "../../../schemas/probes/job.ts";
import { probeRequest } from "../../../schemas/probes/request.ts";
import {
  BODY_PROBLEMS,
  problemResponses,
  STATEFUL_PROBLEMS,
} from "../../../schemas/service/problem.ts";
import { answerJson } from "../../http/answer.ts";
import { idempotent } from "../../http/idempotency.ts";
import { jsonBody } from "../../http/middleware/json-body.ts";
import type { Operation } from "../../http/operation.ts";
import { answerProbe } from "../../http/probe-answers.ts";
import { requireModelVersion } from "../../http/problem.ts";
import { respond } from "../../http/respond.ts";
import { probeIdOf } from "../../services/probes/answer-probe.ts";
import { ProbeSubmissions } from "../../services/probes/submit-probe.ts";

/** Largest body of a probe; its text or table is part of it. */
export const PROBE_BODY_BYTES = 8_388_608;

const EXAMPLES = {
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
};

const events = z.string().openapi({
  description: "Events `progress`, `cell` and `result` or `failed`, each with one JSON object.",
  example: "event: progress",
});

const route = createRoute({
  operationId: "createProbe",
  method: "post",
  path: "/v1/probes",
  tags: ["measurements"],
  summary: "A short real training run on the service's own CPU",
  description:
    "Runs inside the request up to `probeRequestFlops` of GET /v1/limits; above it, or with Prefer: respond-async, as a " +
    "job: 202 with its Location. Prefer: wait=N waits up to N seconds for the end of a job. A stored result is answered " +
    "at once (see Cache-Status) unless `fresh` is set; a probe that already runs as a job answers that job. With Accept: " +
    "text/event-stream the call streams `progress` events and one `result`; closing the stream stops a probe inside the " +
    "request, but not a job. With an Idempotency-Key a repeated call gets the first answer again. With dryRun=true the " +
    "call answers the plan, made from the sizes of the data, and runs nothing.",
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
      description: "What to measure, and on which data.",
      content: { "application/json": { schema: probeRequest, examples: EXAMPLES } },
    },
  },
  responses: {
    200: {
      description: "The finished probe, or its plan.",
      content: {
        "application/json": { schema: probeReply },
        "text/event-stream": { schema: events },
      },
    },
    202: {
      description: "The job that runs the probe; its address is in Location.",
      content: { "application/json": { schema: probeJob } },
    },
    ...BODY_PROBLEMS,
    ...STATEFUL_PROBLEMS,
    ...problemResponses("idempotency-in-progress", "probe-over-limit", "too-many-jobs", "busy"),
  },
});

export const createProbe: Operation = (app, deps) => {
  const { jobFlops } = deps.stored.limits;
  const submissions = new ProbeSubmissions({ jobFlops, ...deps.probes });
  app.openapi(route, async (c) => {
    const request = c.req.valid("json");
    const stored = deps.stored.of(c.get("owner"));
    requireModelVersion(request.modelVersion, "/modelVersion");
    if (c.req.valid("query").dryRun === "true") {
      return answerJson(c, await submissions.plan(request, stored));
    }
    const probeId = await probeIdOf(request);
    return (await idempotent(
      c,
      stored.idempotency,
      async () => `probe ${probeId} ${request.fresh === true ? "fresh" : ""}`,
      ({ body, status, headers }) => respond(c, body, status, headers),
      () =>
        answerProbe(c, { stored, submissions, reportFault: deps.reportFault }, request, probeId),
    )) as never;
  });
};
