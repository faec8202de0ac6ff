import type { Context } from "hono";
import type { ProbeRequest } from "../../schemas/probes/request.ts";
import type { JobView } from "../services/probes/jobs.ts";
import type {
  ProbeOutcome,
  ProbeSubmissions,
  RunningProbe,
} from "../services/probes/submit-probe.ts";
import { answerText } from "./answer.ts";
import type { AppEnv } from "./context.ts";
import { type Chunk, eventText, jobEventStream, pulledStream } from "./event-stream.ts";
import type { AppDeps, Stored } from "./operation.ts";
import { readPreferences } from "./prefer.ts";
import { ProblemError } from "./problem.ts";
import { respond } from "./respond.ts";

const JOB_RETRY_SECONDS = "2";
const FAULT_DETAIL = "The probe failed because of a fault in the service.";

/** How the cache was used, in the words of RFC 9211. */
const CACHE = {
  hit: "critbatch; hit",
  miss: "critbatch; fwd=miss; stored",
  fresh: "critbatch; fwd=request; stored",
  joined: "critbatch; fwd=miss; collapsed",
} as const;

type Deps = Pick<AppDeps, "reportFault"> & {
  readonly stored: Stored;
  readonly submissions: ProbeSubmissions;
};

/** Answers a request for a probe: what is stored, a job, or the events and the result of a probe inside the request. */
export async function answerProbe(
  c: Context<AppEnv>,
  deps: Deps,
  request: ProbeRequest,
  probeId: string,
): Promise<Response> {
  const { respondAsync } = readPreferences(c.req.header("Prefer"));
  const outcome = await deps.submissions.submit(request, respondAsync, deps.stored);
  const made = request.fresh === true ? CACHE.fresh : CACHE.miss;
  switch (outcome.kind) {
    case "stored":
      return answerView(c, deps, probeId, outcome.view, CACHE.hit);
    case "joined":
      return answerView(c, deps, probeId, outcome.view, CACHE.joined);
    case "begun":
      return answerView(c, deps, probeId, outcome.view, made);
    case "here":
      return wantsEvents(c)
        ? streamEvents(c, deps, outcome.run, made)
        : awaitResult(c, outcome.run, made);
    default:
      throw refusal(outcome);
  }
}

function wantsEvents(c: Context<AppEnv>): boolean {
  return (c.req.header("Accept") ?? "").includes("text/event-stream");
}

async function answerView(
  c: Context<AppEnv>,
  { stored: { jobs } }: Deps,
  probeId: string,
  view: JobView,
  cache: string,
): Promise<Response> {
  const address = { Location: `/v1/probes/${probeId}`, "Cache-Status": cache };
  const probe = await jobs.find(probeId);
  if (wantsEvents(c) && probe !== undefined) return jobEventStream(c, probe, 0, address);
  const { waitSeconds, applied } = readPreferences(c.req.header("Prefer"));
  const waited =
    view.kind === "job" && waitSeconds !== undefined
      ? ((await probe?.waitForEnd(1000 * waitSeconds)) ?? view)
      : view;
  const headers = { ...address, ...applied };
  if (waited.kind === "answer") return answerText(c, waited.text, "application/json", headers);
  return respond(c, JSON.stringify(waited.job), 202, {
    ...headers,
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "Retry-After": JOB_RETRY_SECONDS,
  });
}

type Refusal = Extract<ProbeOutcome, { kind: "over-limit" | "too-many-jobs" | "busy" }>;

function refusal(outcome: Refusal): ProblemError {
  switch (outcome.kind) {
    case "over-limit": {
      const limit = outcome.jobFlops.toExponential(2);
      const message = `expected a ceiling of at most ${limit}`;
      return new ProblemError("probe-over-limit", {
        detail: `The probe's ceiling is ${outcome.ceilingFlops.toExponential(2)} FLOP, a job may run ${limit}.`,
        errors: [{ pointer: "/budgetFlops", code: "too-big", message }],
      });
    }
    case "too-many-jobs":
      return new ProblemError("too-many-jobs", {
        detail: `${outcome.jobsAtOnce} jobs are queued or running.`,
        headers: { "Retry-After": "30" },
      });
    case "busy":
      return new ProblemError("busy", {
        detail: `${outcome.probesAtOnce} probes are running.`,
        headers: { "Retry-After": "10" },
      });
  }
}

async function awaitResult(
  c: Context<AppEnv>,
  { events, stop }: RunningProbe,
  cache: string,
): Promise<Response> {
  try {
    for await (const told of events) {
      if (c.req.raw.signal.aborted) break;
      if (told.event !== "result") continue;
      const headers = { "Cache-Status": cache };
      return answerText(c, JSON.stringify(told.answer), "application/json", headers);
    }
    throw new ProblemError("internal", { detail: "The caller has closed the request." });
  } finally {
    stop();
  }
}

function streamEvents(
  c: Context<AppEnv>,
  { reportFault }: Deps,
  { events, stop }: RunningProbe,
  cache: string,
): Response {
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
      return told.event === "progress"
        ? tell("progress", told.progress)
        : tell("result", told.answer);
    } catch (fault) {
      reportFault(c.get("requestId"), fault);
      return tell("failed", { requestId: c.get("requestId"), detail: FAULT_DETAIL });
    }
  };
  return pulledStream(c, pull, stop, { "Cache-Status": cache });
}
