import { readFileSync } from "node:fs";
import { fusedEngine } from "../probe/fixtures.ts";
import {
  gradientDistance,
  lossDistance,
  MOST_GRADIENT_DISTANCE,
  MOST_LOSS_DISTANCE,
  PARITY_MODELS,
  PARITY_OPTIMIZERS,
} from "./engine-parity.ts";
import { KERNEL_SOURCES } from "./probe-run.ts";
import type { Figure, Proof } from "./proof.ts";

const STEPS = 200;

/** Both engines from the same weights on the same examples: one is ours, the other TensorFlow.js on two backends. */
export const engineParityProof: Proof = {
  id: "engine-parity",
  specification:
    "Every built-in family on the fused engine and on TensorFlow.js 4.22, its WASM and its CPU backend: gradients at the " +
    "same weights and 20 examples differ by at most 1e-4 of their length, the losses of each of 200 steps of SGD, momentum, " +
    "Adam and AdamW by at most 1e-3 (1 + loss).",
  module: "tests/proofs/engine-parity-proof.ts",
  sources: [...KERNEL_SOURCES, "api/probe/engines/tfjs"],
  figuresOf: async (share) => {
    const steps = Math.ceil(STEPS * share);
    // Only when it is proven: the bundle is built, and its sources are named above.
    const { createTfjsEngine } = await import("../../build/tfjs-engine.mjs");
    const kernels = new URL("../../build/tfjs-kernels.wasm", import.meta.url);
    const compiled = new WebAssembly.Module(readFileSync(kernels));
    const figures: Figure[] = [];
    for (const backend of ["wasm", "cpu"] as const) {
      const pair = [fusedEngine(), await createTfjsEngine(compiled, backend)] as const;
      for (const model of PARITY_MODELS) {
        const name = `${model.name}, ${backend}`;
        const curves = PARITY_OPTIMIZERS.map((optimizer) =>
          lossDistance(pair, model, optimizer, steps),
        );
        figures.push(
          {
            name: `${name}: gradient, relative distance`,
            value: gradientDistance(pair, model),
            limits: { most: MOST_GRADIENT_DISTANCE },
          },
          {
            name: `${name}: losses, most apart`,
            value: Math.max(...curves),
            limits: { most: MOST_LOSS_DISTANCE },
          },
        );
      }
    }
    return figures;
  },
};
