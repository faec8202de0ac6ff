import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../operation.ts";
import { MODEL_VERSION } from "../services/model-version.ts";

/** For answers that are no page: nothing of it may be run, framed or loaded. */
const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** The headers of every answer; a page that needs more than the closed policy sets its own. */
export function securityHeaders(): MiddlewareHandler<AppEnv> {
  return function securityHeaders(c, next) {
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Content-Security-Policy", CLOSED_POLICY);
    c.header("Referrer-Policy", "no-referrer");
    c.header("X-Frame-Options", "DENY");
    c.header("Cross-Origin-Opener-Policy", "same-origin");
    c.header("Model-Version", MODEL_VERSION);
    return next();
  };
}
