import { describe, expect, it } from "vitest";
import type {
  IterateAveraging,
  ProbeDataset,
  ProbeModel,
  ProbeOptimizer,
  TrainingSpec,
} from "../../api/probe/training-session.ts";
import { fusedEngine, plainSpec, relativeDistance } from "./fixtures.ts";
import { randomRows, randomTokens } from "./random-data.ts";
import { createReferenceEngine } from "./reference/reference-engine.ts";

const adam = { adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-6 };
const optimizers: readonly ProbeOptimizer[] = [
  { kind: "sgd", weightDecay: 0.1 },
  { kind: "momentum", momentum: 0.9, weightDecay: 0.1 },
  { kind: "adam", ...adam, weightDecay: 0.1 },
  { kind: "adamw", ...adam, weightDecay: 0.1 },
];
const averagings: readonly IterateAveraging[] = [
  { kind: "exponential", emaDecay: 0.9 },
  { kind: "polynomial", power: 8 },
];
const decoder: ProbeModel = {
  kind: "transformer",
  layers: 1,
  dModel: 8,
  heads: 2,
  contextTokens: 5,
  tiedHead: true,
};

function runBoth(spec: TrainingSpec, dataset: ProbeDataset, steps: number) {
  const fused = fusedEngine().open(spec, dataset);
  const reference = createReferenceEngine().open(spec, dataset);
  fused.advance(steps, 1e9);
  reference.advance(steps, 1e9);
  return { fused, reference };
}

