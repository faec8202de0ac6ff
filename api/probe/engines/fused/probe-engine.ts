import { makeWorkloads } from "../../benchmarks/workloads.ts";
import { planProbe } from "../../plan-probe.ts";
import { type EngineName, type ProbeSpec, resolveProbe } from "../../probe-spec.ts";
import { type OpenedProbe, openProbeInTurns, type ProbeDeps } from "../../run-probe.ts";
import { timerTurn } from "../../timer-turn.ts";
import type { MatrixEngine } from "../../training-session.ts";
import { createFusedEngine } from "./fused-engine.ts";
import { instantiateKernels } from "./kernel-exports.ts";
import { openQuadraticRun } from "./quadratic-run.ts";

/** What a probe needs of the fused engine, an instance of the kernels of its own. */
export function fusedDeps(kernels: WebAssembly.Module): ProbeDeps {
  return {
    engine: createFusedEngine(kernels),
    openQuadratic: (task, batchExamples, learningRate, seed) =>
      openQuadraticRun(instantiateKernels(kernels), task, batchExamples, learningRate, seed),
  };
}

/**
 * Everything a probe needs: one module to load, evaluated only when a probe asks for it.
 *
 * @param kernels - compiled build/kernels.wasm.
 * @param loadTfjs - loads and starts the other engine, called only by probes that run on it.
 */
export function fusedProbeEngine(
  kernels: WebAssembly.Module,
  loadTfjs: () => Promise<MatrixEngine>,
) {
  return {
    resolveProbe,
    planProbe,
    makeWorkloads,
    openEngine: async (name: EngineName): Promise<MatrixEngine> =>
      name === "tfjs" ? loadTfjs() : createFusedEngine(kernels),
    openProbe: async (spec: ProbeSpec): Promise<OpenedProbe> =>
      openProbeInTurns(
        spec.engine === "tfjs"
          ? { ...fusedDeps(kernels), engine: await loadTfjs() }
          : fusedDeps(kernels),
        spec,
        timerTurn,
      ),
  };
}
