import type { Context, MiddlewareHandler } from "hono";
import { inTime } from "../body/deadline.ts";
import { inflated } from "../body/inflated.ts";
import { requireParsable } from "../body/json-shape.ts";
import { readBody, tooLarge } from "../body/read-body.ts";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "../problem.ts";

/** The most a call takes that stores nothing. */
export const STATELESS_BODY_BYTES = 1_048_576;

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Content type first, then the coding and the size, announced or not; nothing is parsed before all hold. */
export function jsonBody(maxBytes: number = STATELESS_BODY_BYTES): MiddlewareHandler<AppEnv> {
  return async function jsonBody(c, next) {
    if (!JSON_TYPE.test(c.req.header("Content-Type") ?? "")) {
      throw new ProblemError("unsupported-media-type", {
        detail: "The body must be declared as application/json, in UTF-8 if a charset is named.",
      });
    }
    const announced = Number(c.req.header("Content-Length") ?? Number.NaN);
    if (announced > maxBytes) throw tooLarge(maxBytes);
    const coding = c.req.header("Content-Encoding")?.trim().toLowerCase() ?? "identity";
    const plain = coding === "identity" && announced <= maxBytes;
    // The text is kept for whoever parses it.
    const body = plain ? c.req.text() : readHere(c, coding, maxBytes);
    await inTime<unknown>(body, maxBytes);
    requireParsable(await c.req.text());
    await next();
  };
}

/** The limit holds for the decoded bytes, which are counted as they come. */
async function readHere(c: Context<AppEnv>, coding: string, maxBytes: number): Promise<void> {
  const raw = c.req.raw.body as ReadableStream<Uint8Array> | null;
  if (raw === null) return;
  const reading = readBody(decoder(raw, coding), maxBytes);
  const body = await (coding === "identity" ? reading : decoded(reading));
  const headers = new Headers(c.req.raw.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  c.req.raw = new Request(c.req.raw, { body, headers });
}

function decoder(raw: ReadableStream<Uint8Array>, coding: string): ReadableStream<Uint8Array> {
  if (coding === "identity") return raw;
  if (coding !== "gzip" && coding !== "deflate") {
    throw new ProblemError("unsupported-media-type", {
      detail: `A body comes plain or with Content-Encoding gzip or deflate, not ${coding.slice(0, 40)}.`,
      headers: { "Accept-Encoding": "gzip, deflate" },
    });
  }
  return inflated(raw, coding);
}

/** What the decoder throws at bytes that are not of its coding is the caller's mistake. */
async function decoded(reading: Promise<Uint8Array<ArrayBuffer>>) {
  try {
    return await reading;
  } catch (failure) {
    if (failure instanceof ProblemError) throw failure;
    throw new ProblemError("malformed-json", {
      detail: "The body is not in the coding that Content-Encoding names.",
    });
  }
}
