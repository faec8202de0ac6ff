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
