import type { AccessPolicy } from "../../env.ts";
import { ProblemError } from "../problem.ts";
import type { Step } from "./in-turn.ts";

/** Refuses every call but /healthz while the owner has neither bound to loopback nor opened up. */
export function openGate({ boundToLoopback, allowOpen }: AccessPolicy): Step {
  const isOpen = boundToLoopback || allowOpen;
  return function openGate(c) {
    if (isOpen || c.req.path === "/healthz") return;
    throw new ProblemError("not-configured", {
      detail:
        "Bind the service to loopback, or set ALLOW_OPEN to 1 to open it to whoever reaches it.",
      headers: { "Retry-After": "60" },
    });
  };
}
