import { env } from "cloudflare:workers";
import { parseStorageLimits, type StorageLimits } from "../../api/env.ts";
import type { StatefulBindings } from "../../api/jobs/job-ports.ts";
import { createPlatform } from "../../api/jobs/platform.ts";
import { fusedProbeEngine } from "../../api/probe/engines/fused/probe-engine.ts";
import kernels from "../../build/kernels.wasm";

/** What the app keeps, on the bindings of the test's own workerd. */
export function storedInWorkerd(given: Partial<StorageLimits> = {}) {
  const limits = { ...parseStorageLimits({}), ...given };
  const platform = createPlatform({
    bindings: env as unknown as StatefulBindings,
    limits,
    loadEngine: async () =>
      fusedProbeEngine(kernels, () => Promise.reject(new Error("not asked for"))),
    reportFault: (where, fault) => console.error(where, fault),
  });
  return { ...platform, limits };
}
