import { ProblemError } from "../problem.ts";
import type { Step } from "./in-turn.ts";

/** Refuses a Host outside the list (DNS rebinding); /healthz says nothing worth guarding. */
export function allowedHost(allowed: ReadonlySet<string>): Step {
  const anyHost = allowed.has("*");
  return function allowedHost(c) {
    if (anyHost || allowed.has(hostName(c.req.url)) || c.req.path === "/healthz") return;
    throw new ProblemError("host-not-allowed", {
      detail: "The Host of the request is not in the list; its owner adds names in ALLOWED_HOSTS.",
    });
  };
}

/** `http://Example.org:8787/x` -> `example.org`; `http://[::1]:8787/` -> `[::1]`. */
function hostName(url: string): string {
  const start = url.indexOf("//") + 2;
  const slash = url.indexOf("/", start);
  const authority = url.slice(start, slash < 0 ? undefined : slash).toLowerCase();
  const colon = authority.lastIndexOf(":");
  return colon > authority.lastIndexOf("]") ? authority.slice(0, colon) : authority;
}
