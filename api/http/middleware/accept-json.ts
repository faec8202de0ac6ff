import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../context.ts";
import { ProblemError } from "../problem.ts";

/** 406 unless the Accept header allows application/json. */
export function acceptJson(): MiddlewareHandler<AppEnv> {
  return function acceptJson(c, next) {
    const accept = c.req.header("Accept");
    if (accept === undefined || accept === "*/*" || quality(accept, "application/json") > 0) {
      return next();
    }
    throw new ProblemError("not-acceptable", { detail: "This call answers application/json." });
  };
}

/** The q of a media type under an Accept header (RFC 9110, 12.5.1); the most specific range decides. */
export function quality(accept: string, mediaType: string): number {
  const [kind] = mediaType.split("/");
  let decided = 0;
  let specificity = -1;
  for (const entry of accept.slice(0, 4096).split(",")) {
    const [range = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const found = [`*/*`, `${kind}/*`, mediaType].indexOf(range);
    if (found <= specificity) continue;
    specificity = found;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const parsed = q === undefined ? 1 : Number(q.slice(2));
    decided = parsed >= 0 && parsed <= 1 ? parsed : 0;
  }
  return decided;
}
