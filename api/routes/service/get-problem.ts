import { createRoute, z } from "@hono/zod-openapi";
import { html } from "hono/html";
import {
  NOT_FOUND,
  PROBLEM_SLUGS,
  PROBLEMS,
  type ProblemSlug,
  problemKind,
  READ_PROBLEMS,
} from "../../../schemas/service/problem.ts";
import { answerText } from "../../http/answer.ts";
import { quality } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";
import { ProblemError } from "../../http/problem.ts";

const route = createRoute({
  operationId: "getProblem",
  method: "get",
  path: "/problems/{slug}",
  tags: ["service"],
  summary: "What a problem type means",
  description: "A page for a browser; JSON where the Accept header prefers it.",
  request: {
    query: noQuery,
    params: z.object({
      slug: z.string().openapi({
        description: "Last segment of a problem's type.",
        example: "validation",
      }),
    }),
  },
  responses: {
    200: {
      description: "The meaning of the type and what to do about it.",
      content: {
        "text/html": { schema: z.string().openapi({ description: "HTML." }) },
        "application/json": { schema: problemKind },
      },
    },
    ...READ_PROBLEMS,
    ...NOT_FOUND,
  },
});

const VARY = { Vary: "Accept" } as const;

export const getProblem: Operation = (app) => {
  app.openapi(route, (c) => {
    const { slug } = c.req.valid("param");
    if (!isSlug(slug)) throw new ProblemError("not-found", { detail: "No problem has this name." });
    const accept = c.req.header("Accept") ?? "*/*";
    const asPage = quality(accept, "text/html");
    const asJson = quality(accept, "application/json");
    if (asJson > asPage || (asJson === asPage && !accept.includes("text/html"))) {
      if (asJson > 0) {
        const kind = JSON.stringify({ type: `/problems/${slug}`, ...PROBLEMS[slug] });
        return answerText(c, kind, "application/json", VARY);
      }
      throw new ProblemError("not-acceptable", {
        detail: "Ask for text/html or application/json.",
        headers: VARY,
      });
    }
    return answerText(c, pageOf(slug), "text/html; charset=utf-8", VARY);
  });
};

function isSlug(text: string): text is ProblemSlug {
  return (PROBLEM_SLUGS as readonly string[]).includes(text);
}

function pageOf(slug: ProblemSlug): string {
  const { title, status, explanation } = PROBLEMS[slug];
  return String(html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title}</h1>
<p>Status ${status}, type <code>/problems/${slug}</code></p>
<p>${explanation}</p>
</body>
</html>
`);
}
