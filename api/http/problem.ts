import type { Hook } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import {
  type FieldError,
  PROBLEMS,
  type Problem,
  type ProblemSlug,
} from "../../schemas/service/problem.ts";
import { InvalidRequest } from "../services/shared/invalid-request.ts";
import { MODEL_VERSION } from "../services/shared/model-version.ts";
import { findNoNumber } from "./body/malformed-json.ts";
import type { AppEnv } from "./context.ts";
import { fieldErrors, MAX_ERRORS } from "./field-errors.ts";
import { respond } from "./respond.ts";

export interface ProblemDetails {
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a route or middleware to answer a problem. */
export class ProblemError extends Error {
  readonly slug: ProblemSlug;
  readonly details: ProblemDetails;

  constructor(slug: ProblemSlug, details: ProblemDetails) {
    super(details.detail);
    this.slug = slug;
    this.details = details;
  }
}

/** The only builder of problem answers. */
export function problemResponse(
  c: Context<AppEnv>,
  slug: ProblemSlug,
  { detail, errors, headers }: ProblemDetails,
): Response {
  const { status, title } = PROBLEMS[slug];
  const body: Problem = {
    type: `/problems/${slug}`,
    title,
    status,
    detail,
    instance: c.req.path,
    requestId: c.get("requestId"),
    ...(errors === undefined ? {} : { errors: [...errors] }),
  };
  return respond(c, JSON.stringify(body), status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...headers,
  });
}

/** A 422 that names the refused places. */
function validationProblem(errors: readonly FieldError[]): ProblemError {
  const places = errors.map(({ pointer }) => (pointer === "" ? "the whole body" : pointer));
  const shown = places.slice(0, 3).join(", ") + (places.length > 3 ? " and more" : "");
  const atLeast = errors.length === MAX_ERRORS ? "At least " : "";
  const count = errors.length === 1 ? "1 place is" : `${atLeast}${errors.length} places are`;
  return new ProblemError("validation", {
    detail: `${count} not as expected: ${shown}.`,
    errors,
  });
}

/** Refuses a request that is pinned to another model version than this one. */
export function requireModelVersion(pin: string | undefined, pointer: string): void {
  if (pin === undefined || pin === MODEL_VERSION) return;
  throw validationProblem([
    {
      pointer,
      code: "unknown-model-version",
      message: `expected ${MODEL_VERSION}, which runs here`,
    },
  ]);
}

/** A cursor that no page has answered. */
export function unknownCursor(): ProblemError {
  return validationProblem([
    { pointer: "?cursor", code: "unknown-cursor", message: "expected the nextCursor of a page" },
  ]);
}

export function noSuchProbe(): ProblemError {
  return new ProblemError("not-found", { detail: "There is no probe with this id." });
}

/** What every route does with a request that its schema refuses. */
export const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (result.success) return;
  // A path that names no item is no address, whatever its form.
  if (result.target === "param") {
    throw new ProblemError("not-found", { detail: "Nothing has this id." });
  }
  // The validator hands the refused input over, though its type does not say so.
  const { data } = result as { readonly data?: unknown };
  throw validationProblem(fieldErrors(result.target, data, result.error.issues));
};

const FAULT_SENTENCE = "The service failed on this request; report it with the request id.";

/**
 * The problem that stands for whatever a handler threw, or undefined when it is a fault of ours.
 *
 * @param text - of the body, where it could not be parsed.
 */
export function problemOf(thrown: unknown, text = ""): ProblemError | undefined {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof InvalidRequest) return validationProblem(thrown.fields);
  if (isMalformed(thrown)) return malformed(text);
  if (thrown instanceof HTTPException && thrown.status === 415) {
    return new ProblemError("unsupported-media-type", { detail: "Send application/json." });
  }
  return undefined;
}

/** Whether the thrown says that the body could not be parsed: only then its text is worth a look. */
export function isMalformed(thrown: unknown): boolean {
  return thrown instanceof HTTPException && thrown.status === 400;
}

function malformed(text: string): ProblemError {
  const found = findNoNumber(text);
  if (found === undefined) {
    return new ProblemError("malformed-json", { detail: "The body is not one JSON value." });
  }
  const place = found.pointer === "" ? "" : ` at ${found.pointer}`;
  return new ProblemError("malformed-json", {
    detail: `The body has a number${place} that JSON does not have.`,
    errors: [found],
  });
}

/** The 500: a fixed sentence, never the message of the fault. */
export function faultResponse(c: Context<AppEnv>): Response {
  return problemResponse(c, "internal", { detail: FAULT_SENTENCE });
}
