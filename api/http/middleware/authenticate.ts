import type { Context, MiddlewareHandler } from "hono";
import type { AccessPolicy } from "../../env.ts";
import type { Keys } from "../../services/shared/keys.ts";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "../problem.ts";

// So long a new or a revoked key may go unnoticed.
const REMEMBER_MS = 5_000;
const MOST_REMEMBERED = 1000;
const NO_OWNER = "";
const BEARER = /^Bearer +([\x21-\x7e]{1,200})$/i;

interface Remembered<T> {
  readonly value: T;
  readonly atMs: number;
}

/**
 * Decides who may call and sets the owner of the call: the key of its Authorization header, or nobody while there are no
 * keys.
 *
 * Without keys a service that is neither bound to loopback nor opened by its owner answers /healthz alone. With keys every
 * call under /v1/ needs one; missing, malformed, unknown and revoked keys get the same answer after the same work.
 */
export function authenticate(
  { boundToLoopback, allowOpen }: AccessPolicy,
  keys: Keys = NO_KEYS,
): MiddlewareHandler<AppEnv> {
  const isOpen = boundToLoopback || allowOpen;
  const ring = new KeyRing(keys);
  return function authenticate(c, next) {
    c.set("owner", NO_OWNER);
    if (c.req.path === "/healthz") return next();
    const presented = BEARER.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
    const enter = (caller: Caller) => {
      if (caller === "no-keys" && !isOpen) throw notConfigured();
      if (caller === "refused" && needsKey(c)) throw unauthorized();
      if (typeof caller === "object") c.set("owner", caller.owner);
      return next();
    };
    // Known answers cost no promise: most calls.
    const known = ring.remembered(presented);
    return known === undefined ? ring.callerOf(presented).then(enter) : enter(known);
  };
}

/** The pages and the problem texts hold nothing of anybody; browsers send preflights without a key. */
function needsKey({ req }: Context<AppEnv>): boolean {
  return req.path.startsWith("/v1/") && req.method !== "OPTIONS";
}

function notConfigured(): ProblemError {
  return new ProblemError("not-configured", {
    detail:
      "Bind the service to loopback, make a key, or set ALLOW_OPEN to 1 to open it to everyone who can reach it.",
    headers: { "Retry-After": "60" },
  });
}

function unauthorized(): ProblemError {
  return new ProblemError("unauthorized", {
    detail: "This service needs a key: send Authorization: Bearer with a key that is in use.",
    headers: { "WWW-Authenticate": 'Bearer realm="critbatch"' },
  });
}

const NO_KEYS: Keys = {
  required: () => Promise.resolve(false),
  ownerOf: () => Promise.resolve(undefined),
};

type Caller = "no-keys" | "refused" | { readonly owner: string };

/** What the key store answered during the last seconds. */
class KeyRing {
  readonly #keys: Keys;
  readonly #callers = new Map<string, Remembered<Caller>>();
  #required: Remembered<boolean> | undefined;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Undefined: it has to be looked up. */
  remembered(presented: string): Caller | undefined {
    const required = this.#required;
    if (!isFresh(required)) return undefined;
    if (!required.value) return "no-keys";
    const known = this.#callers.get(presented);
    return isFresh(known) ? known.value : undefined;
  }

  async callerOf(presented: string): Promise<Caller> {
    const [required, owner] = await Promise.all([
      this.#keys.required(),
      this.#keys.ownerOf(presented),
    ]);
    const atMs = Date.now();
    this.#required = { value: required, atMs };
    if (!required) return "no-keys";
    if (owner === undefined) return "refused";
    // Refusals are not kept: guesses must not push out the keys in use.
    if (this.#callers.size >= MOST_REMEMBERED) this.#callers.clear();
    this.#callers.set(presented, { value: { owner }, atMs });
    return { owner };
  }
}

function isFresh<T>(remembered: Remembered<T> | undefined): remembered is Remembered<T> {
  return remembered !== undefined && Date.now() - remembered.atMs <= REMEMBER_MS;
}
