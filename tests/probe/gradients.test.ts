import { describe, expect, it } from "vitest";
import type { ProbeDataset, ProbeModel, TrainingSpec } from "../../api/probe/training-session.ts";
import { fusedEngine, plainSpec, relativeDistance } from "./fixtures.ts";
import { randomRows, randomTokens } from "./random-data.ts";
import { createReferenceEngine } from "./reference/reference-engine.ts";

const mlp = (
  hiddenWidths: readonly number[],
  activation: "relu" | "gelu" | "tanh",
): ProbeModel => ({ kind: "mlp", hiddenWidths, activation });

const transformer = (
  layers: number,
  dModel: number,
  heads: number,
  contextTokens: number,
  tiedHead: boolean,
): ProbeModel => ({ kind: "transformer", layers, dModel, heads, contextTokens, tiedHead });

const cases: readonly (readonly [string, ProbeModel, ProbeDataset])[] = [
  [
    "a linear model of one input and one output",
    mlp([], "tanh"),
    randomRows(1, 1, 9, "squared-error"),
  ],
  ["a linear softmax model of one class", mlp([], "tanh"), randomRows(3, 1, 9)],
  ["a relu network 7-5-3", mlp([5], "relu"), randomRows(7, 3, 40)],
  ["a gelu network 9-17-6-4", mlp([17, 6], "gelu"), randomRows(9, 4, 40)],
  [
    "a tanh network 5-33-1-2, squared error",
    mlp([33, 1], "tanh"),
    randomRows(5, 2, 40, "squared-error"),
  ],
  ["a relu network 64-40-10", mlp([40], "relu"), randomRows(64, 10, 40)],
  ["a one-token transformer of width 3", transformer(1, 3, 1, 1, true), randomTokens(2, 40)],
  ["a tied transformer d=12, 3 heads", transformer(2, 12, 3, 7, true), randomTokens(11, 290)],
  ["an untied transformer d=8, 1 head", transformer(1, 8, 1, 9, false), randomTokens(5, 370)],
];

const spec = (model: ProbeModel): TrainingSpec => ({ ...plainSpec, model });

// Central differences in float64 along at most 120 parameters; step eps^(1/3) of the weight's scale.
function differences(
  loss: (weights: Float64Array) => number,
  weights: Float64Array,
): readonly (readonly [number, number])[] {
  const stride = Math.max(1, Math.floor(weights.length / 120)) | 1;
  const found: [number, number][] = [];
  for (let i = 0; i < weights.length; i += stride) {
    const step = 6e-6 * (1 + Math.abs(weights[i]!));
    const moved = weights.slice();
    moved[i]! += step;
    const plus = loss(moved);
    moved[i]! -= 2 * step;
    found.push([i, (plus - loss(moved)) / (2 * step)]);
  }
  return found;
}

describe("gradients", () => {
  for (const [name, model, dataset] of cases) {
    const indices = Uint32Array.from([0, 3, 4, 1, 7]);
    it(`of ${name} agree with central differences to 2e-5`, () => {
      const fused = fusedEngine().open(spec(model), dataset);
      const reference = createReferenceEngine().open(spec(model), dataset);
      const measured = fused.measureGradient(indices);
      const loss = (weights: Float64Array): number => {
        let sum = 0;
        for (const i of indices) sum += reference.example("train", i, weights).loss;
        return sum / indices.length;
      };
      const weights = Float64Array.from(fused.readWeights("current"));
      expect(Math.abs(measured.meanLoss - loss(weights))).toBeLessThan(2e-6 * (1 + loss(weights)));
      const checked = differences(loss, weights);
      const size = Math.max(1e-3, ...measured.gradient.map(Math.abs));
      const twin = reference.measureGradient(indices).gradient;
      for (const [i, slope] of checked) {
        expect(Math.abs(measured.gradient[i]! - slope)).toBeLessThan(2e-5 * size);
        expect(Math.abs(twin[i]! - slope)).toBeLessThan(1e-6 * size);
      }
      if (measured.gradient.some((value) => Math.abs(value) > 1e-6)) {
        expect(relativeDistance(measured.gradient, twin)).toBeLessThan(1e-5);
      }
    });

    it(`per example in ${name} have the norms of one-example-at-a-time gradients to 1e-5`, () => {
      const fused = fusedEngine().open(spec(model), dataset);
      const reference = createReferenceEngine().open(spec(model), dataset);
      const together = fused.measureGradient(indices).exampleGradSqNorms!;
      const exact = reference.measureGradient(indices).exampleGradSqNorms!;
      together.forEach((value, i) => {
        const alone = fused.measureGradient(indices.slice(i, i + 1));
        const size = alone.gradient.reduce((sum, g) => sum + g * g, 0);
        expect(Math.abs(value - size)).toBeLessThanOrEqual(1e-5 * size + 1e-12);
        expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(2e-5 * exact[i]! + 1e-12);
      });
    });
  }
});
