import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureNoiseScale } from "../../../api/numerics/noise/measure-noise-scale.ts";
import { gaussianObservations } from "../../proofs/noise-worlds.ts";
import { seededRandom } from "../../proofs/random.ts";
import averages from "../../vectors/mccandlish2018-averages.json" with { type: "json" };
import { runVectors } from "../../vectors/run-vectors.ts";
import { measured, OPTIONS, observationOf, reasonOf, WORLD } from "./measured.ts";

const SERIES = gaussianObservations(WORLD, seededRandom(21));

describe("the noise scale of a series", () => {
  runVectors(averages, ({ pairs }) => {
    const observations = pairs.map(([trace, gradSq], step) => observationOf(step, trace!, gradSq!));
    const { pair } = measured(observations).whole;
    return { ratioOfMeans: pair.numerator / pair.denominator };
  });

  it("covers the truth of a synthetic run, its parts within their errors", () => {
    const { whole } = measured(SERIES);
    if (whole.bSimple.status !== "resolved") throw new Error("unresolved");
    expect(whole.bSimple.lower).toBeLessThan(700);
    expect(whole.bSimple.upper).toBeGreaterThan(700);
    expect(Math.abs(whole.pair.numerator / 200 - 1)).toBeLessThan(0.02);
  });

  it("stays when all gradients are scaled by c, while the moments grow by c^2", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (c) => {
        const scaled = SERIES.map((o) => ({
          ...o,
          smallBatchGradSqNorm: c * c * o.smallBatchGradSqNorm,
          bigBatchGradSqNorm: c * c * o.bigBatchGradSqNorm,
        }));
        const before = measured(SERIES).whole;
        const after = measured(scaled).whole;
        expect(after.pair.numerator / before.pair.numerator / (c * c)).toBeCloseTo(1, 9);
        if (before.bSimple.status !== "resolved" || after.bSimple.status !== "resolved") {
          throw new Error("unresolved");
        }
        expect(after.bSimple.value / before.bSimple.value).toBeCloseTo(1, 9);
        expect(after.bSimple.upper / before.bSimple.upper).toBeCloseTo(1, 6);
      }),
      { seed: 9, numRuns: 20 },
    );
  });

  it("does not depend on the order of the observations, to the bit", () => {
    const random = seededRandom(3);
    const shuffled = SERIES.map((o) => [random.uniform(), o] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, o]) => o);
    expect(measured(shuffled)).toEqual(measured(SERIES));
  });

  it("is counted in the unit of its batch sizes: tokens are sequences times their length", () => {
    const inTokens = SERIES.map((o) => ({
      ...o,
      smallBatch: o.smallBatch * 2048,
      bigBatch: o.bigBatch * 2048,
    }));
    const sequences = measured(SERIES).whole.pair;
    const tokens = measured(inTokens).whole.pair;
    const ratio =
      tokens.numerator / tokens.denominator / (sequences.numerator / sequences.denominator);
    expect(ratio).toBeCloseTo(2048, 6);
  });

  it("is the same from sums over the batch once they are declared as sums", () => {
    const sums = SERIES.map((o) => ({
      ...o,
      smallBatchGradSqNorm: o.smallBatchGradSqNorm * o.smallBatch ** 2,
      bigBatchGradSqNorm: o.bigBatchGradSqNorm * o.bigBatch ** 2,
    }));
    expect(measured(sums, { reduction: "sum" }).whole).toEqual(measured(SERIES).whole);
  });

  it("is the same from micro-gradients divided by the accumulation once their scale is declared", () => {
    const divided = SERIES.map((o) => ({
      ...o,
      smallBatchGradSqNorm: o.smallBatchGradSqNorm / 32 ** 2,
    }));
    expect(measured(divided, { microGradScale: 1 / 32 }).whole).toEqual(measured(SERIES).whole);
  });
});

