import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { type Bindings, parseAccess, parseRequestFlops, parseStorageLimits } from "./env.ts";
import type { CellMessage, JobStorage, StatefulBindings } from "./jobs/job-ports.ts";
import { createPlatform } from "./jobs/platform.ts";
import { ProbeJobObject } from "./jobs/probe-job.ts";

const bindings = env as unknown as Bindings & StatefulBindings;
const limits = parseStorageLimits(env as unknown as Readonly<Record<string, unknown>>);
const reportFault = (where: string, fault: unknown) => console.error(where, fault);
const loadTfjs = async () => {
  const [{ createTfjsEngine }, { default: kernels }] = await Promise.all([
    import("../build/tfjs-engine.mjs"),
    import("../build/tfjs-kernels.wasm"),
  ]);
  return createTfjsEngine(kernels);
};

const loadEngine = async () => {
  const [{ fusedProbeEngine }, { default: kernels }] = await Promise.all([
    import("./probe/engines/fused/probe-engine.ts"),
    import("../build/kernels.wasm"),
  ]);
  return fusedProbeEngine(kernels, loadTfjs);
};

const platform = createPlatform({ bindings, limits, loadEngine, reportFault });

const app = createApp({
  access: parseAccess(bindings),
  loadOpenApiDocument: async () => (await import("../schemas/openapi.json")).default,
  newRequestId: () => crypto.randomUUID(),
  fetchAsset: (path, conditional) =>
    bindings.ASSETS.fetch(new Request(`http://assets${path}`, { headers: conditional })),
  probes: { loadEngine, requestFlops: parseRequestFlops(bindings) },
  stored: { of: platform.of, limits },
  keys: platform.keys,
  reportFault,
});

/** One probe as a job. */
export class ProbeJob extends ProbeJobObject {
  constructor(state: DurableObjectState, own: unknown) {
    super(state, own, platform.jobDeps(state.storage as unknown as JobStorage));
  }
}

const answer = { fetch: (request: Request) => app.fetch(request) };

/**
 * What `npm start` puts on its port. A socket of its own, because the local runtime's public one believes headers of its
 * own (MF-*) about the address and the target of a request, and serves buckets under /cdn-cgi.
 */
export const socket = answer;

export default {
  // Behind the local runtime's public socket nothing answers once a socket of its own does.
  fetch: bindings.SOCKET_ONLY === "1" ? () => new Response(null, { status: 404 }) : answer.fetch,
  queue: (batch: MessageBatch<CellMessage>) => platform.queue(batch),
  scheduled: () => platform.scheduled(),
};
