import { describe, expect, it } from "vitest";
import { permutedIndex } from "../../api/probe/random.ts";
import type { ProbeOptimizer, TrainingSpec } from "../../api/probe/training-session.ts";
import { fusedEngine, plainSpec } from "./fixtures.ts";
import { randomRows } from "./random-data.ts";

const OPTIMIZERS: readonly ProbeOptimizer[] = [
  { kind: "sgd", weightDecay: 0 },
  { kind: "sgd", weightDecay: 0.01 },
  { kind: "momentum", momentum: 0.9, weightDecay: 0.01 },
  { kind: "adamw", adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8, weightDecay: 0.01 },
];
// Widths around which blocks and vectors end unevenly.
const SHAPES = [
  { features: 1, hidden: [1], outputs: 2 },
  { features: 7, hidden: [5, 3], outputs: 3 },
  { features: 130, hidden: [67], outputs: 10 },
  { features: 6, hidden: [], outputs: 5 },
];

describe.each(OPTIMIZERS)("a small step by $kind with decay $weightDecay", (optimizer) => {
  it.each(SHAPES)(
    "moves $features-$hidden-$outputs as the measured gradient says, bit by bit under plain SGD",
    ({ features, hidden, outputs }) => {
      const dataset = randomRows(features, outputs, 64);
      for (const batchExamples of [1, 2, 3, 5, 23]) {
        const spec: TrainingSpec = {
          ...plainSpec,
          optimizer,
          batchExamples,
          model: { kind: "mlp", hiddenWidths: hidden, activation: "tanh" },
          averaging: { kind: "exponential", emaDecay: 0.5 },
        };
        const session = fusedEngine().open(spec, dataset);
        const twin = fusedEngine().open({ ...spec, batchExamples: 64 }, dataset);
        twin.writeWeights(session.readWeights("current"));
        const before = session.readWeights("current");
        session.advance(1, 1);
        const after = session.readWeights("current");
        const average = session.readWeights("average");
        const [record] = session.takeRecords();
        const { gradient } = twin.measureGradient(drawnIndices(spec));
        const square = gradient.reduce((sum, value) => sum + value * value, 0);
        expect(Math.abs((record?.batchGradSqNorm ?? Number.NaN) / square - 1)).toBeLessThan(1e-5);
        if (optimizer.kind === "sgd" && optimizer.weightDecay === 0) {
          const rate = Math.fround(spec.peakLearningRate);
          const expected = before.map((w, i) => Math.fround(w - Math.fround(rate * gradient[i]!)));
          expect(after).toEqual(expected);
        }
        const middle = before.map((w, i) => w + Math.fround(0.5 * Math.fround(after[i]! - w)));
        expect(average).toEqual(middle);
        expect(after).not.toEqual(before);
      }
    },
  );
});

/** The examples of the first batch, by the permutation that the kernels draw from too. */
function drawnIndices({ batchExamples, seed }: TrainingSpec): Uint32Array {
  return Uint32Array.from({ length: batchExamples }, (_, i) => permutedIndex(i, 64, seed, 0));
}

describe("a small step that cannot be taken", () => {
  it("leaves the weights when a gradient is not finite, and the run has diverged", () => {
    const dataset = randomRows(6, 3, 8);
    dataset.train.inputs.fill(3e38);
    const model = { kind: "mlp", hiddenWidths: [16], activation: "relu" } as const;
    const session = fusedEngine().open({ ...plainSpec, model, batchExamples: 2 }, dataset);
    const before = session.readWeights("current");
    session.advance(3, 3);
    expect(session.diverged).toBe(true);
    expect(session.step).toBe(0);
    expect(session.readWeights("current")).toEqual(before);
  });
});
