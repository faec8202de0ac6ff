import type { Context } from "hono";
import type { AppEnv } from "./context.ts";
import type { AppDeps } from "./operation.ts";
import { ProblemError } from "./problem.ts";
import { respond } from "./respond.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
};

/** One built file by its path below dist/assets, with the policy of the page it belongs to. */
export async function sendAsset(
  c: Context<AppEnv>,
  deps: AppDeps,
  path: string,
  policy: string,
): Promise<Response> {
  // A plain name with a known ending: nothing else is ever built.
  const [, ending = ""] = /^\/[a-z]+\/[a-z0-9-]+\.([a-z]+)$/.exec(path) ?? [];
  const contentType = Object.hasOwn(CONTENT_TYPES, ending) ? CONTENT_TYPES[ending] : undefined;
  const missing = new ProblemError("not-found", { detail: "The page has no such file." });
  if (contentType === undefined) throw missing;
  const conditional = new Headers();
  const ifNoneMatch = c.req.header("If-None-Match");
  if (ifNoneMatch !== undefined) conditional.set("If-None-Match", ifNoneMatch);
  const asset = await deps.fetchAsset(path, conditional);
  const tag = asset.headers.get("ETag");
  const headers = {
    "Content-Security-Policy": policy,
    "Cache-Control": "no-cache",
    ...(tag === null ? {} : { ETag: tag }),
  };
  if (asset.status === 304) return respond(c, null, 304, headers);
  if (asset.status === 404 && !ENTRIES.includes(path)) throw missing;
  if (!asset.ok) throw new Error(`asset ${path} answered ${asset.status}; is it built?`);
  return respond(c, asset.body ?? "", 200, { ...headers, "Content-Type": contentType });
}

/** Their absence is a fault of the build, not of the caller. */
const ENTRIES: readonly string[] = ["/docs/docs.html", "/page/index.html"];
