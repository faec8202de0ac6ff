import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problemResponses } from "../../schemas/problem.ts";
import { type AppDeps, type AppEnv, noQuery, type Operation } from "../operation.ts";
import { ProblemError } from "../problem.ts";
import { respond } from "../respond.ts";

const page = createRoute({
  operationId: "getDocs",
  method: "get",
  path: "/docs",
  tags: ["service"],
  summary: "The reference page",
  description:
    "Every operation with its fields, drawn from /openapi.json; loads nothing from elsewhere.",
  request: { query: noQuery },
  responses: {
    200: {
      description: "The page.",
      content: { "text/html": { schema: z.string().openapi({ description: "HTML." }) } },
    },
    ...problemResponses("host-not-allowed", "validation", "internal", "not-configured"),
  },
});

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  "docs.html": "text/html; charset=utf-8",
  "docs.js": "text/javascript; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
};

/** Swagger UI sets style attributes and draws its icons from data URIs; scripts are files of ours only. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const getDocs: Operation = (app, deps) => {
  app.openapi(page, (c) => sendAsset(c, deps, "docs.html"));
  // Files that the page loads; part of the page, not operations of their own.
  app.get("/docs/:file", (c) => sendAsset(c, deps, c.req.param("file")));
  app.get("/", (c) => respond(c, null, 302, { Location: "/docs" }));
};

async function sendAsset(c: Context<AppEnv>, deps: AppDeps, file: string): Promise<Response> {
  const contentType = Object.hasOwn(CONTENT_TYPES, file) ? CONTENT_TYPES[file] : undefined;
  if (contentType === undefined) {
    throw new ProblemError("not-found", { detail: "The reference page has no such file." });
  }
  const conditional = new Headers();
  const ifNoneMatch = c.req.header("If-None-Match");
  if (ifNoneMatch !== undefined) conditional.set("If-None-Match", ifNoneMatch);
  const asset = await deps.fetchAsset(`/docs/${file}`, conditional);
  const tag = asset.headers.get("ETag");
  const headers = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cache-Control": "no-cache",
    ...(tag === null ? {} : { ETag: tag }),
  };
  if (asset.status === 304) return respond(c, null, 304, headers);
  if (!asset.ok) throw new Error(`asset /docs/${file} answered ${asset.status}; is it built?`);
  return respond(c, asset.body ?? "", 200, { ...headers, "Content-Type": contentType });
}