describe("training", () => {
  for (const optimizer of optimizers) {
    for (const averaging of averagings) {
      it(`with ${optimizer.kind} and ${averaging.kind} averaging follows the float64 twin to 2e-4 for 30 steps`, () => {
        const rate = optimizer.kind === "sgd" ? 0.3 : 0.02;
        const spec = { ...plainSpec, optimizer, averaging, peakLearningRate: rate, warmupSteps: 5 };
        const { fused, reference } = runBoth(spec, randomRows(7, 3, 50), 30);
        for (const which of ["current", "average"] as const) {
          const moved = reference.readWeights(which);
          expect(relativeDistance(fused.readWeights(which), moved)).toBeLessThan(2e-4);
          const loss = fused.sumValidationLoss(which, 3, 40);
          expect(loss / reference.sumValidationLoss(which, 3, 40)).toBeCloseTo(1, 4);
        }
        const records = fused.takeRecords();
        expect(records).toHaveLength(30);
        reference.takeRecords().forEach((expected, i) => {
          expect(records[i]!.lossNats / expected.lossNats).toBeCloseTo(1, 3);
          expect(records[i]!.batchGradSqNorm / expected.batchGradSqNorm).toBeCloseTo(1, 2);
          expect(records[i]!.meanExampleGradSqNorm / expected.meanExampleGradSqNorm).toBeCloseTo(
            1,
            2,
          );
        });
      });
    }
  }

  it("of a transformer follows the float64 twin to 1e-3 for 12 AdamW steps", () => {
    const optimizer: ProbeOptimizer = { kind: "adamw", ...adam, weightDecay: 0 };
    const spec = { ...plainSpec, model: decoder, optimizer, peakLearningRate: 0.01 };
    const { fused, reference } = runBoth(spec, randomTokens(9, 200), 12);
    const moved = reference.readWeights("current");
    expect(relativeDistance(fused.readWeights("current"), moved)).toBeLessThan(1e-3);
  });

  it("gives the same bits when it is cut after any number of micro-batches and restored from a checkpoint", () => {
    const dataset = randomRows(6, 3, 700);
    const spec: TrainingSpec = {
      ...plainSpec,
      batchExamples: 600,
      optimizer: optimizers[3]!,
      averaging: averagings[1]!,
    };
    const whole = fusedEngine().open(spec, dataset);
    whole.advance(6, 1e9);
    const expected = whole.save();
    for (let cut = 1; cut < 18; cut += 1) {
      const first = fusedEngine().open(spec, dataset);
      expect(first.advance(6, cut)).toBe(cut);
      const second = fusedEngine().open(spec, dataset);
      second.restore(first.save());
      while (second.step < 6) second.advance(6, 1);
      expect(second.save()).toEqual(expected);
    }
  });

  it("sees every example exactly once an epoch, in another order each time", () => {
    // One feature names the row; the gradient of the bias then sums what was drawn.
    const count = 37;
    const inputs = new Float32Array(count);
    const rows = {
      count,
      inputs,
      targets: Float32Array.from({ length: count }, (_, i) => 2 ** (i % 20)),
    };
    const dataset: ProbeDataset = {
      kind: "rows",
      inputFeatures: 1,
      outputs: 1,
      loss: "squared-error",
      train: rows,
      validation: rows,
    };
    const model: ProbeModel = { kind: "mlp", hiddenWidths: [], activation: "tanh" };
    const spec = { ...plainSpec, model, batchExamples: 1, peakLearningRate: 0 };
    const session = fusedEngine().open(spec, dataset);
    session.advance(3 * count, 1e9);
    const targets = session
      .takeRecords()
      .map((record) => Math.round(Math.sqrt(2 * record.lossNats)));
    const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
    const epochs = [0, 1, 2].map((e) => targets.slice(e * count, (e + 1) * count));
    for (const epoch of epochs) expect(sorted(epoch)).toEqual(sorted([...rows.targets]));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
  });

  it("stops before the update when the loss is no longer finite and says so", () => {
    const spec = { ...plainSpec, peakLearningRate: 1e30 };
    const session = fusedEngine().open(spec, randomRows(7, 3, 50, "squared-error"));
    session.advance(50, 1e9);
    expect(session.diverged).toBe(true);
    expect(session.step).toBeLessThan(10);
    const last = session.takeRecords().at(-1)!;
    expect(Number.isFinite(last.lossNats) && Number.isFinite(last.batchGradSqNorm)).toBe(false);
  });

  it("of a transformer stops, too, when attention or norms are no longer finite", () => {
    for (const optimizer of optimizers) {
      const spec = { ...plainSpec, model: decoder, optimizer, peakLearningRate: 1e30 };
      const session = fusedEngine().open(spec, randomTokens(9, 200));
      session.advance(50, 1e9);
      expect(session.diverged).toBe(true);
      expect(session.step).toBeLessThan(10);
      expect(session.takeRecords().at(-1)!.batchGradSqNorm).not.toSatisfy(Number.isFinite);
    }
  });

  it("lets a NaN of the data reach the loss through every activation", () => {
    for (const activation of ["relu", "gelu", "tanh"] as const) {
      const dataset = randomRows(7, 3, 20);
      dataset.train.inputs.fill(Number.NaN);
      const model: ProbeModel = { kind: "mlp", hiddenWidths: [9], activation };
      const session = fusedEngine().open({ ...plainSpec, model }, dataset);
      session.advance(1, 1e9);
      expect(session.takeRecords()[0]!.lossNats).toBeNaN();
    }
  });

  it("counts multiply-adds of matrix products as the plan says, for any batch", () => {
    const dataset = randomRows(12, 5, 300);
    for (const batchExamples of [1, 3, 257]) {
      const session = fusedEngine().open({ ...plainSpec, batchExamples }, dataset);
      expect(session.trainFlopsPerExample).toBe(2 * (12 * 16 * 2 + 16 * 5 * 3));
      expect(session.evaluationFlopsPerExample).toBe(2 * (12 * 16 + 16 * 5));
    }
  });

  it("ends a session when the next one takes the memory", () => {
    const engine = fusedEngine();
    const dataset = randomRows(7, 3, 50);
    const first = engine.open(plainSpec, dataset);
    engine.open(plainSpec, dataset);
    expect(() => first.advance(1, 1)).toThrow(/ended/);
  });

  it("refuses labels out of range, short arrays and a model that does not fit the data", () => {
    const dataset = randomRows(7, 3, 50);
    const open = (change: Partial<typeof dataset>) => () =>
      fusedEngine().open(plainSpec, { ...dataset, ...change });
    expect(open({ outputs: 2 })).toThrow(RangeError);
    expect(open({ inputFeatures: 8 })).toThrow(RangeError);
    expect(
      open({
        train: {
          ...dataset.train,
          count: 0,
          inputs: new Float32Array(0),
          targets: new Int32Array(0),
        },
      }),
    ).toThrow(RangeError);
    expect(() => fusedEngine().open({ ...plainSpec, model: decoder }, dataset)).toThrow(RangeError);
  });
});
