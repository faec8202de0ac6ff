import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../context.ts";

/** Looks at a request before its operation does; throws a ProblemError to refuse it, waits for nothing. */
export type Step = (c: Context<AppEnv>) => void;

/** Steps as one middleware: as one each they would cost several promises a request. */
export function inTurn(...steps: readonly Step[]): MiddlewareHandler<AppEnv> {
  return function inTurn(c, next) {
    for (const step of steps) step(c);
    return next();
  };
}
