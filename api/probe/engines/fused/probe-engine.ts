import { type ProbeSpec, resolveProbe } from "../../probe-spec.ts";
import { type OpenedProbe, openProbe } from "../../run-probe.ts";
import { createFusedEngine } from "./fused-engine.ts";
import { instantiateKernels } from "./kernel-exports.ts";
import { openQuadraticRun } from "./quadratic-run.ts";

/**
 * Everything a probe needs on the fused engine: one module to load, evaluated only when a probe asks for it.
 *
 * @param kernels - compiled build/kernels.wasm. Every opened probe gets an instance of its own.
 */
export function fusedProbeEngine(kernels: WebAssembly.Module) {
  return {
    resolveProbe,
    openProbe: (spec: ProbeSpec): OpenedProbe =>
      openProbe(
        {
          engine: createFusedEngine(kernels),
          openQuadratic: (task, batchExamples, learningRate, seed) =>
            openQuadraticRun(instantiateKernels(kernels), task, batchExamples, learningRate, seed),
        },
        spec,
      ),
  };
}
