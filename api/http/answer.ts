import type { Context, TypedResponse } from "hono";
import { MODEL_VERSION } from "../services/shared/model-version.ts";
import type { AppEnv } from "./context.ts";
import { respond } from "./respond.ts";

export type JsonAnswer<T> = Response & TypedResponse<T, 200, "json">;

/**
 * Answers 200 with the body as JSON under its strong ETag; a GET whose If-None-Match holds it gets 304.
 * The same body gives the same bytes.
 */
export function answerJson<T>(c: Context<AppEnv>, body: T): JsonAnswer<T> {
  return answerText(c, JSON.stringify(body), "application/json") as JsonAnswer<T>;
}

/** The same for a text that is already at hand. */
export function answerText(
  c: Context<AppEnv>,
  text: string,
  contentType: string,
  further: Readonly<Record<string, string>> = {},
): Response {
  const tag = entityTag(encoder.encode(text));
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (isRead && matchesTag(c.req.header("If-None-Match"), tag)) {
    return respond(c, null, 304, { ...further, ETag: tag, "Cache-Control": "no-cache" });
  }
  // As text: a body of bytes costs the runtime ten times as much.
  return respond(c, text, 200, {
    ...further,
    "Content-Type": contentType,
    ETag: tag,
    "Cache-Control": isRead ? "no-cache" : "no-store",
  });
}

/** If-None-Match compares weakly: a `W/` that a proxy put before our tag still names it. */
function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((entry) => entry.trim().replace(/^W\//, "") === tag);
}

const encoder = new TextEncoder();

const OFFSETS = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const MULTIPLIERS = [0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x9e3779b1] as const;

const VERSION_LANES = mix(OFFSETS, encoder.encode(MODEL_VERSION));

/**
 * Strong tag of a body: 128 bits over its bytes, seeded with the model version. Synchronous on purpose: it
 * stands in the way of every answer and guards against accident, not against attack.
 */
function entityTag(bytes: Uint8Array): string {
  const lanes = mix(VERSION_LANES, bytes);
  return `"${lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("")}"`;
}

type Lanes = readonly [number, number, number, number];

function mix(seed: Lanes, bytes: Uint8Array): Lanes {
  let [a, b, c, d] = seed;
  const words = bytes.length >> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < words; i++) {
    const word = view.getInt32(4 * i, true);
    a = rotate(b ^ Math.imul(a ^ word, MULTIPLIERS[0]));
    b = rotate(c ^ Math.imul(b ^ word, MULTIPLIERS[1]));
    c = rotate(d ^ Math.imul(c ^ word, MULTIPLIERS[2]));
    d = rotate(a ^ Math.imul(d ^ word, MULTIPLIERS[3]));
  }
  for (let i = 4 * words; i < bytes.length; i++) {
    a = rotate(b ^ Math.imul(a ^ view.getUint8(i), MULTIPLIERS[0]));
    d = rotate(c ^ Math.imul(d ^ view.getUint8(i), MULTIPLIERS[3]));
  }
  return [finish(a ^ bytes.length), finish(b ^ a), finish(c ^ b), finish(d ^ c)];
}

/** Multiplication carries differences upwards only; this brings them down again. */
function rotate(lane: number): number {
  return (lane << 13) | (lane >>> 19);
}

function finish(lane: number): number {
  let bits = lane ^ (lane >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