describe("mixed batch sizes", () => {
  const SIZES = [
    [8, 64],
    [16, 256],
    [4, 512],
  ] as const;

  it("give the truth exactly from exact expectations, whatever the mixture", () => {
    const observations = SIZES.flatMap(([smallBatch, bigBatch], i) =>
      [0, 1].map((k) => ({
        ...observationOf(2 * i + k, 0, 0),
        smallBatch,
        bigBatch,
        smallBatchGradSqNorm: 0.5 + (12 + k) / smallBatch,
        bigBatchGradSqNorm: 0.5 + (12 + k) / bigBatch,
      })),
    );
    const { pair } = measured(observations).whole;
    expect(pair.numerator).toBeCloseTo(12.5, 9);
    expect(pair.denominator).toBeCloseTo(0.5, 9);
  });

  it("are right on average and more precise than the worst of them alone", () => {
    const random = seededRandom(17);
    let sum = 0;
    let mixedSquares = 0;
    let worstSquares = 0;
    for (let i = 0; i < 200; i++) {
      const parts = SIZES.map(([smallBatch, bigBatch], k) =>
        gaussianObservations(
          { observationCount: 10, dimension: 100, noiseScale: 300, smallBatch, bigBatch },
          random,
        ).map((o) => ({ ...o, step: o.step * 3 + k })),
      );
      const mixed = measured(parts.flat()).whole.pair.denominator * 3;
      const worst = measured(parts[0]!).whole.pair.denominator * 3;
      sum += mixed / 200;
      mixedSquares += (mixed - 1) ** 2;
      worstSquares += (worst - 1) ** 2;
    }
    expect(Math.abs(sum - 1)).toBeLessThan(0.05);
    expect(mixedSquares).toBeLessThan(worstSquares / 4);
  });

  it("do not turn a gradient that shrinks while the batch grows into noise", () => {
    const observations = Array.from({ length: 40 }, (_, step) => {
      const bigBatch = step < 20 ? 64 : 1024;
      const gradSq = step < 20 ? 4 : 1;
      return {
        ...observationOf(step, 0, 0),
        bigBatch,
        smallBatchGradSqNorm: gradSq + (30 + (step % 2)) / 8,
        bigBatchGradSqNorm: gradSq + (30 + (step % 2)) / bigBatch,
      };
    });
    expect(measured(observations).whole.pair.numerator).toBeCloseTo(30.5, 9);
  });
});

describe("groups of parameters", () => {
  const random = seededRandom(8);
  const layers = ["mlp", "attention", "embedding"].flatMap((group, i) =>
    gaussianObservations(
      { ...WORLD, dimension: 100 * (i + 1), noiseScale: 200 * (i + 1) },
      random,
    ).map((o) => ({ ...o, group })),
  );

  it("add up to the whole model to the bit", () => {
    const { whole, parts } = measured(layers);
    expect(parts.map(({ group }) => group)).toEqual(["attention", "embedding", "mlp"]);
    expect(parts.reduce((sum, { pair }) => sum + pair.numerator, 0)).toBe(whole.pair.numerator);
    expect(parts.reduce((sum, { pair }) => sum + pair.denominator, 0)).toBe(whole.pair.denominator);
  });

  it("give the whole model the answer that the summed norms give", () => {
    const summed = SERIES.map((_, step) => {
      const ofStep = layers.filter((o) => o.step === step);
      return {
        ...ofStep[0]!,
        group: "all",
        smallBatchGradSqNorm: ofStep.reduce((sum, o) => sum + o.smallBatchGradSqNorm, 0),
        bigBatchGradSqNorm: ofStep.reduce((sum, o) => sum + o.bigBatchGradSqNorm, 0),
      };
    });
    const direct = measured(summed).whole;
    const { whole } = measured(layers);
    expect(whole.pair.numerator / direct.pair.numerator).toBeCloseTo(1, 12);
    expect(whole.pair.covariance.denominator / direct.pair.covariance.denominator).toBeCloseTo(
      1,
      9,
    );
  });

  it("have their own noise scales", () => {
    for (const { group, bSimple } of measured(layers).parts) {
      if (bSimple.status !== "resolved") throw new Error("unresolved");
      const truth = 200 * (["mlp", "attention", "embedding"].indexOf(group) + 1);
      expect(bSimple.lower).toBeLessThan(truth);
      expect(bSimple.upper).toBeGreaterThan(truth);
    }
  });

  it("may be frozen: a layer without gradient stays unresolved and the others are answered", () => {
    const frozen = SERIES.flatMap((o) => [
      { ...o, group: "live" },
      { ...o, group: "frozen", smallBatchGradSqNorm: 0, bigBatchGradSqNorm: 0 },
    ]);
    const { parts, whole } = measured(frozen);
    expect(parts[0]!.bSimple.status).toBe("unresolved");
    expect(whole.bSimple).toEqual(measured(SERIES).whole.bSimple);
  });

  it("must not be mixed with the whole model", () => {
    const mixed = [...SERIES, ...SERIES.map((o) => ({ ...o, group: "mlp" }))];
    expect(() => measured(mixed)).toThrow(/must not mix/);
  });
});

