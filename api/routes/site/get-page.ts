import { createRoute, z } from "@hono/zod-openapi";
import { problemResponses } from "../../../schemas/service/problem.ts";
import { sendAsset } from "../../http/assets.ts";
import { noQuery, type Operation } from "../../http/operation.ts";

const page = createRoute({
  operationId: "getPage",
  method: "get",
  path: "/",
  tags: ["service"],
  summary: "The web page",
  description:
    "What a batch costs, drawn: figures, curves, the panel of laws, and probes; asks this API and nobody else.",
  request: { query: noQuery },
  responses: {
    200: {
      description: "The page.",
      content: { "text/html": { schema: z.string().openapi({ description: "HTML." }) } },
    },
    ...problemResponses("host-not-allowed", "validation", "internal", "not-configured"),
  },
});

/** Scripts and styles are files of ours; the empty icon is a data URI. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const getPage: Operation = (app, deps) => {
  app.openapi(page, (c) => sendAsset(c, deps, "/page/index.html", PAGE_POLICY));
  // Files that the page loads and the documents it leads to; not operations of their own.
  app.get("/page/:file", (c) => sendAsset(c, deps, `/page/${c.req.param("file")}`, PAGE_POLICY));
};
