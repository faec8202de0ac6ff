import type { Step } from "./in-turn.ts";

const ACCEPTED = /^[A-Za-z0-9._:-]{1,64}$/;

/** Takes over the caller's X-Request-Id when it is short and plain, else makes one; every answer echoes it. */
export function requestId(newRequestId: () => string): Step {
  return function requestId(c) {
    const given = c.req.header("X-Request-Id");
    c.set("requestId", given !== undefined && ACCEPTED.test(given) ? given : newRequestId());
  };
}
