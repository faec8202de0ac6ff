import { describe, expect, it } from "vitest";
import {
  addReplicates,
  blockReplicates,
  jackknifeCovariance,
} from "../../../api/numerics/noise/jackknife.ts";
import { seededRandom } from "../../proofs/random.ts";

function sumsOf(weights: readonly number[], seed: number) {
  const random = seededRandom(seed);
  const weight = Float64Array.from(weights);
  return {
    weight,
    weightedTrace: weight.map((w) => w * (5 + random.normal())),
    weightedGradSq: weight.map((w) => w * (1 + random.normal())),
  };
}

describe("block jackknife", () => {
  it("of equal blocks has the covariance of the means and one degree of freedom less than blocks", () => {
    const sums = sumsOf(new Array(12).fill(1), 1);
    const replicates = blockReplicates(sums)!;
    const mean = sums.weightedTrace.reduce((sum, x) => sum + x / 12, 0);
    const squares = sums.weightedTrace.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    expect(jackknifeCovariance(replicates, 1).numerator).toBeCloseTo(squares / 11 / 12, 12);
    expect(replicates.degreesOfFreedom).toBe(11);
  });

  it("multiplies every variance by the factor for correlation that is left", () => {
    const replicates = blockReplicates(sumsOf([1, 2, 3, 4], 2))!;
    const plain = jackknifeCovariance(replicates, 1);
    const widened = jackknifeCovariance(replicates, 2.5);
    expect(widened.denominator / plain.denominator).toBeCloseTo(2.5, 12);
    expect(widened.cross / plain.cross).toBeCloseTo(2.5, 12);
  });

  it("counts unequal blocks as fewer degrees of freedom", () => {
    const replicates = blockReplicates(sumsOf([100, 1, 1, 1], 3))!;
    expect(replicates.degreesOfFreedom).toBeLessThan(0.1);
    expect(replicates.degreesOfFreedom).toBeGreaterThan(0);
  });

  it("needs two blocks that weigh something", () => {
    expect(blockReplicates(sumsOf([1], 4))).toBeUndefined();
    expect(blockReplicates(sumsOf([1, 0], 4))).toBeUndefined();
  });

  it("adds parts up to the whole to the bit, replicate by replicate", () => {
    const parts = [5, 6, 7].map((seed) => blockReplicates(sumsOf([1, 2, 3, 4], seed))!);
    const whole = addReplicates(parts);
    expect(whole.traceSigma).toBe(parts.reduce((sum, part) => sum + part.traceSigma, 0));
    expect(whole.gradSqWithout[2]).toBe(
      parts.reduce((sum, part) => sum + part.gradSqWithout[2]!, 0),
    );
  });

  it("refuses to add nothing, or parts over different units", () => {
    expect(() => addReplicates([])).toThrow(RangeError);
    const parts = [blockReplicates(sumsOf([1, 1], 8))!, blockReplicates(sumsOf([1, 1, 1], 8))!];
    expect(() => addReplicates(parts)).toThrow(/units/);
  });
});
