import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createTfjsEngine, tensorsAlive } from "../../build/tfjs-engine.mjs";
import {
  gradientDistance,
  lossDistance,
  MOST_GRADIENT_DISTANCE,
  MOST_LOSS_DISTANCE,
  PARITY_MODELS,
  PARITY_OPTIMIZERS,
} from "../proofs/engine-parity.ts";
import { fusedEngine } from "./fixtures.ts";

const compiled = new WebAssembly.Module(
  readFileSync(new URL("../../build/tfjs-kernels.wasm", import.meta.url)),
);
const openPair = async (backend: "wasm" | "cpu") =>
  [fusedEngine(), await createTfjsEngine(compiled, backend)] as const;

describe.for(["wasm", "cpu"] as const)("fused beside TensorFlow.js on %s", (backend) => {
  for (const model of PARITY_MODELS) {
    it(`${model.name}: gradients agree to 1e-4`, async () => {
      const distance = gradientDistance(await openPair(backend), model);
      expect(distance).toBeLessThan(MOST_GRADIENT_DISTANCE);
    });

    for (const optimizer of PARITY_OPTIMIZERS) {
      it(`${model.name}, ${optimizer.kind}: loss curves agree to 1e-3 over 200 steps`, async () => {
        const pair = await openPair(backend);
        const before = tensorsAlive();
        expect(lossDistance(pair, model, optimizer, 200)).toBeLessThan(MOST_LOSS_DISTANCE);
        expect(tensorsAlive()).toBe(before);
      });
    }
  }
});
