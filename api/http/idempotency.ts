import type { Context } from "hono";
import type { FirstAnswer, IdempotencyRecords } from "../services/shared/idempotency-records.ts";
import type { AppEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;
const KEPT_HEADERS = ["Content-Type", "ETag", "Location", "Retry-After", "Preference-Applied"];

/**
 * Answers a request that carries an Idempotency-Key once: the same key with the same request gets the first answer
 * again, with another request 422, while the first is under way 409. What fails or streams is not kept.
 *
 * @param fingerprint - of everything that the request asks; asked for only if there is a key.
 * @param again - makes the response of a kept answer.
 */
export async function idempotent(
  c: Context<AppEnv>,
  records: IdempotencyRecords,
  fingerprint: () => Promise<string>,
  again: (answer: FirstAnswer) => Response,
  answer: () => Promise<Response>,
): Promise<Response> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return answer();
  if (!KEY.test(key)) throw refused("1 to 255 printable characters without spaces");
  const holder = crypto.randomUUID();
  const begun = await records.begin(key, await fingerprint(), holder);
  if (begun === "other-request") {
    throw refused("a key that no other request has used; this one belongs to another body");
  }
  if (begun === "in-progress") {
    throw new ProblemError("idempotency-in-progress", {
      detail: "The first request with this key is being answered.",
      headers: { "Retry-After": "2" },
    });
  }
  if (begun !== "first") return again(begun);
  return first(records, key, holder, answer);
}

async function first(
  records: IdempotencyRecords,
  key: string,
  holder: string,
  answer: () => Promise<Response>,
): Promise<Response> {
  let response: Response;
  // The key stays taken for as long as the call takes.
  const renewal = setInterval(() => {
    records.renew(key, holder).catch(() => undefined);
  }, records.renewMs);
  try {
    response = await answer();
  } catch (failure) {
    await records.forget(key, holder);
    throw failure;
  } finally {
    clearInterval(renewal);
  }
  const streams = response.headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  if (!response.ok || streams) {
    await records.forget(key, holder);
    return response;
  }
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const body = await response.clone().text();
  await records.finish(key, holder, { status: response.status, headers, body });
  return response;
}

function refused(expected: string): ProblemError {
  return new ProblemError("validation", {
    detail: `Idempotency-Key: expected ${expected}.`,
    errors: [{ pointer: "Idempotency-Key", code: "idempotency-key", message: expected }],
  });
}
