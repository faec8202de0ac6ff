import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combineEstimates } from "../../../api/numerics/pooling/combine-estimates.ts";

const estimate = (lnValue: number, variance: number) => ({ lnValue, variance });
const lnValue = fc.double({ min: -10, max: 10, noNaN: true });
const variance = fc.double({ min: 0.01, max: 10, noNaN: true });

describe("combination of two estimates", () => {
  it("two equal independent estimates halve the variance", () => {
    expect(combineEstimates(estimate(1, 2), estimate(1, 2), 0)).toEqual({
      lnValue: 1,
      variance: 1,
      firstWeight: 0.5,
      disagreementVariance: 0,
    });
  });

  it("two equal estimates with correlation 0.5 keep three quarters of the variance", () => {
    expect(combineEstimates(estimate(0, 1), estimate(0, 1), 0.5).variance).toBeCloseTo(0.75, 12);
  });

  it("two equally good estimates further apart than their spread widen beyond either", () => {
    const combined = combineEstimates(estimate(0, 1), estimate(4, 1), 0.5);
    expect(combined.variance).toBeGreaterThan(1);
    expect(combined.variance - combined.disagreementVariance).toBeCloseTo(0.75, 12);
    expect(combined.lnValue).toBe(2);
  });

  it("the order of the two does not matter", () => {
    fc.assert(
      fc.property(lnValue, variance, lnValue, variance, (x1, v1, x2, v2) => {
        const forward = combineEstimates(estimate(x1, v1), estimate(x2, v2), 0.5);
        const backward = combineEstimates(estimate(x2, v2), estimate(x1, v1), 0.5);
        expect(forward.lnValue).toBeCloseTo(backward.lnValue, 9);
        expect(forward.variance).toBeCloseTo(backward.variance, 9);
      }),
    );
  });

  it("an estimate with a huge variance changes nothing", () => {
    const combined = combineEstimates(estimate(1, 0.1), estimate(3, 1e9), 0.5);
    expect(combined.lnValue).toBeCloseTo(1, 4);
    expect(combined.variance).toBeCloseTo(0.1, 4);
  });
});
