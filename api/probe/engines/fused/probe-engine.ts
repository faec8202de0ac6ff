import { type ProbeSpec, resolveProbe } from "../../probe-spec.ts";
import { type OpenedProbe, openProbe } from "../../run-probe.ts";
import type { ProbeEngine } from "../../training-session.ts";
import { createFusedEngine } from "./fused-engine.ts";
import { instantiateKernels } from "./kernel-exports.ts";
import { openQuadraticRun } from "./quadratic-run.ts";

/**
 * Everything a probe needs: one module to load, evaluated only when a probe asks for it.
 *
 * @param kernels - compiled build/kernels.wasm. Every opened probe gets an instance of its own.
 * @param loadTfjs - loads and starts the other engine, called only by probes that run on it.
 */
export function fusedProbeEngine(
  kernels: WebAssembly.Module,
  loadTfjs: () => Promise<ProbeEngine>,
) {
  return {
    resolveProbe,
    openProbe: async (spec: ProbeSpec): Promise<OpenedProbe> =>
      openProbe(
        {
          engine: spec.engine === "tfjs" ? await loadTfjs() : createFusedEngine(kernels),
          openQuadratic: (task, batchExamples, learningRate, seed) =>
            openQuadraticRun(instantiateKernels(kernels), task, batchExamples, learningRate, seed),
        },
        spec,
      ),
  };
}
