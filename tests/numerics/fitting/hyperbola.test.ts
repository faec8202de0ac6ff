import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitHyperbola } from "../../../api/numerics/fitting/hyperbola.ts";
import { bergsma2025PowerLines } from "../../../api/numerics/laws/bergsma2025-power-lines.ts";
import { evaluateQuantity } from "../../../api/numerics/laws/evaluate-law.ts";
import { cbs20FromBCrit } from "../../../api/numerics/laws/zhang2024-cbs.ts";
import { runVectors } from "../../vectors/run-vectors.ts";
import steps from "../../vectors/zhang2024-steps-to-target.json";

describe("the steps-to-target sweeps of Zhang et al.", () => {
  runVectors(steps, ({ batches, steps: counts, sequenceLengthTokens }) => {
    const fit = fitHyperbola(batches, counts);
    if (fit.status !== "ok") throw new Error(fit.status);
    const minTokens = fit.minExamples * sequenceLengthTokens;
    const bCritTokens = fit.bCrit * sequenceLengthTokens;
    const law = evaluateQuantity(bergsma2025PowerLines, "bCritTokens", {
      trainingTokens: minTokens,
    });
    if (law?.status !== "ok") throw new Error("no critical batch");
    return {
      minSteps: fit.minSteps,
      minSequences: fit.minExamples,
      bCritSequences: fit.bCrit,
      bCritTokens,
      minTokens,
      cbs20Sequences: cbs20FromBCrit(fit.bCrit, 256),
      rmsLogResidual: fit.rmsLogResidual,
      bCritLogSe: fit.bCritLogSe,
      powerLinesBCritTokens: law.value,
      powerLinesRatio: law.value / bCritTokens,
    };
  });
});

const decades = (lower: number, upper: number) =>
  fc.double({ min: lower, max: upper, noNaN: true }).map((x) => 10 ** x);

describe("fitHyperbola", () => {
  it("recovers an exact hyperbola whatever its scale", () => {
    fc.assert(
      fc.property(decades(1, 5), decades(0, 6), (minSteps, bCrit) => {
        const batches = [1 / 64, 1 / 8, 1, 8].map((ratio) => bCrit * ratio);
        const fit = fitHyperbola(
          batches,
          batches.map((B) => minSteps * (1 + bCrit / B)),
        );
        expect(fit.status).toBe("ok");
        if (fit.status !== "ok") return;
        expect(fit.bCrit / bCrit).toBeCloseTo(1, 8);
        expect(fit.minSteps / minSteps).toBeCloseTo(1, 8);
        expect(fit.bCritLogSe).toBeLessThan(1e-6);
      }),
      { seed: 50 },
    );
  });

  it("does not depend on the order of the batches", () => {
    const { batches, steps: counts } = steps.rows[0]!.inputs;
    const forward = fitHyperbola(batches, counts);
    const backward = fitHyperbola([...batches].reverse(), [...counts].reverse());
    if (forward.status !== "ok" || backward.status !== "ok") throw new Error("no fit");
    expect(backward.bCrit / forward.bCrit).toBeCloseTo(1, 9);
  });

  it("says what is missing below three batches, or with one batch repeated", () => {
    expect(fitHyperbola([1, 2], [10, 6])).toEqual({
      status: "insufficient-measurements",
      neededPoints: 3,
    });
    expect(fitHyperbola([4, 4, 4], [10, 11, 12]).status).toBe("insufficient-measurements");
  });

  it("does not resolve a sweep on one side of the knee", () => {
    const batches = [1, 4, 16, 64];
    expect(
      fitHyperbola(
        batches,
        batches.map((B) => 1e6 / B),
      ).status,
    ).toBe("unresolved");
    expect(
      fitHyperbola(
        batches,
        batches.map(() => 500),
      ).status,
    ).toBe("unresolved");
  });

  it("gives no jackknife error from three batches", () => {
    const fit = fitHyperbola([250, 1000, 4000], [5000, 2000, 1250]);
    expect(fit).toMatchObject({ status: "ok", bCritLogSe: null });
  });

  it("refuses lists of different length and numbers not above 0", () => {
    expect(() => fitHyperbola([1, 2, 3], [1, 2])).toThrow(RangeError);
    expect(() => fitHyperbola([1, 2, 3], [1, 2, 0])).toThrow(/steps\[2\]/);
  });
});
