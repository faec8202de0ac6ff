import type { Context, MiddlewareHandler } from "hono";
import { inTime } from "../body-deadline.ts";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "../problem.ts";

/** The most a call takes that stores nothing. */
export const STATELESS_BODY_BYTES = 1_048_576;

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Content type first, then the size, announced or not; nothing is parsed before both hold. */
export function jsonBody(maxBytes: number = STATELESS_BODY_BYTES): MiddlewareHandler<AppEnv> {
  return async function jsonBody(c, next) {
    if (!JSON_TYPE.test(c.req.header("Content-Type") ?? "")) {
      throw new ProblemError("unsupported-media-type", {
        detail: "The body must be declared as application/json, in UTF-8 if a charset is named.",
      });
    }
    const announced = c.req.header("Content-Length");
    if (announced !== undefined && !(Number(announced) <= maxBytes)) throw tooLarge(maxBytes);
    // The text is kept for whoever parses it.
    const body = announced === undefined ? readCounted(c, maxBytes) : c.req.text();
    await inTime<unknown>(body, maxBytes);
    await next();
  };
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body-too-large", {
    detail: `The body of this call may have at most ${maxBytes} bytes.`,
  });
}

/** A chunked body is read as it comes and given up at the limit. */
async function readCounted(c: Context<AppEnv>, maxBytes: number): Promise<void> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  c.req.raw = new Request(c.req.raw, { body: whole });
}
