import { ProblemError } from "../problem.ts";
import type { Step } from "./in-turn.ts";

/**
 * Refuses a stateful call that a browser sends from a page of another origin. Such a page may send a text without asking
 * first, so the media type alone does not protect what is stored. Programs send neither of the two headers.
 */
export function sameOrigin(isStateless: (path: string) => boolean): Step {
  return function sameOrigin(c) {
    const site = c.req.header("Sec-Fetch-Site");
    const origin = c.req.header("Origin");
    if (site === undefined && origin === undefined) return;
    if (!c.req.path.startsWith("/v1/") || isStateless(c.req.path)) return;
    if ((site === undefined || OWN_SITES.has(site)) && isOwn(origin, c.req.url)) return;
    throw new ProblemError("cross-origin", {
      detail:
        "This call reads or changes what is stored here; a page of another origin may not make it.",
    });
  };
}

/** `none`: the user typed the address. */
const OWN_SITES = new Set(["same-origin", "none"]);

/** By host and port alone: a proxy in front may have taken the request by https. */
function isOwn(origin: string | undefined, url: string): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}
