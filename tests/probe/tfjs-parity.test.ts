import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type {
  BuiltInModel,
  ProbeOptimizer,
  TrainingSession,
  TrainingSpec,
} from "../../api/probe/training-session.ts";
import { createTfjsEngine, tensorsAlive } from "../../build/tfjs-engine.mjs";
import { fusedEngine, plainSpec, relativeDistance } from "./fixtures.ts";
import { randomRows, randomTokens } from "./random-data.ts";

const compiled = new WebAssembly.Module(
  readFileSync(new URL("../../build/tfjs-kernels.wasm", import.meta.url)),
);

const rows = randomRows(12, 5, 96);
const values = randomRows(12, 3, 96, "squared-error");
const text = randomTokens(20, 600);
const decoder: BuiltInModel = {
  kind: "transformer",
  layers: 1,
  dModel: 8,
  heads: 2,
  contextTokens: 6,
  tiedHead: true,
};
const MODELS = [
  ...(["relu", "gelu", "tanh"] as const).map(
    (activation) =>
      [`mlp ${activation}`, { kind: "mlp", hiddenWidths: [16, 9], activation }, rows] as const,
  ),
  ["mlp regression", { kind: "mlp", hiddenWidths: [16], activation: "tanh" }, values] as const,
  ["transformer", decoder, text] as const,
  ["transformer, head of its own", { ...decoder, tiedHead: false }, text] as const,
];
const ADAM = { adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8 };
const OPTIMIZERS: readonly ProbeOptimizer[] = [
  { kind: "sgd", weightDecay: 0.01 },
  { kind: "momentum", momentum: 0.9, weightDecay: 0.01 },
  { kind: "adam", ...ADAM, weightDecay: 0.01 },
  { kind: "adamw", ...ADAM, weightDecay: 0.01 },
];

function specOf(model: BuiltInModel, optimizer: ProbeOptimizer): TrainingSpec {
  const slow = optimizer.kind === "sgd" ? 0.05 : 0.005;
  return { ...plainSpec, model, optimizer, peakLearningRate: slow, exampleNorms: false };
}

function lossesOf(session: TrainingSession, steps: number): readonly number[] {
  session.advance(steps, 1e9);
  return session.takeRecords().map(({ lossNats }) => lossNats);
}

describe.for(["wasm", "cpu"] as const)("fused beside TensorFlow.js on %s", (backend) => {
  for (const [name, model, dataset] of MODELS) {
    it(`${name}: gradients agree to 1e-4`, async () => {
      const spec = specOf(model, OPTIMIZERS[0]!);
      const indices = Uint32Array.from({ length: 20 }, (_, i) => 3 * i);
      const tfjs = await createTfjsEngine(compiled, backend);
      const theirs = tfjs.open(spec, dataset).measureGradient(indices);
      tfjs.close();
      const ours = fusedEngine().open(spec, dataset).measureGradient(indices);
      expect(relativeDistance(ours.gradient, theirs.gradient)).toBeLessThan(1e-4);
      expect(ours.meanLoss).toBeCloseTo(theirs.meanLoss, 5);
    });

    for (const optimizer of OPTIMIZERS) {
      it(`${name}, ${optimizer.kind}: loss curves agree to 1e-3 over 200 steps`, async () => {
        const spec = specOf(model, optimizer);
        const tfjs = await createTfjsEngine(compiled, backend);
        const before = tensorsAlive();
        const theirs = lossesOf(tfjs.open(spec, dataset), 200);
        tfjs.close();
        expect(tensorsAlive()).toBe(before);
        const ours = lossesOf(fusedEngine().open(spec, dataset), 200);
        expect(theirs).toHaveLength(200);
        ours.forEach((loss, step) => {
          expect(Math.abs(loss - theirs[step]!), `step ${step}`).toBeLessThan(1e-3 * (1 + loss));
        });
      });
    }
  }
});
