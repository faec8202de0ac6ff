import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type PoolMember,
  pauleMandelTauSquared,
  poolRandomEffects,
} from "../../../api/numerics/pooling/random-effects.ts";

const member = (lnValue: number, variance: number, share = 1): PoolMember => ({
  lnValue,
  variance,
  share,
});

const anyMembers = fc.array(
  fc.record({
    lnValue: fc.double({ min: -5, max: 5, noNaN: true }),
    variance: fc.double({ min: 0.01, max: 2, noNaN: true }),
    share: fc.double({ min: 0.05, max: 1, noNaN: true }),
  }),
  { minLength: 2, maxLength: 8 },
);

describe("Paule-Mandel between-study variance", () => {
  it("is d^2 / 2 - v for two studies a distance d apart with equal variance v", () => {
    expect(pauleMandelTauSquared([member(0, 0.1), member(2, 0.1)])).toBeCloseTo(1.9, 9);
    expect(pauleMandelTauSquared([member(0, 0.5), member(3, 0.5)])).toBeCloseTo(4, 9);
  });

  it("is the sample variance minus v for any number of studies with equal variance v", () => {
    const values = [0.3, -1.2, 2.2, 0.9, -0.4];
    const mean = values.reduce((a, b) => a + b) / values.length;
    const sampleVariance = values.reduce((a, y) => a + (y - mean) ** 2, 0) / (values.length - 1);
    const tauSquared = pauleMandelTauSquared(values.map((y) => member(y, 0.2)));
    expect(tauSquared).toBeCloseTo(sampleVariance - 0.2, 9);
  });

  it("is 0 when the studies agree within their variances", () => {
    expect(pauleMandelTauSquared([member(1, 0.1), member(1.1, 0.1), member(0.9, 0.2)])).toBe(0);
  });

  it("a study whose share goes to 0 leaves without a jump", () => {
    const rest = [member(0, 0.1), member(1, 0.2), member(2, 0.1)];
    const without = poolRandomEffects(rest);
    const faded = poolRandomEffects([...rest, member(9, 0.1, 1e-9)]);
    expect(faded.tauSquared).toBeCloseTo(without.tauSquared, 5);
    expect(faded.lnValue).toBeCloseTo(without.lnValue, 5);
  });

  it("refuses a variance that is not positive and a pool without votes", () => {
    expect(() => pauleMandelTauSquared([member(0, 0), member(1, 1)])).toThrow(RangeError);
    expect(() => pauleMandelTauSquared([member(0, 1, 0)])).toThrow(RangeError);
  });
});

describe("random-effects pool", () => {
  it("lies between its members, with weights that sum to 1", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const pooled = poolRandomEffects(members);
        const values = members.map((m) => m.lnValue);
        expect(pooled.lnValue).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(pooled.lnValue).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(pooled.weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      }),
    );
  });

  it("moves and scales with its members: shift by s, and variance by c^2 when logs scale by c", () => {
    fc.assert(
      fc.property(anyMembers, fc.double({ min: 0.2, max: 5, noNaN: true }), (members, c) => {
        const base = poolRandomEffects(members);
        const moved = poolRandomEffects(
          members.map((m) => member(c * m.lnValue + 7, c * c * m.variance, m.share)),
        );
        expect(moved.lnValue).toBeCloseTo(c * base.lnValue + 7, 5);
        expect(moved.variance / (c * c * base.variance)).toBeCloseTo(1, 5);
      }),
    );
  });

  it("uses the between-study variance it is given", () => {
    expect(poolRandomEffects([member(0, 1), member(0, 1)], 0.7).tauSquared).toBe(0.7);
  });
});
