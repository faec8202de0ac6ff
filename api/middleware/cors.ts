import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../operation.ts";

/**
 * Lets any web page read the answers of the stateless calls; they hold nothing of anybody. Other calls
 * get no CORS headers.
 */
export function cors(isStateless: (path: string) => boolean): MiddlewareHandler<AppEnv> {
  return function cors(c, next) {
    if (isStateless(c.req.path)) {
      c.header("Access-Control-Allow-Origin", "*");
      c.header("Access-Control-Expose-Headers", "ETag, Model-Version, X-Request-Id, Retry-After");
    }
    return next();
  };
}

/** The further headers of a preflight's answer. */
export const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match, X-Request-Id",
  "Access-Control-Max-Age": "600",
} as const;
