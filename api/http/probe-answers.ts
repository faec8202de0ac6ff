import type { Context } from "hono";
import type { ProbeAnswer } from "../../schemas/probes/answer.ts";
import type { ProbeRequest } from "../../schemas/probes/request.ts";
import { type ReadyProbe, readyProbe } from "../services/probes/answer-probe.ts";
import type { JobStart, JobView } from "../services/probes/jobs.ts";
import { answerText } from "./answer.ts";
import type { AppEnv } from "./context.ts";
import { type Chunk, eventText, jobEventStream, pulledStream } from "./event-stream.ts";
import type { AppDeps } from "./operation.ts";
import { type Preferences, readPreferences } from "./prefer.ts";
import { ProblemError } from "./problem.ts";
import { respond } from "./respond.ts";

/** Probes inside requests share one processor. */
export const PROBES_AT_ONCE = 2;

const JOB_RETRY_SECONDS = "2";
const FAULT_DETAIL = "The probe failed by a fault of the service.";

/** How the cache was used, in the words of RFC 9211. */
const CACHE = {
  hit: "critbatch; hit",
  miss: "critbatch; fwd=miss; stored",
  fresh: "critbatch; fwd=request; stored",
  joined: "critbatch; fwd=miss; collapsed",
} as const;

/** What one probe's request is to be answered with. */
interface Asked {
  readonly c: Context<AppEnv>;
  readonly probeId: string;
  readonly streamed: boolean;
  readonly preferences: Preferences;
  readonly cache: string;
}

/** The three ways to answer a probe: what is stored, a job, or work inside the request. */
export function createProbeAnswers(deps: AppDeps) {
  const { jobs, datasets, limits } = deps.stored;
  let running = 0;

  async function answer(
    c: Context<AppEnv>,
    request: ProbeRequest,
    probeId: string,
  ): Promise<Response> {
    const isFresh = request.fresh === true;
    const asked: Asked = {
      c,
      probeId,
      streamed: (c.req.header("Accept") ?? "").includes("text/event-stream"),
      preferences: readPreferences(c.req.header("Prefer")),
      cache: isFresh ? CACHE.fresh : CACHE.miss,
    };
    const known = await jobs.view(probeId);
    if (known?.kind === "answer" && !isFresh) {
      return answerView({ ...asked, cache: CACHE.hit }, known);
    }
    if (known?.kind === "job" && isUnderWay(known)) {
      return answerView({ ...asked, cache: CACHE.joined }, known);
    }
    const engine = await deps.probes.loadEngine();
    const probe = await readyProbe(engine, request, deps.probes.requestFlops, datasets);
    const start: JobStart = {
      request: JSON.stringify(request),
      plan: JSON.stringify(probe.plan),
      probeId,
    };
    if (probe.plan.withinLimit && !asked.preferences.respondAsync) {
      return runHere(asked, probe, start);
    }
    requireWithinLimit(probe, limits.jobFlops);
    if ((await jobs.countActive()) >= limits.jobsAtOnce) throw tooMany(limits.jobsAtOnce);
    return answerView(asked, await jobs.start(start));
  }

  async function answerView(asked: Asked, view: JobView): Promise<Response> {
    const { c, probeId, streamed, preferences, cache } = asked;
    const address = { Location: `/v1/probes/${probeId}`, "Cache-Status": cache };
    if (streamed) return jobEventStream(c, jobs, probeId, 0, address);
    const { waitSeconds, applied } = preferences;
    const waited =
      view.kind === "job" && waitSeconds !== undefined
        ? ((await jobs.waitForEnd(probeId, 1000 * waitSeconds)) ?? view)
        : view;
    const headers = { ...address, ...applied };
    if (waited.kind === "answer") {
      return answerText(c, waited.text, "application/json", headers);
    }
    return respond(c, JSON.stringify(waited.job), 202, {
      ...headers,
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "Retry-After": JOB_RETRY_SECONDS,
    });
  }

  function runHere(asked: Asked, probe: ReadyProbe, start: JobStart): Promise<Response> | Response {
    if (running >= PROBES_AT_ONCE) throw busy();
    running += 1;
    let ended = false;
    const done = () => {
      if (!ended) running -= 1;
      ended = true;
    };
    const keep = (answer: ProbeAnswer) => jobs.keep(start, JSON.stringify(answer), answer.digest);
    return asked.streamed
      ? streamProbe(asked, probe, keep, done, deps.reportFault)
      : answerProbe(asked, probe, keep, done);
  }

  return { answer };
}

function isUnderWay({ job }: Extract<JobView, { kind: "job" }>): boolean {
  return job.status === "queued" || job.status === "running";
}

function requireWithinLimit({ plan }: ReadyProbe, jobFlops: number): void {
  if (plan.flops.ceiling <= jobFlops) return;
  const ceiling = plan.flops.ceiling.toExponential(2);
  const limit = jobFlops.toExponential(2);
  throw new ProblemError("probe-over-limit", {
    detail: `The probe's ceiling is ${ceiling} FLOP, a job may run ${limit}.`,
    errors: [
      {
        pointer: "/budgetFlops",
        code: "too-big",
        message: `expected a ceiling of at most ${limit}`,
      },
    ],
  });
}

function tooMany(jobs: number): ProblemError {
  return new ProblemError("too-many-jobs", {
    detail: `${jobs} jobs are queued or running.`,
    headers: { "Retry-After": "30" },
  });
}

function busy(): ProblemError {
  return new ProblemError("busy", {
    detail: `${PROBES_AT_ONCE} probes are running.`,
    headers: { "Retry-After": "10" },
  });
}

async function answerProbe(
  { c, cache }: Asked,
  probe: ReadyProbe,
  keep: (answer: ProbeAnswer) => Promise<void>,
  done: () => void,
): Promise<Response> {
  try {
    for await (const told of probe.run(() => c.req.raw.signal.aborted)) {
      if (told.event !== "result") continue;
      await keep(told.answer);
      const headers = { "Cache-Status": cache };
      return answerText(c, JSON.stringify(told.answer), "application/json", headers);
    }
    throw new ProblemError("internal", { detail: "The request was given up." });
  } finally {
    done();
  }
}

function streamProbe(
  { c, cache }: Asked,
  probe: ReadyProbe,
  keep: (answer: ProbeAnswer) => Promise<void>,
  done: () => void,
  reportFault: AppDeps["reportFault"],
): Response {
  let closed = false;
  const events = probe.run(() => closed || c.req.raw.signal.aborted);
  let id = 0;
  const tell = (event: string, data: object): Chunk => {
    id += 1;
    return {
      text: eventText({ event, data: JSON.stringify(data), id }),
      last: event !== "progress",
    };
  };
  /** The status line has been sent: a fault is told as the last event. */
  const pull = async (): Promise<Chunk> => {
    try {
      const { value: told, done: over } = await events.next();
      if (over === true) return { text: "", last: true };
      if (told.event === "progress") return tell("progress", told.progress);
      await keep(told.answer);
      return tell("result", told.answer);
    } catch (fault) {
      reportFault(c.get("requestId"), fault);
      return tell("failed", { requestId: c.get("requestId"), detail: FAULT_DETAIL });
    }
  };
  const stop = () => {
    closed = true;
    done();
  };
  return pulledStream(c, pull, stop, { "Cache-Status": cache });
}
