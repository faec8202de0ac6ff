import { env } from "cloudflare:workers";
import kernels from "../build/kernels.wasm";
import openApiDocument from "../schemas/openapi.json";
import { createApp } from "./app.ts";
import { type Bindings, parseAccess, parseRequestFlops, parseStorageLimits } from "./env.ts";
import type { CellMessage, StatefulBindings } from "./jobs/job-ports.ts";
import { createPlatform } from "./jobs/platform.ts";
import { ProbeJobObject } from "./jobs/probe-job.ts";

const bindings = env as unknown as Bindings & StatefulBindings;
const limits = parseStorageLimits(env as unknown as Readonly<Record<string, unknown>>);
const reportFault = (where: string, fault: unknown) => console.error(where, fault);
const loadEngine = async () => {
  const { fusedProbeEngine } = await import("./probe/engines/fused/probe-engine.ts");
  return fusedProbeEngine(kernels);
};
const platform = createPlatform({ bindings, limits, loadEngine, reportFault });

const app = createApp({
  access: parseAccess(bindings),
  openApiDocument,
  newRequestId: () => crypto.randomUUID(),
  fetchAsset: (path, conditional) =>
    bindings.ASSETS.fetch(new Request(`http://assets${path}`, { headers: conditional })),
  probes: { loadEngine, requestFlops: parseRequestFlops(bindings) },
  stored: { ...platform, limits },
  reportFault,
});

/** One probe as a job. */
export class ProbeJob extends ProbeJobObject {
  constructor(state: DurableObjectState, own: unknown) {
    super(state, own, platform);
  }
}

export default {
  fetch: (request: Request) => app.fetch(request),
  queue: (batch: MessageBatch<CellMessage>) => platform.queue(batch),
  scheduled: () => platform.scheduled(),
};
