import type { Context, TypedResponse } from "hono";
import type { AppEnv } from "./operation.ts";
import { MODEL_VERSION } from "./services/model-version.ts";

export type JsonAnswer<T> = Response & TypedResponse<T, 200, "json">;

/**
 * Answers 200 with the body as JSON under its strong ETag; a GET whose If-None-Match holds it gets 304.
 * The same body gives the same bytes.
 */
export function answerJson<T>(c: Context<AppEnv>, body: T): JsonAnswer<T> {
  return answerText(c, JSON.stringify(body), "application/json") as JsonAnswer<T>;
}

/** The same for a text that is already at hand. */
export function answerText(c: Context<AppEnv>, text: string, contentType: string): Response {
  const tag = entityTag(text);
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (isRead && matchesTag(c.req.header("If-None-Match"), tag)) {
    return c.body(null, 304, { ETag: tag, "Cache-Control": "no-cache" });
  }
  return c.body(text, 200, {
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

const OFFSETS = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const MULTIPLIERS = [0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x9e3779b1] as const;

const VERSION_LANES = mix(OFFSETS, MODEL_VERSION);

/**
 * Strong tag of a body: 128 bits over its UTF-16 units, seeded with the model version. Synchronous on
 * purpose: it stands in the way of every answer and guards against accident, not against attack.
 */
function entityTag(text: string): string {
  const lanes = mix(VERSION_LANES, text);
  return `"${lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("")}"`;
}

type Lanes = readonly [number, number, number, number];

function mix(seed: Lanes, text: string): Lanes {
  let [a, b, c, d] = seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, MULTIPLIERS[0]);
    b = c ^ Math.imul(b ^ unit, MULTIPLIERS[1]);
    c = d ^ Math.imul(c ^ unit, MULTIPLIERS[2]);
    d = a ^ Math.imul(d ^ unit, MULTIPLIERS[3]);
  }
  return [finish(a ^ text.length), finish(b ^ a), finish(c ^ b), finish(d ^ c)];
}

function finish(lane: number): number {
  let bits = lane ^ (lane >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
