import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { type Bindings, parseAccess, parseRequestFlops } from "./env.ts";

const bindings = env as unknown as Bindings;

const loadTfjs = async () => {
  const [{ createTfjsEngine }, { default: kernels }] = await Promise.all([
    import("../build/tfjs-engine.mjs"),
    import("../build/tfjs-kernels.wasm"),
  ]);
  return createTfjsEngine(kernels);
};

const app = createApp({
  access: parseAccess(bindings),
  loadOpenApiDocument: async () => (await import("../schemas/openapi.json")).default,
  newRequestId: () => crypto.randomUUID(),
  fetchAsset: (path, conditional) =>
    bindings.ASSETS.fetch(new Request(`http://assets${path}`, { headers: conditional })),
  probes: {
    loadEngine: async () => {
      const [{ fusedProbeEngine }, { default: kernels }] = await Promise.all([
        import("./probe/engines/fused/probe-engine.ts"),
        import("../build/kernels.wasm"),
      ]);
      return fusedProbeEngine(kernels, loadTfjs);
    },
    requestFlops: parseRequestFlops(bindings),
  },
  reportFault: (requestId, fault) => console.error(requestId, fault),
});

export default { fetch: (request: Request) => app.fetch(request) };
