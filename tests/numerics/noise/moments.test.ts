import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leaveOneOutMoments, twoBatchMoments } from "../../../api/numerics/noise/moments.ts";
import { gaussianObservations } from "../../proofs/noise-worlds.ts";
import { seededRandom } from "../../proofs/random.ts";
import twoBatch from "../../vectors/mccandlish2018-two-batch.json" with { type: "json" };
import spread from "../../vectors/noise-estimator-spread.json" with { type: "json" };
import perExample from "../../vectors/noise-per-example.json" with { type: "json" };
import { runVectors } from "../../vectors/run-vectors.ts";

function estimates(small: number, big: number, smallNorm: number, bigNorm: number) {
  const { weight, weightedTrace, weightedGradSq } = twoBatchMoments(small, big, smallNorm, bigNorm);
  return { traceSigma: weightedTrace / weight, gradSqNorm: weightedGradSq / weight };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function meanOf(gradients: readonly (readonly number[])[]): number[] {
  return gradients[0]!.map((_, j) => gradients.reduce((s, g) => s + g[j]!, 0) / gradients.length);
}

describe("two-batch moments", () => {
  runVectors(twoBatch, (row) =>
    estimates(row.smallBatch, row.bigBatch, row.smallBatchGradSqNorm, row.bigBatchGradSqNorm),
  );

  it("give back |G|^2 and tr(Sigma) exactly from their expectations at any two batch sizes", () => {
    const positive = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 1, max: 999 }), (gradSq, trace, small) => {
        const answered = estimates(small, 1000, gradSq + trace / small, gradSq + trace / 1000);
        expect(answered.traceSigma / trace).toBeCloseTo(1, 6);
        expect(answered.gradSqNorm / gradSq).toBeCloseTo(1, 6);
      }),
      { seed: 3 },
    );
  });

  it("weigh nothing and divide by nothing when both batches are one", () => {
    expect(twoBatchMoments(32, 32, 0.5, 0.5).weight).toBe(0);
  });

  it("refuse a small batch above the big one, and one of 0", () => {
    expect(() => twoBatchMoments(64, 32, 1, 1)).toThrow(RangeError);
    expect(() => twoBatchMoments(0, 32, 1, 1)).toThrow(/smallBatch/);
  });
});

describe("moments of single examples", () => {
  runVectors(perExample, ({ gradients }) => {
    const n = gradients.length;
    const mean = meanOf(gradients);
    const meanSqNorm = gradients.reduce((sum, g) => sum + dot(g, g) / n, 0);
    const answered = estimates(1, n, meanSqNorm, dot(mean, mean));
    return { ...answered, bSimple: answered.traceSigma / answered.gradSqNorm };
  });

  it("with one example left out equal the estimate from the others", () => {
    const random = seededRandom(7);
    const gradients = Array.from({ length: 6 }, () => [1 + random.normal(), random.normal()]);
    const mean = meanOf(gradients);
    const without = leaveOneOutMoments(
      Float64Array.from(gradients, (g) => dot(g, g)),
      Float64Array.from(gradients, (g) => dot(g, mean)),
      dot(mean, mean),
    );
    gradients.forEach((_, left) => {
      const others = gradients.filter((_other, i) => i !== left);
      const otherMean = meanOf(others);
      const meanSqNorm = others.reduce((sum, g) => sum + dot(g, g) / others.length, 0);
      const expected = estimates(1, others.length, meanSqNorm, dot(otherMean, otherMean));
      expect(without.traceSigma[left]).toBeCloseTo(expected.traceSigma, 12);
      expect(without.gradSqNorm[left]).toBeCloseTo(expected.gradSqNorm, 12);
    });
  });

  it("cannot leave out one of two", () => {
    const pair = Float64Array.of(1, 2);
    expect(leaveOneOutMoments(pair, pair, 1).traceSigma).toHaveLength(0);
  });
});

describe("synthetic gradients", () => {
  runVectors(spread, ({ traceSigma, effectiveDimension, gradSqNorm, examples }) => {
    const unit = traceSigma / effectiveDimension;
    const world = {
      observationCount: 4000,
      dimension: effectiveDimension,
      noiseScale: traceSigma / gradSqNorm,
      smallBatch: 1,
      bigBatch: examples,
    };
    const drawn = gaussianObservations(world, seededRandom(11)).map((observation) =>
      estimates(1, examples, observation.smallBatchGradSqNorm, observation.bigBatchGradSqNorm),
    );
    return {
      sdTraceSigma: unit * standardDeviation(drawn.map((each) => each.traceSigma)),
      sdGradSqNorm: unit * standardDeviation(drawn.map((each) => each.gradSqNorm)),
    };
  });

  it("have estimates that average to the truth, negative ones included", () => {
    const world = { observationCount: 20000, dimension: 60, noiseScale: 5120 };
    const sizes = { smallBatch: 8, bigBatch: 256 };
    const drawn = gaussianObservations({ ...world, ...sizes }, seededRandom(5)).map((o) =>
      estimates(8, 256, o.smallBatchGradSqNorm, o.bigBatchGradSqNorm),
    );
    const average = (of: (each: (typeof drawn)[number]) => number) =>
      drawn.reduce((sum, each) => sum + of(each) / drawn.length, 0);
    expect(drawn.some((each) => each.gradSqNorm < 0)).toBe(true);
    expect(average((each) => each.traceSigma) / 60).toBeCloseTo(1, 2);
    // One observation has a relative sd of 3.8: 20,000 of them leave 0.027.
    expect(Math.abs(average((each) => each.gradSqNorm) / (60 / 5120) - 1)).toBeLessThan(0.1);
  });
});

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
