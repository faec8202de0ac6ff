import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EstimatedPair,
  fiellerContains,
  fiellerSet,
  lowestPositiveRatio,
} from "../../../api/numerics/noise/fieller.ts";
import {
  blockReplicates,
  jackknifeCovariance,
  jackknifeRatio,
} from "../../../api/numerics/noise/jackknife.ts";
import intervals from "../../vectors/noise-ratio-intervals.json" with { type: "json" };
import { runVectors } from "../../vectors/run-vectors.ts";

function pairOf(
  numerator: number,
  denominator: number,
  sd: number,
  correlation = 0,
): EstimatedPair {
  const variance = sd * sd;
  const covariance = { numerator: variance, cross: correlation * variance, denominator: variance };
  return { numerator, denominator, covariance };
}

describe("Fieller's set and the jackknifed ratio", () => {
  runVectors(intervals, ({ pairs, quantile }) => {
    const replicates = blockReplicates({
      weight: new Float64Array(pairs.length).fill(1),
      weightedTrace: Float64Array.from(pairs, (pair) => pair[0]!),
      weightedGradSq: Float64Array.from(pairs, (pair) => pair[1]!),
    })!;
    const pair = {
      numerator: replicates.traceSigma,
      denominator: replicates.gradSqNorm,
      covariance: jackknifeCovariance(replicates, 1),
    };
    const { ratio, biasCorrectedRatio, standardError } = jackknifeRatio(replicates, 1);
    return {
      ratio,
      jackknifeRatio: biasCorrectedRatio,
      jackknifeStandardError: standardError,
      ...fiellerSet(pair, quantile),
    };
  });
});

describe("Fieller's set", () => {
  it("is bounded when the denominator is significant", () => {
    expect(fiellerSet(pairOf(10, 5, 1), 2).kind).toBe("bounded");
  });

  it("is everything but an interval when only the numerator is significant", () => {
    const set = fiellerSet(pairOf(10, 1, 1), 2);
    expect(set.kind).toBe("complement");
    expect(fiellerContains(set, 0)).toBe(false);
    expect(fiellerContains(set, 1e9)).toBe(true);
    expect(fiellerContains(set, -1e9)).toBe(true);
  });

  it("is the whole line when neither is significant", () => {
    const set = fiellerSet(pairOf(1, 1, 1), 2);
    expect(set).toEqual({ kind: "whole-line" });
    expect(fiellerContains(set, -3)).toBe(true);
    expect(lowestPositiveRatio(set)).toBeUndefined();
  });

  it("is a ray when the denominator lies exactly at the threshold", () => {
    const above = fiellerSet(pairOf(10, 2, 1), 2);
    expect(above.kind).toBe("ray-above");
    expect(lowestPositiveRatio(above)).toBeCloseTo((100 - 4) / 40, 12);
    expect(fiellerContains(above, 2)).toBe(false);
    expect(fiellerContains(above, 3)).toBe(true);
    const below = fiellerSet(pairOf(-10, 2, 1), 2);
    expect(below.kind).toBe("ray-below");
    expect(fiellerContains(below, -3)).toBe(true);
    expect(lowestPositiveRatio(below)).toBeUndefined();
  });

  it("holds exactly the ratios that the test does not refuse", () => {
    const value = fc.double({ min: -20, max: 20, noNaN: true });
    const correlation = fc.double({ min: -0.95, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(value, value, correlation, value, (s, g, r, ratio) => {
        const pair = pairOf(s, g, 1, r);
        const variance = 1 - 2 * ratio * r + ratio * ratio;
        const distance = (s - ratio * g) ** 2 - 4 * variance;
        fc.pre(Math.abs(distance) > 1e-6);
        expect(fiellerContains(fiellerSet(pair, 2), ratio)).toBe(distance < 0);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it("bounds a noise scale from below only when 0 is outside and something positive inside", () => {
    expect(lowestPositiveRatio(fiellerSet(pairOf(10, 1, 1), 2))).toBeGreaterThan(0);
    expect(lowestPositiveRatio(fiellerSet(pairOf(10, -5, 1), 2))).toBeUndefined();
    expect(lowestPositiveRatio(fiellerSet(pairOf(1, 10, 1), 2))).toBeUndefined();
  });
});
