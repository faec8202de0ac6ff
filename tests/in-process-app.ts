import { createApp } from "../api/app.ts";
import { parseAccess } from "../api/env.ts";
import type { App, AppDeps } from "../api/operation.ts";
import openApiDocument from "../schemas/openapi.json";

let made = 0;

/** The app without a server, bound to loopback unless told otherwise; faults are rethrown as text. */
export function createTestApp(overrides: Partial<AppDeps> = {}): App {
  return createApp({
    access: parseAccess({ BOUND_TO_LOOPBACK: "1" }),
    openApiDocument,
    newRequestId: () => `made-${++made}`,
    fetchAsset: (path) => Promise.resolve(new Response(`the file ${path}`)),
    reportFault: (requestId, fault) => console.error(requestId, fault),
    ...overrides,
  });
}

export const ORIGIN = "http://localhost";

/** A POST of JSON, or of the text as it stands. */
export function jsonPost(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
