import { env } from "cloudflare:workers";
import openApiDocument from "../schemas/openapi.json";
import { createApp } from "./app.ts";
import { type Bindings, parseAccess } from "./env.ts";

const bindings = env as unknown as Bindings;

const app = createApp({
  access: parseAccess(bindings),
  openApiDocument,
  newRequestId: () => crypto.randomUUID(),
  fetchAsset: (path, conditional) =>
    bindings.ASSETS.fetch(new Request(`http://assets${path}`, { headers: conditional })),
  reportFault: (requestId, fault) => console.error(requestId, fault),
});

export default { fetch: (request: Request) => app.fetch(request) };
