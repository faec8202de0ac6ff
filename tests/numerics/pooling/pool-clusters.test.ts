import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClusteredMember,
  poolClusters,
  tauSquaredBetweenClusters,
} from "../../../api/numerics/pooling/pool-clusters.ts";
import { poolRandomEffects } from "../../../api/numerics/pooling/random-effects.ts";

const member = (
  cluster: string,
  lnValue: number,
  variance: number,
  share = 1,
): ClusteredMember => ({ cluster, lnValue, variance, share });

const anyMembers = fc.array(
  fc.record({
    cluster: fc.constantFrom("a", "b", "c", "d"),
    lnValue: fc.double({ min: -5, max: 5, noNaN: true }),
    variance: fc.double({ min: 0.01, max: 2, noNaN: true }),
    share: fc.double({ min: 0.01, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 9 },
);

describe("a pool of clusters", () => {
  it("is the plain random-effects pool where each cluster has one member", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const apart = members.map((one, i) => ({ ...one, cluster: `${i}` }));
        const [clustered, plain] = [poolClusters(apart), poolRandomEffects(members)];
        expect({ ...clustered, weights: [] }).toEqual({ ...plain, weights: [] });
        for (const [i, weight] of clustered.weights.entries()) {
          expect(weight).toBeCloseTo(plain.weights[i] ?? Number.NaN, 12);
        }
      }),
      { seed: 1 },
    );
  });

  it("does not change when a study is listed twice", () => {
    const once = [member("a", 0, 0.1), member("b", 2, 0.2), member("c", 1, 0.3)];
    const twice = [...once, member("b", 2, 0.2)];
    const [single, double] = [poolClusters(once), poolClusters(twice)];
    expect(double.lnValue).toBeCloseTo(single.lnValue, 12);
    expect(double.variance).toBeCloseTo(single.variance, 12);
    expect(double.votes).toBe(single.votes);
    expect(double.weights[1]).toBeCloseTo((single.weights[1] ?? 0) / 2, 12);
  });

  it("counts the votes of clusters, not of members", () => {
    expect(poolClusters([member("a", 0, 1), member("a", 1, 1), member("b", 0, 1)]).votes).toBe(2);
    expect(poolClusters([member("a", 0, 1, 0.2), member("a", 1, 1, 0.7)]).votes).toBeCloseTo(
      0.7,
      12,
    );
  });

  it("is less certain where the members of a cluster differ: their spread is added to it", () => {
    const agreed = poolClusters([member("a", 1, 0.1), member("a", 1, 0.1)]);
    const apart = poolClusters([member("a", 0, 0.1), member("a", 2, 0.1)]);
    expect(apart.lnValue).toBeCloseTo(agreed.lnValue, 12);
    expect(agreed.variance).toBeCloseTo(0.1, 12);
    expect(apart.variance).toBeCloseTo(0.1 + 1, 12);
  });

  it("has weights of the members that are in order, positive and sum to 1", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const { weights, lnValue } = poolClusters(members);
        expect(weights).toHaveLength(members.length);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        for (const weight of weights) expect(weight).toBeGreaterThan(0);
        const mean = weights.reduce((sum, w, i) => sum + w * (members[i]?.lnValue ?? 0), 0);
        expect(mean).toBeCloseTo(lnValue, 9);
      }),
      { seed: 2 },
    );
  });

  it("does not depend on the order of its members", () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const [forth, back] = [poolClusters(members), poolClusters([...members].reverse())];
        expect(back.lnValue).toBeCloseTo(forth.lnValue, 6);
        expect(back.variance).toBeCloseTo(forth.variance, 6);
      }),
      { seed: 3 },
    );
  });

  it("loses a member whose share goes to 0 without a jump", () => {
    const rest = [member("a", 0, 0.1), member("a", 1, 0.1), member("b", 1, 0.2)];
    const faded = poolClusters([...rest, member("a", 9, 0.1, 1e-12), member("c", -9, 0.1, 1e-12)]);
    const without = poolClusters(rest);
    expect(faded.lnValue).toBeCloseTo(without.lnValue, 6);
    expect(faded.variance).toBeCloseTo(without.variance, 6);
  });

  it("has the variance between clusters that it says it has, or the least it was told", () => {
    fc.assert(
      fc.property(anyMembers, fc.double({ min: 0, max: 9, noNaN: true }), (members, atLeast) => {
        const { tauSquared } = poolClusters(members);
        expect(tauSquaredBetweenClusters(members)).toBe(tauSquared);
        expect(tauSquaredBetweenClusters(members, atLeast)).toBeCloseTo(
          Math.max(tauSquared, atLeast),
          9,
        );
      }),
      { seed: 4 },
    );
  });

  it("takes a between-cluster variance that is given as it is", () => {
    const members = [member("a", 0, 0.1), member("b", 3, 0.1)];
    expect(poolClusters(members, 0.25).tauSquared).toBe(0.25);
    expect(poolClusters(members, 0.25).variance).toBeLessThan(poolClusters(members).variance);
    expect(() => poolClusters(members, -1)).toThrow(RangeError);
  });

  it("refuses an empty pool and a variance that is not positive", () => {
    expect(() => poolClusters([])).toThrow(RangeError);
    expect(() => poolClusters([member("a", 0, 0)])).toThrow(RangeError);
    expect(() => poolClusters([member("a", 0, 0), member("a", 1, 1)])).toThrow(RangeError);
  });
});
