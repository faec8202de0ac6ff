import { describe, expect, it } from "vitest";
import type { EstimatedPair } from "../../../api/numerics/noise/fieller.ts";
import { fiellerSet } from "../../../api/numerics/noise/fieller.ts";
import { resolveRatio } from "../../../api/numerics/noise/resolve-ratio.ts";
import { twoSidedStudentQuantile } from "../../../api/numerics/quantiles.ts";

/** |G|^2 so many standard errors above 0, tr(Sigma) known to 1 %. */
function gradientAt(standardErrors: number): EstimatedPair {
  const covariance = { numerator: 0.01, cross: 0, denominator: 1 / standardErrors ** 2 };
  return { numerator: 10, denominator: 1, covariance };
}

describe("a resolved noise scale", () => {
  it("is the ratio itself, on both ends, where both parts move together to the last bit", () => {
    for (const ratio of [0.007, 1 / 3, 5, 51.2, 738.9]) {
      for (const error of [1e-9, 0.01, 0.0271, 0.1]) {
        const covariance = {
          numerator: (ratio * error) ** 2,
          cross: ratio * error ** 2,
          denominator: error ** 2,
        };
        const answer = resolveRatio({ numerator: ratio, denominator: 1, covariance }, 5, 0.8);
        if (answer.status !== "resolved") throw new Error("not resolved");
        expect(answer.lower / ratio).toBeCloseTo(1, 6);
        expect(answer.upper / ratio).toBeCloseTo(1, 6);
      }
    }
  });

  it("has Fieller's lower end and an upper end between Fieller's at two levels", () => {
    for (const standardErrors of [3, 4, 6, 12, 40]) {
      for (const level of [0.5, 0.8, 0.9]) {
        const pair = gradientAt(standardErrors);
        const answer = resolveRatio(pair, 30, level);
        const plain = fiellerSet(pair, twoSidedStudentQuantile(level, 30));
        const widest = fiellerSet(pair, twoSidedStudentQuantile(1 - (1 - level) / 4, 30));
        if (answer.status !== "resolved") throw new Error("not resolved");
        if (plain.kind !== "bounded" || widest.kind !== "bounded") throw new Error("not bounded");
        expect(answer.value).toBe(10);
        expect(answer.lower).toBe(plain.lower);
        expect(answer.upper).toBeGreaterThanOrEqual(plain.upper * (1 - 1e-9));
        expect(answer.upper).toBeLessThanOrEqual(widest.upper);
      }
    }
  });

  it("is Fieller's interval when there was no doubt about resolving it", () => {
    const pair = gradientAt(40);
    const answer = resolveRatio(pair, 200, 0.8);
    const plain = fiellerSet(pair, twoSidedStudentQuantile(0.8, 200));
    if (answer.status !== "resolved" || plain.kind !== "bounded") throw new Error("not bounded");
    expect(answer.upper / plain.upper).toBeCloseTo(1, 9);
  });

  it("widens with the level", () => {
    let upper = 0;
    for (const level of [0.5, 0.8, 0.95, 0.99]) {
      const answer = resolveRatio(gradientAt(6), 60, level);
      if (answer.status !== "resolved") throw new Error("not resolved");
      expect(answer.upper).toBeGreaterThan(upper);
      upper = answer.upper;
    }
  });

  it("is a point where the measurements leave no error", () => {
    const covariance = { numerator: 0, cross: 0, denominator: 0 };
    const answer = resolveRatio({ numerator: 6, denominator: 2, covariance }, 10, 0.95);
    expect(answer).toEqual({ status: "resolved", value: 3, lower: 3, upper: 3 });
  });
});

describe("an unresolved noise scale", () => {
  it("has no value, and a lower bound that noise well above its error gives", () => {
    const answer = resolveRatio(gradientAt(1), 30, 0.95);
    expect(answer).toMatchObject({ status: "unresolved", reason: "gradient-within-noise" });
    expect("value" in answer).toBe(false);
    if (answer.status !== "unresolved") throw new Error("resolved");
    expect(answer.lowerBound).toBeGreaterThan(0);
    expect(answer.lowerBound).toBeLessThan(10);
  });

  it("keeps its lower bound when |G|^2 came out negative", () => {
    const negative = { ...gradientAt(1), denominator: -0.5 };
    const answer = resolveRatio(negative, 30, 0.95);
    if (answer.status !== "unresolved") throw new Error("resolved");
    expect(answer.lowerBound).toBeGreaterThan(0);
  });

  it("has no lower bound when |G|^2 is significantly negative, which no noise explains", () => {
    const impossible = { ...gradientAt(20), denominator: -1 };
    expect(resolveRatio(impossible, 30, 0.95)).toEqual({
      status: "unresolved",
      reason: "gradient-within-noise",
    });
  });

  it("says when it is the noise that cannot be told from 0", () => {
    const covariance = { numerator: 4, cross: 0, denominator: 1e-4 };
    const quiet = { numerator: 1, denominator: 1, covariance };
    expect(resolveRatio(quiet, 30, 0.95)).toEqual({
      status: "unresolved",
      reason: "noise-within-error",
    });
    const nothing = { numerator: 1, denominator: 0.001, covariance };
    expect(resolveRatio(nothing, 30, 0.95)).toMatchObject({ reason: "both-within-error" });
  });

  it("is refused for a level or degrees of freedom out of range", () => {
    expect(() => resolveRatio(gradientAt(5), 0, 0.8)).toThrow(RangeError);
    expect(() => resolveRatio(gradientAt(5), 10, 1)).toThrow(RangeError);
  });
});
