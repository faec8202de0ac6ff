import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../../schemas/service/problem.ts";
import { sendAsset } from "../../http/assets.ts";
import { noQuery, type Operation } from "../../http/operation.ts";

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

/** Swagger UI sets style attributes and draws its icons from data URIs; scripts are files of ours only. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const getDocs: Operation = (app, deps) => {
  app.openapi(page, (c) => sendAsset(c, deps, "/docs/docs.html", PAGE_POLICY));
  // Files that the page loads; part of the page, not operations of their own.
  app.get("/docs/:file", (c) => sendAsset(c, deps, `/docs/${c.req.param("file")}`, PAGE_POLICY));
};
