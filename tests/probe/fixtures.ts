import { readFileSync } from "node:fs";
import { createFusedEngine } from "../../api/probe/engines/fused/fused-engine.ts";
import { instantiateKernels } from "../../api/probe/engines/fused/kernel-exports.ts";
import type { TrainingSpec } from "../../api/probe/training-session.ts";

export const kernelModule = new WebAssembly.Module(
  readFileSync(new URL("../../build/kernels.wasm", import.meta.url)),
);
export const fusedEngine = () => createFusedEngine(kernelModule);
export const kernels = () => instantiateKernels(kernelModule);

export const plainSpec: TrainingSpec = {
  model: { kind: "mlp", hiddenWidths: [16], activation: "tanh" },
  optimizer: { kind: "sgd", weightDecay: 0 },
  batchExamples: 8,
  peakLearningRate: 0.1,
  warmupSteps: 0,
  averaging: { kind: "none" },
  seed: 1,
  exampleNorms: true,
  curvature: true,
};

/** |a - b| / |b| of two vectors. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i += 1) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-300));
}
