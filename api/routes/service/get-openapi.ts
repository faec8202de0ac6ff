import { createRoute, z } from "@hono/zod-openapi";
import { READ_PROBLEMS } from "../../../schemas/service/problem.ts";
import { answerText, type JsonAnswer } from "../../http/answer.ts";
import { acceptJson } from "../../http/middleware/accept-json.ts";
import { noQuery, type Operation } from "../../http/operation.ts";

const route = createRoute({
  operationId: "getOpenApi",
  method: "get",
  path: "/openapi.json",
  tags: ["service"],
  summary: "This description",
  middleware: [acceptJson()] as const,
  request: { query: noQuery },
  responses: {
    200: {
      description: "OpenAPI 3.1, the committed file byte for byte.",
      content: {
        "application/json": {
          schema: z
            .looseObject({
              openapi: z.string().openapi({ description: "Version of OpenAPI.", example: "3.1.0" }),
            })
            .openapi({ description: "An OpenAPI document." }),
        },
      },
    },
    ...READ_PROBLEMS,
  },
});

export const getOpenApi: Operation = (app, { loadOpenApiDocument }) => {
  let text: string | undefined;
  app.openapi(route, async (c) => {
    text ??= openApiText(await loadOpenApiDocument());
    return answerText(c, text, "application/json") as JsonAnswer<{ openapi: string }>;
  });
};

/** The document as it is committed. */
export function openApiText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
