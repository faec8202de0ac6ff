import { ProblemError } from "../problem.ts";
import type { Step } from "./in-turn.ts";

const RUNTIME_PATHS = "/cdn-cgi";

/**
 * Refuses what is meant for the runtime and not for this service: headers named MF-*, by which the local runtime is told
 * another address or target than the request has, and its own paths.
 */
export function noRuntimeAccess(): Step {
  return function noRuntimeAccess(c) {
    const { path } = c.req;
    if (path.startsWith(RUNTIME_PATHS) && (path.length === 8 || path[8] === "/")) {
      throw new ProblemError("not-found", { detail: "No operation has this path." });
    }
    for (const name of c.req.raw.headers.keys()) {
      if (!name.startsWith("mf-")) continue;
      throw new ProblemError("validation", {
        detail: "Headers named MF-* belong to the runtime; this service takes none of them.",
        errors: [{ pointer: name, code: "runtime-header", message: "expected no such header" }],
      });
    }
  };
}
