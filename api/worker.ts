import { env } from "cloudflare:workers";
import kernels from "../build/kernels.wasm";
import openApiDocument from "../schemas/openapi.json";
import { createApp } from "./app.ts";
import { type Bindings, parseAccess, parseRequestFlops } from "./env.ts";

const bindings = env as unknown as Bindings;

const app = createApp({
  access: parseAccess(bindings),
  openApiDocument,
  newRequestId: () => crypto.randomUUID(),
  fetchAsset: (path, conditional) =>
    bindings.ASSETS.fetch(new Request(`http://assets${path}`, { headers: conditional })),
  probes: {
    loadEngine: async () => {
      const { fusedProbeEngine } = await import("./probe/engines/fused/probe-engine.ts");
      return fusedProbeEngine(kernels);
    },
    requestFlops: parseRequestFlops(bindings),
  },
  reportFault: (requestId, fault) => console.error(requestId, fault),
});

export default { fetch: (request: Request) => app.fetch(request) };
