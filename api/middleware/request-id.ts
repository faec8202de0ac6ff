import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../operation.ts";

const ACCEPTED = /^[A-Za-z0-9._:-]{1,64}$/;

/** Takes over the caller's X-Request-Id when it is short and plain, else makes one; echoes it. */
export function requestId(newRequestId: () => string): MiddlewareHandler<AppEnv> {
  return function requestId(c, next) {
    const given = c.req.header("X-Request-Id");
    const id = given !== undefined && ACCEPTED.test(given) ? given : newRequestId();
    c.set("requestId", id);
    c.header("X-Request-Id", id);
    return next();
  };
}
