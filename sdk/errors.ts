import type { FieldError, ProbeJob, Problem } from "./generated/schema.ts";

/** Every kind of problem that the service answers with; `switch` over it is exhaustive. */
export type ProblemType = Problem["type"];

interface ErrorDetails {
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** Base of every error of this package; what a caller's signal aborts with is passed on as it is. */
export abstract class CritbatchError extends Error {
  abstract override readonly name: string;
  /** Names the request in a report; known once the service has answered. */
  readonly requestId: string | undefined;

  constructor(message: string, { requestId, ...options }: ErrorDetails) {
    super(message, options);
    this.requestId = requestId;
  }
}

/** What the headers of a problem say besides. */
interface AroundProblem {
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The service answered with a problem (RFC 9457): it was reached, and says what is wrong. */
export class ApiProblemError extends CritbatchError {
  override readonly name = "ApiProblemError";
  /** Decides what the problem is. A newer service may answer a type that is not listed here. */
  readonly type: ProblemType;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  /** The refused places of the request; empty unless the type is /problems/validation. */
  readonly errors: readonly FieldError[];
  /** What the service asked to wait before another attempt, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, { requestId, retryAfterMs }: AroundProblem = {}) {
    super(`${problem.status} ${problem.title}: ${problem.detail}${placesOf(problem)}`, {
      requestId: problem.requestId ?? requestId,
    });
    this.type = problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.instance = problem.instance;
    this.errors = problem.errors ?? [];
    this.retryAfterMs = retryAfterMs;
  }
}

function placesOf({ errors = [] }: Problem): string {
  return errors.map(({ pointer, message }) => `\n  ${pointer || "body"}: ${message}`).join("");
}

/** No answer of the service arrived: no connection, a cut one, or something else that answered. */
export class TransportError extends CritbatchError {
  override readonly name: "TransportError" | "TimeoutError" = "TransportError";
  /** HTTP status, where something answered that was not the service, or not in its language. */
  readonly status: number | undefined;

  constructor(message: string, details: ErrorDetails & { readonly status?: number } = {}) {
    const { status, ...rest } = details;
    super(message, rest);
    this.status = status;
  }
}

/** The answer did not arrive in time. */
export class TimeoutError extends TransportError {
  override readonly name = "TimeoutError";
  /** Which limit was passed: that of one attempt, or that of the call with all its attempts. */
  readonly limit: "attempt" | "total";
  readonly timeoutMs: number;

  constructor(limit: "attempt" | "total", timeoutMs: number) {
    super(`no complete answer within ${timeoutMs} ms (${limit} timeout)`);
    this.limit = limit;
    this.timeoutMs = timeoutMs;
  }
}

/** A probe ended without a result: it failed or was cancelled. */
export class ProbeEndedError extends CritbatchError {
  override readonly name = "ProbeEndedError";
  /** The job at its end; `failure` says why where it failed. */
  readonly job: ProbeJob;

  constructor(job: ProbeJob) {
    const why = "failure" in job ? `: ${job.failure.code}, ${job.failure.detail}` : "";
    const end = job.status === "cancelled" ? "was cancelled" : `has ${job.status}`;
    super(`the probe ${job.probeId} ${end}${why}`, {});
    this.job = job;
  }
}
