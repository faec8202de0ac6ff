import { describe, expect, it } from "vitest";
import { measureNoiseScale } from "../../../api/numerics/noise/measure-noise-scale.ts";
import type {
  GradReduction,
  NoiseObservation,
  PerExampleObservation,
  TwoBatchObservation,
} from "../../../api/numerics/noise/observation.ts";
import {
  driftingObservations,
  gaussianObservations,
  type NoiseWorld,
} from "../../proofs/noise-worlds.ts";
import { type Random, seededRandom } from "../../proofs/random.ts";

interface Declared {
  readonly reduction?: GradReduction;
  readonly microGradScale?: number;
}

function codes(observations: readonly NoiseObservation[], declared: Declared = {}): string[] {
  const options = { level: 0.95, reduction: "mean", microGradScale: 1, ...declared } as const;
  return measureNoiseScale(observations, options).diagnoses.map(({ code }) => code);
}

const WORLD: NoiseWorld = {
  observationCount: 100,
  dimension: 200,
  noiseScale: 700,
  smallBatch: 8,
  bigBatch: 256,
};

function clean(seed: number, changes: Partial<NoiseWorld> = {}): TwoBatchObservation[] {
  return gaussianObservations({ ...WORLD, ...changes }, seededRandom(seed));
}

type Change = (observation: TwoBatchObservation, index: number) => Partial<TwoBatchObservation>;

function changed(seed: number, change: Change): TwoBatchObservation[] {
  return clean(seed).map((observation, i) => ({ ...observation, ...change(observation, i) }));
}

/** Gradients of single examples, drawn one by one. */
function examples(
  world: Pick<NoiseWorld, "observationCount" | "dimension" | "bigBatch">,
  random: Random,
): PerExampleObservation[] {
  const { observationCount, dimension, bigBatch } = world;
  return Array.from({ length: observationCount }, (_, step) => {
    const gradients = Array.from({ length: bigBatch }, () =>
      Float64Array.from({ length: dimension }, () => 0.3 + random.normal()),
    );
    const mean = new Float64Array(dimension);
    for (const gradient of gradients) {
      for (let j = 0; j < dimension; j++) mean[j]! += gradient[j]! / bigBatch;
    }
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
    return {
      step,
      reporter: "0",
      group: "all",
      exampleGradSqNorms: gradients.map((gradient) => dot(gradient, gradient)),
      exampleGradDots: gradients.map((gradient) => dot(gradient, mean)),
      bigBatchGradSqNorm: dot(mean, mean),
    };
  });
}

describe("two hundred clean series", () => {
  const COUNTS = [1, 2, 5, 8, 20, 60, 200];
  const DIMENSIONS = [20, 60, 1000, 1e5, 1e7];
  const SIZES = [
    [8, 256],
    [1, 64],
    [16, 32],
    [4096, 1048576],
  ] as const;
  it("of every length, dimension, noise scale and batch size lead to no diagnosis", () => {
    for (let i = 0; i < 160; i++) {
      const random = seededRandom(1000 + i);
      const [smallBatch, bigBatch] = SIZES[i % SIZES.length]!;
      const world = {
        observationCount: COUNTS[i % COUNTS.length]!,
        dimension: DIMENSIONS[i % DIMENSIONS.length]!,
        noiseScale: bigBatch * 0.1 * 1000 ** random.uniform(),
        smallBatch,
        bigBatch,
      };
      expect(codes(gaussianObservations(world, random)), JSON.stringify(world)).toEqual([]);
    }
  });

  it("sent as sums, pre-divided, in groups or by several reporters lead to none either", () => {
    for (let i = 0; i < 10; i++) {
      const sums = changed(2000 + i, (o) => ({
        smallBatchGradSqNorm: o.smallBatchGradSqNorm * o.smallBatch ** 2,
        bigBatchGradSqNorm: o.bigBatchGradSqNorm * o.bigBatch ** 2,
      }));
      expect(codes(sums, { reduction: "sum" })).toEqual([]);
      const divided = changed(2100 + i, (o) => ({
        smallBatchGradSqNorm: o.smallBatchGradSqNorm / 16,
      }));
      expect(codes(divided, { microGradScale: 1 / 4 })).toEqual([]);
      const layers = clean(2200 + i).flatMap((o) => [
        { ...o, group: "attention" },
        { ...o, group: "mlp" },
      ]);
      expect(codes(layers)).toEqual([]);
      const ranks = clean(2300 + i).flatMap((o) => [
        { ...o, reporter: "0", smallBatchCount: 16 },
        { ...o, reporter: "1", smallBatchCount: 16 },
      ]);
      expect(codes(ranks)).toEqual([]);
    }
  });

  it("of single examples lead to none", () => {
    for (let i = 0; i < 10; i++) {
      const world = { observationCount: 3 + 4 * i, dimension: 20, bigBatch: 32 };
      expect(codes(examples(world, seededRandom(3000 + i)))).toEqual([]);
    }
  });
});

