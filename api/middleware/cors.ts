import type { Step } from "./in-turn.ts";

/**
 * Lets any web page read the answers of the stateless calls; they hold nothing of anybody. Other calls
 * get no CORS headers.
 */
export function cors(isStateless: (path: string) => boolean): Step {
  return function cors(c) {
    c.set("anyOrigin", isStateless(c.req.path));
  };
}

/** The headers of an answer that any web page may read. */
export const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "ETag, Model-Version, X-Request-Id, Retry-After",
} as const;

/** The further headers of a preflight's answer. */
export const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, X-Request-Id",
  "Access-Control-Max-Age": "600",
} as const;