describe("several reporters of one step", () => {
  it("are one observation: the small norms are averaged by count, the big one is shared", () => {
    const split = SERIES.flatMap((o) => [
      {
        ...o,
        reporter: "0",
        smallBatchCount: 24,
        smallBatchGradSqNorm: o.smallBatchGradSqNorm * 1.1,
      },
      {
        ...o,
        reporter: "1",
        smallBatchCount: 8,
        smallBatchGradSqNorm: o.smallBatchGradSqNorm * 0.7,
      },
    ]);
    const answer = measured(split);
    const expected = measured(SERIES);
    expect(answer.whole.pair.numerator / expected.whole.pair.numerator).toBeCloseTo(1, 12);
    expect(answer.whole.degreesOfFreedom).toBe(59);
  });
});

describe("blocks", () => {
  it("are of one step for white noise, and reported", () => {
    expect(measured(SERIES).spread).toEqual({
      between: "blocks",
      blockSteps: 1,
      blocks: 60,
      varianceFactor: 1,
    });
  });

  it("are ranges of steps when their length is given, whatever lies between the observations", () => {
    const spaced = SERIES.map((o) => ({ ...o, step: 100 + 10 * o.step }));
    const { spread } = measured(spaced, { blockSteps: 100 });
    expect(spread).toEqual({ between: "blocks", blockSteps: 100, blocks: 6, varianceFactor: 1 });
  });

  it("leave the estimates alone and change their errors only", () => {
    const single = measured(SERIES, { blockSteps: 1 }).whole.pair;
    const blocks = measured(SERIES, { blockSteps: 10 }).whole.pair;
    expect(blocks.numerator / single.numerator).toBeCloseTo(1, 12);
    expect(blocks.covariance.denominator).not.toBe(single.covariance.denominator);
  });
});

describe("insufficient measurements", () => {
  it("are a single observation, whose moments are still told", () => {
    const answer = measureNoiseScale([observationOf(0, 12, 0.5)], OPTIONS);
    expect(reasonOf(answer)).toBe("single-block");
    if (answer.status !== "insufficient-measurements") throw new Error("measured");
    expect(answer.whole!.traceSigma).toBeCloseTo(12, 12);
    expect(answer.whole!.gradSqNorm).toBeCloseTo(0.5, 12);
    expect(answer.needed).toEqual({ observations: 8, bigBatch: 256 });
  });

  it("are equal batch sizes, which never divide by zero", () => {
    const equal = SERIES.map((o) => ({ ...o, smallBatch: 256 }));
    const answer = measureNoiseScale(equal, OPTIONS);
    expect(reasonOf(answer)).toBe("one-batch-size");
    if (answer.status !== "insufficient-measurements") throw new Error("measured");
    expect(answer.whole).toBeUndefined();
    expect(answer.needed.bigBatch).toBe(512);
  });

  it("are nothing but unusable norms", () => {
    const broken = SERIES.map((o) => ({ ...o, bigBatchGradSqNorm: Number.NaN }));
    expect(reasonOf(measureNoiseScale(broken, OPTIONS))).toBe("no-usable-observation");
  });

  it("are one measurement sent at many steps", () => {
    const copies = Array.from({ length: 20 }, (_, step) => ({ ...SERIES[0]!, step }));
    expect(reasonOf(measureNoiseScale(copies, OPTIONS))).toBe("no-spread");
  });

  it("are all steps in one block", () => {
    expect(reasonOf(measureNoiseScale(SERIES, { ...OPTIONS, blockSteps: 1000 }))).toBe(
      "single-block",
    );
  });
});

describe("options", () => {
  it("out of range are refused by name", () => {
    expect(() => measured(SERIES, { level: 0.4 })).toThrow(/level/);
    expect(() => measured(SERIES, { microGradScale: 0 })).toThrow(/microGradScale/);
    expect(() => measured(SERIES, { blockSteps: 0 })).toThrow(/blockSteps/);
    expect(() => measured([{ ...SERIES[0]!, smallBatch: 512 }])).toThrow(/smallBatch/);
  });
});
