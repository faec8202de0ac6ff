import { ProblemError } from "../problem.ts";
import type { Step } from "./in-turn.ts";

/**
 * Refuses a host name outside the list (DNS rebinding). Both the address and the Host header count: a proxy in between
 * may have rewritten one of them. /healthz says nothing worth guarding.
 */
export function allowedHost(allowed: ReadonlySet<string>): Step {
  const anyHost = allowed.has("*");
  return function allowedHost(c) {
    if (anyHost || c.req.path === "/healthz") return;
    const host = c.req.header("Host");
    const named = host === undefined || allowed.has(nameOf(host.toLowerCase()));
    if (named && allowed.has(nameOf(authorityOf(c.req.url)))) return;
    throw new ProblemError("host-not-allowed", {
      detail: "The Host of the request is not in the list; its owner adds names in ALLOWED_HOSTS.",
    });
  };
}

/** `http://Example.org:8787/x` -> `example.org:8787`. */
function authorityOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const slash = url.indexOf("/", start);
  return url.slice(start, slash < 0 ? undefined : slash).toLowerCase();
}

/** `example.org:8787` -> `example.org`; `[::1]:8787` -> `[::1]`. */
function nameOf(authority: string): string {
  const colon = authority.lastIndexOf(":");
  return colon > authority.lastIndexOf("]") ? authority.slice(0, colon) : authority;
}
