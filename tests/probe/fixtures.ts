import { readFileSync } from "node:fs";
import { createFusedEngine } from "../../api/probe/engines/fused/fused-engine.ts";
import { instantiateKernels } from "../../api/probe/engines/fused/kernel-exports.ts";
import { fillNormal, uniformAt } from "../../api/probe/random.ts";
import type { ProbeDataset, TrainingSpec } from "../../api/probe/training-session.ts";

export const kernelModule = new WebAssembly.Module(
  readFileSync(new URL("../../build/kernels.wasm", import.meta.url)),
);
export const fusedEngine = () => createFusedEngine(kernelModule);
export const kernels = () => instantiateKernels(kernelModule);

export type RowsDataset = Extract<ProbeDataset, { kind: "rows" }>;

function rows(
  count: number,
  features: number,
  outputs: number,
  loss: RowsDataset["loss"],
  seed: number,
) {
  const inputs = new Float32Array(count * features);
  fillNormal(inputs, seed, 1, 1);
  if (loss === "softmax-cross-entropy") {
    const targets = Int32Array.from({ length: count }, (_, i) =>
      Math.floor(uniformAt(seed, 2, i) * outputs),
    );
    return { count, inputs, targets };
  }
  const targets = new Float32Array(count * outputs);
  fillNormal(targets, seed, 2, 1);
  return { count, inputs, targets };
}

export function randomRows(
  inputFeatures: number,
  outputs: number,
  train: number,
  loss: RowsDataset["loss"] = "softmax-cross-entropy",
  seed = 1,
): RowsDataset {
  return {
    kind: "rows",
    inputFeatures,
    outputs,
    loss,
    train: rows(train, inputFeatures, outputs, loss, seed),
    validation: rows(train, inputFeatures, outputs, loss, seed + 1),
  };
}

export function randomTokens(vocabulary: number, length: number, seed = 1): ProbeDataset {
  const tokens = (stream: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => Math.floor(uniformAt(seed, stream, i) ** 2 * vocabulary));
  return { kind: "tokens", vocabulary, train: tokens(1), validation: tokens(2) };
}

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
