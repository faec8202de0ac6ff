import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../../api/numerics/quantiles.ts";
import { joinNoiseScale, noiseScaleVote } from "../../../api/services/evidence/noise-scale.ts";
import { halfWidthLog, type LogQuantity } from "../../../api/services/shared/estimates.ts";
import { logUniform } from "../recommend/requests.ts";

const scale = (value: number, spread: number, level = 0.8) => ({
  bSimple: {
    value,
    interval: { lower: value / spread, upper: value * spread, level },
    basis: "measured" as const,
  },
  unit: "tokens" as const,
});

const laws: LogQuantity = { lnValue: 15, variance: 0.3, degreesOfFreedom: 4, basis: "law" };

describe("the vote of a noise scale", () => {
  it("has the sd of its own interval and of the prior in quadrature", () => {
    const spread = 1.5;
    const own = Math.log(spread) / normalQuantile(0.9);
    const vote = noiseScaleVote(scale(1e6, spread), 1, false);
    // docs/method.md, measured evidence: sd 2.0 of ln rho at an unknown moment, 0.7 more for Adam.
    expect(vote?.variance).toBeCloseTo(own ** 2 + 2 ** 2, 9);
    expect(noiseScaleVote(scale(1e6, spread), 1, true)?.variance).toBeCloseTo(
      own ** 2 + 2 ** 2 + 0.7 ** 2,
      9,
    );
  });

  it("says the same whichever level its interval is stated at", () => {
    const wide = Math.exp((Math.log(1.5) * normalQuantile(0.975)) / normalQuantile(0.9));
    const at80 = noiseScaleVote(scale(1e6, 1.5, 0.8), 1, false);
    const at95 = noiseScaleVote(scale(1e6, wide, 0.95), 1, false);
    expect(at95?.variance).toBeCloseTo(at80?.variance ?? Number.NaN, 9);
  });

  it("lies at the scale itself, in the unit asked for, and at half of it after the last half of a tuned run", () => {
    expect(noiseScaleVote(scale(1000, 1.5), 2048, true)?.lnValue).toBeCloseTo(
      Math.log(1000 * 2048),
      12,
    );
    const half = noiseScaleVote(
      { ...scale(1000, 1.5), measuredOver: "last-half-of-tuned-run" },
      1,
      true,
    );
    expect(half?.lnValue).toBeCloseTo(Math.log(1000) - 0.7, 12);
    expect(half?.variance).toBeLessThan(noiseScaleVote(scale(1000, 1.5), 1, true)?.variance ?? 0);
  });
});

describe("laws and noise scale together", () => {
  it("lie between the two and never have less than half the width of the laws", () => {
    fc.assert(
      fc.property(logUniform(1e-3, 1e21), logUniform(1.01, 100), (value, spread) => {
        for (const weighting of ["none", "hessian"] as const) {
          const vote = noiseScaleVote(
            { ...scale(value, spread), measuredOver: "late", weighting },
            1,
            false,
          );
          if (vote === undefined) throw new Error("no vote");
          const { joined, lawShare } = joinNoiseScale(laws, vote, 0.8);
          expect(joined.lnValue).toBeCloseTo(
            lawShare * laws.lnValue + (1 - lawShare) * vote.lnValue,
            9,
          );
          for (const level of [0.5, 0.8, 0.95, 0.99]) {
            const width = halfWidthLog(joinNoiseScale(laws, vote, level).joined, level);
            expect(width / halfWidthLog(laws, level)).toBeGreaterThan(0.5 - 1e-12);
          }
        }
      }),
      { seed: 64 },
    );
  });

  it("that disagree are less certain than the laws alone", () => {
    const vote = noiseScaleVote(
      { ...scale(Math.exp(22), 1.1), measuredOver: "late", weighting: "hessian" },
      1,
      false,
    );
    if (vote === undefined) throw new Error("no vote");
    const { joined } = joinNoiseScale(laws, vote, 0.8);
    expect(halfWidthLog(joined, 0.8)).toBeGreaterThan(halfWidthLog(laws, 0.8));
  });

  it("keep the tails of the few laws only as far as the laws still count", () => {
    const even = joinNoiseScale(laws, { lnNoiseScale: 15, lnValue: 15, variance: 0.3 }, 0.8);
    // Satterthwaite for two equal variances, one of 4 and one of infinitely many degrees: (2)^2 / (1 / 4) = 16.
    expect(even.joined.degreesOfFreedom).toBeCloseTo(16, 12);
    const vague = joinNoiseScale(laws, { lnNoiseScale: 15, lnValue: 15, variance: 1e9 }, 0.8);
    expect(vague.joined.degreesOfFreedom).toBeCloseTo(laws.degreesOfFreedom, 6);
    expect(halfWidthLog(vague.joined, 0.8)).toBeCloseTo(halfWidthLog(laws, 0.8), 6);
  });
});
