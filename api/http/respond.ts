import type { Context } from "hono";
import { MODEL_VERSION } from "../services/shared/model-version.ts";
import type { AppEnv } from "./context.ts";
import { CORS_HEADERS } from "./cors-headers.ts";

/** The headers of every answer; a page that needs more than the closed policy sets its own. */
const COMMON_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  // For answers that are no page: nothing of it may be run, framed or loaded.
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Model-Version": MODEL_VERSION,
} as const;

/**
 * The only maker of responses: the common headers, those of the request's own, then the given ones. All at once,
 * because each header set on its own is a call into the runtime.
 */
export function respond(
  c: Context<AppEnv>,
  body: BodyInit | null,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(body, {
    status,
    headers: {
      ...COMMON_HEADERS,
      "X-Request-Id": c.get("requestId"),
      ...(c.get("anyOrigin") === true && CORS_HEADERS),
      ...headers,
    },
  });
}