describe("a flawed series is diagnosed with its flaw and nothing else", () => {
  const SEEDS = [1, 2, 3, 4, 5];
  it.each(SEEDS)("sums sent as means (series %i)", (seed) => {
    const sums = changed(seed, (o) => ({
      smallBatchGradSqNorm: o.smallBatchGradSqNorm * o.smallBatch ** 2,
      bigBatchGradSqNorm: o.bigBatchGradSqNorm * o.bigBatch ** 2,
    }));
    expect(codes(sums)).toEqual(["looks-like-sums"]);
  });

  it.each(SEEDS)("means sent as sums (series %i)", (seed) => {
    expect(codes(clean(seed), { reduction: "sum" })).toEqual(["looks-like-means"]);
  });

  it.each(SEEDS)("micro-gradients divided by part of the accumulation (series %i)", (seed) => {
    const divided = changed(seed, (o) => ({ smallBatchGradSqNorm: o.smallBatchGradSqNorm / 100 }));
    expect(codes(divided)).toEqual(["small-norm-below-big"]);
  });

  it.each(SEEDS)("a micro-gradient scale undone that was never there (series %i)", (seed) => {
    expect(codes(clean(seed), { microGradScale: 1 / 16 })).toEqual(["small-norm-above-noise"]);
  });

  it.each(SEEDS)("half of the big norms clipped (series %i)", (seed) => {
    const norms = clean(seed).map((o) => o.bigBatchGradSqNorm);
    const limit = norms.sort((a, b) => a - b)[50]!;
    const clipped = changed(seed, (o, i) =>
      o.bigBatchGradSqNorm < limit ? {} : { bigBatchGradSqNorm: limit * (1 - 1e-7 * (i % 5)) },
    );
    expect(codes(clipped)).toEqual(["looks-clipped"]);
  });

  it.each(SEEDS)("all big norms clipped far down (series %i)", (seed) => {
    const clipped = changed(seed, (_, i) => ({ bigBatchGradSqNorm: 1e-3 * (1 - 1e-6 * (i % 7)) }));
    expect(codes(clipped)).toEqual(["looks-clipped"]);
  });

  it.each(SEEDS)("norms sent instead of their squares (series %i)", (seed) => {
    const roots = clean(seed, { observationCount: 200 }).map((o) => ({
      ...o,
      smallBatchGradSqNorm: Math.sqrt(o.smallBatchGradSqNorm),
      bigBatchGradSqNorm: Math.sqrt(o.bigBatchGradSqNorm),
    }));
    expect(codes(roots)).toEqual(["norms-not-squared"]);
  });

  it.each(SEEDS)("a small norm from one micro-batch of one worker (series %i)", (seed) => {
    const random = seededRandom(seed);
    const single = changed(seed, (o) => {
      const spread = (1 / 8 - 1 / 256) * random.chiSquare(WORLD.dimension);
      return { smallBatchGradSqNorm: o.bigBatchGradSqNorm + spread, smallBatchCount: 1 };
    });
    expect(codes(single)).toEqual(["one-small-batch"]);
  });

  it.each(SEEDS)(
    "big norms read before the gradient was averaged over workers (series %i)",
    (seed) => {
      const apart = clean(seed).flatMap((o, i) => [
        { ...o, reporter: "0", bigBatchGradSqNorm: o.bigBatchGradSqNorm * (1 + 0.1 * (i % 3)) },
        { ...o, reporter: "1", bigBatchGradSqNorm: o.bigBatchGradSqNorm * 0.95 },
      ]);
      expect(codes(apart)).toEqual(["reporters-disagree"]);
    },
  );

  it.each(SEEDS)("a noise scale that moves through the measurements (series %i)", (seed) => {
    const { observations } = driftingObservations(WORLD, 4, seededRandom(seed));
    expect(codes(observations)).toEqual(["noise-scale-drifts"]);
  });

  it.each([
    ["NaN", Number.NaN, "non-finite-norms"],
    ["infinity", Number.POSITIVE_INFINITY, "non-finite-norms"],
    ["a negative norm", -0.1, "negative-norms"],
    ["a norm of 0", 0, "zero-norms"],
  ])("%s at two steps, which are left out", (_title, bigBatchGradSqNorm, code) => {
    const flawed = changed(6, (_, i) => (i === 3 || i === 40 ? { bigBatchGradSqNorm } : {}));
    expect(codes(flawed)).toEqual([code]);
    const kept = flawed.filter((_, i) => i !== 3 && i !== 40);
    const options = { level: 0.95, reduction: "mean", microGradScale: 1 } as const;
    const answer = measureNoiseScale(flawed, options);
    const expected = measureNoiseScale(kept, options);
    if (answer.status !== "measured" || expected.status !== "measured") throw new Error("neither");
    expect(answer.whole).toEqual(expected.whole);
  });

  it("one batch size for both norms at some steps", () => {
    const equal = changed(7, (o, i) => (i % 10 === 0 ? { smallBatch: o.bigBatch } : {}));
    expect(codes(equal)).toEqual(["equal-batches"]);
  });

  it("a layer missing at some steps", () => {
    const layers = clean(8).flatMap((o, i) => [
      { ...o, group: "attention" },
      ...(i % 9 === 0 ? [] : [{ ...o, group: "mlp" }]),
    ]);
    expect(codes(layers)).toEqual(["incomplete-reports"]);
  });

  it("a reporter silent at some steps", () => {
    const ranks = clean(9).flatMap((o, i) => [
      { ...o, reporter: "0" },
      ...(i % 9 === 0 ? [] : [{ ...o, reporter: "1" }]),
    ]);
    expect(codes(ranks)).toEqual(["missing-reports"]);
  });

  it("observations sent twice", () => {
    const once = clean(10);
    expect(codes([...once, ...once.slice(0, 3)])).toEqual(["duplicate-observations"]);
  });
});

describe("a diagnosis", () => {
  it("names figures in its sentence", () => {
    const options = { level: 0.95, reduction: "sum", microGradScale: 1 } as const;
    const { diagnoses } = measureNoiseScale(clean(1), options);
    expect(diagnoses[0]!.detail).toMatch(/at most 32\.0 is possible/);
  });
});
