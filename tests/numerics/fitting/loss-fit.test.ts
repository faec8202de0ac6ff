import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpreadValue } from "../../../api/numerics/fitting/loss-bootstrap.ts";
import { type FittedLoss, fitLoss, type LossForm } from "../../../api/numerics/fitting/loss-fit.ts";
import type { LossRun } from "../../../api/numerics/fitting/loss-form.ts";
import { twoSidedStudentQuantile } from "../../../api/numerics/quantiles.ts";
import {
  type Design,
  SIZES_AND_TOKENS,
  simulateRuns,
  TRUTH,
  trueBCritTokens,
  WITH_BATCHES,
} from "./simulated-runs.ts";

function identified(runs: readonly LossRun[], form: LossForm): FittedLoss {
  const fit = fitLoss(runs, form);
  if (fit.status !== "identified") throw new Error(JSON.stringify(fit));
  return fit;
}

function needs(runs: readonly LossRun[], form: LossForm): readonly string[] {
  const fit = fitLoss(runs, form);
  return fit.status === "identified" ? [] : fit.needed.map(({ code }) => code);
}

/** Every constant of a fit with its true value. */
function truths(fit: FittedLoss): Record<string, readonly [SpreadValue, number]> {
  const { criticalBatch } = fit;
  return {
    irreducible: [fit.lnIrreducibleLossNats, Math.log(TRUTH.irreducibleLossNats)],
    paramCoefficient: [fit.lnParamCoefficient, Math.log(TRUTH.paramCoefficient)],
    dataCoefficient: [fit.lnDataCoefficient, Math.log(TRUTH.dataCoefficient)],
    paramExponent: [fit.lnParamExponent, Math.log(TRUTH.paramExponent)],
    dataExponent: [fit.lnDataExponent, Math.log(TRUTH.dataExponent)],
    ...(criticalBatch === undefined
      ? {}
      : {
          bCrit: [
            criticalBatch.lnBCritTokens,
            Math.log(trueBCritTokens(criticalBatch.trainingTokens)),
          ],
          bCritExponent: [criticalBatch.bCritExponent, TRUTH.bCritExponent],
        }),
  };
}

/** How many fits hold the true value of each constant in their interval. */
function coverage(fits: readonly FittedLoss[], level: number): Record<string, number> {
  const hits: Record<string, number> = {};
  for (const fit of fits) {
    const t = twoSidedStudentQuantile(level, fit.degreesOfFreedom);
    for (const [name, [{ value, sdBelow, sdAbove }, truth]] of Object.entries(truths(fit))) {
      const isIn = truth >= value - t * sdBelow && truth <= value + t * sdAbove;
      hits[name] = (hits[name] ?? 0) + Number(isIn);
    }
  }
  return hits;
}

const DOZEN: Design = {
  params: [5e7, 2e8, 8e8, 3e9],
  tokens: [1e9, 8e9, 6e10],
  sdLog: 0.002,
};
const THREE_CUBED: Design = {
  params: [5e7, 3e8, 2e9],
  tokens: [1e9, 8e9, 6e10],
  batches: [2e5, 2e6, 2e7],
  sdLog: 0.002,
};

describe("a fit of simulated runs", () => {
  it("recovers every constant to six digits when losses have no noise", () => {
    for (const [design, form] of [
      [SIZES_AND_TOKENS, "n-d"],
      [WITH_BATCHES, "n-d-b"],
    ] as const) {
      const fit = identified(simulateRuns({ ...design, sdLog: 0 }, 1), form);
      for (const [name, [{ value }, truth]] of Object.entries(truths(fit))) {
        expect(value, `${form} ${name}`).toBeCloseTo(truth, 6);
      }
    }
  });

  it.each([
    ["12 runs of N and D", DOZEN, "n-d"],
    ["20 runs of N and D", SIZES_AND_TOKENS, "n-d"],
    ["27 runs of N, D and B", THREE_CUBED, "n-d-b"],
    ["80 runs of N, D and B", WITH_BATCHES, "n-d-b"],
  ] as const)("covers the constants of %s at 80 and 95 %", (_name, design, form) => {
    const worlds = 60;
    const fits = Array.from({ length: worlds }, (_, seed) =>
      identified(simulateRuns(design, seed + 1), form),
    );
    for (const level of [0.8, 0.95]) {
      // Three binomial standard deviations below the level.
      const fewest = worlds * level - 3 * Math.sqrt(worlds * level * (1 - level));
      for (const [name, count] of Object.entries(coverage(fits, level))) {
        expect(count, `${name} at ${level}`).toBeGreaterThanOrEqual(fewest);
      }
    }
  });

  it("gives the same numbers again", () => {
    const runs = simulateRuns(WITH_BATCHES, 4);
    expect(JSON.stringify(fitLoss(runs, "n-d-b"))).toBe(JSON.stringify(fitLoss(runs, "n-d-b")));
  });

  it("hardly moves when one loss in ten is far off", () => {
    const runs = simulateRuns(SIZES_AND_TOKENS, 2);
    const spoilt = runs.map((run, i) =>
      i % 10 === 3 ? { ...run, lossNats: 1.2 * run.lossNats } : run,
    );
    const [clean, robust] = [identified(runs, "n-d"), identified(spoilt, "n-d")];
    const { value, sdBelow, sdAbove } = clean.lnDataExponent;
    const moved = robust.lnDataExponent.value - value;
    expect(Math.abs(moved)).toBeLessThan(3 * Math.max(sdBelow, sdAbove));
  });

  it("takes the published exponent of the critical batch where the runs do not tell it", () => {
    const runs = simulateRuns({ ...THREE_CUBED, tokens: [6e9, 1.2e10, 2.4e10], sdLog: 0.012 }, 1);
    const { criticalBatch } = identified(runs, "n-d-b");
    expect(criticalBatch?.exponentFrom).toBe("law");
    expect(criticalBatch?.bCritExponent.value).toBe(0.462);
  });
});

describe("a change of units", () => {
  it("of parameters or of tokens moves coefficients alone", () => {
    const seed = 20261102;
    const runs = simulateRuns(SIZES_AND_TOKENS, 5);
    const plain = identified(runs, "n-d");
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (power) => {
        const unit = 10 ** power;
        const other = identified(
          runs.map((run) => ({ ...run, params: run.params * unit })),
          "n-d",
        );
        expect(other.lnDataExponent.value).toBeCloseTo(plain.lnDataExponent.value, 5);
        expect(other.lnIrreducibleLossNats.value).toBeCloseTo(plain.lnIrreducibleLossNats.value, 5);
        const alpha = Math.exp(plain.lnParamExponent.value);
        const moved = other.lnParamCoefficient.value - plain.lnParamCoefficient.value;
        expect(moved).toBeCloseTo(alpha * Math.log(unit), 3);
      }),
      { seed, numRuns: 20 },
    );
  });
});

describe("runs that cannot tell the constants", () => {
  const grid = simulateRuns(SIZES_AND_TOKENS, 3);
  const sweep = simulateRuns(WITH_BATCHES, 3);

  it.each([
    ["seven runs", simulateRuns(SIZES_AND_TOKENS, 3).slice(0, 7), "n-d", "more-runs"],
    ["one size", grid.map((run) => ({ ...run, params: 1e9 })), "n-d", "more-sizes"],
    [
      "two sizes",
      simulateRuns({ ...SIZES_AND_TOKENS, params: [1e8, 1e9] }, 1),
      "n-d",
      "more-sizes",
    ],
    [
      "token counts within a factor of two",
      simulateRuns({ ...SIZES_AND_TOKENS, tokens: [1e10, 1.5e10, 2e10] }, 1),
      "n-d",
      "more-token-counts",
    ],
    [
      "twenty tokens a parameter throughout",
      [1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9].flatMap((params) =>
        simulateRuns({ params: [params], tokens: [20 * params], sdLog: 0.002 }, params % 97),
      ),
      "n-d",
      "sizes-apart-from-tokens",
    ],
    ["no batches", grid, "n-d-b", "batches-of-all-runs"],
    ["one batch", sweep.map((run) => ({ ...run, batchTokens: 1e6 })), "n-d-b", "more-batches"],
    [
      "batches that follow the tokens",
      sweep.map((run) => ({ ...run, batchTokens: Math.sqrt(run.trainingTokens) })),
      "n-d-b",
      "batches-apart-from-tokens",
    ],
    [
      "noise that hides the parameters",
      simulateRuns({ ...DOZEN, params: [1e9, 2e9, 4e9], sdLog: 0.05 }, 3),
      "n-d",
      "wider-sizes",
    ],
    [
      "noise that hides the tokens",
      simulateRuns({ ...DOZEN, tokens: [1e11, 2e11, 4e11], sdLog: 0.05 }, 4),
      "n-d",
      "wider-tokens",
    ],
    [
      "batches far below the critical one",
      simulateRuns({ ...WITH_BATCHES, batches: [10, 100, 1000] }, 1),
      "n-d-b",
      "larger-batches",
    ],
    [
      "losses far from the irreducible one",
      simulateRuns({ params: [1e3, 3e3, 1e4, 3e4], tokens: [1e4, 3e4, 1e5, 3e5], sdLog: 0.03 }, 1),
      "n-d",
      "lower-losses",
    ],
  ] as const)(
    "such as %s are not identified, and the answer says what is missing",
    (_name, runs, form, code) => {
      expect(needs(runs, form)).toContain(code);
    },
  );
});

describe("any runs at all", () => {
  it("are answered, with finite numbers", () => {
    const positive = (lower: number, upper: number) =>
      fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);
    const run = fc.record({
      params: positive(1e3, 1e15),
      trainingTokens: positive(1e3, 1e17),
      batchTokens: positive(1, 1e12),
      lossNats: positive(1e-6, 1e3),
    });
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 1, maxLength: 25 }),
        fc.constantFrom<LossForm>("n-d", "n-d-b"),
        (runs, form) => {
          const fit = fitLoss(runs, form);
          if (fit.status === "not-identified") {
            expect(fit.needed.length).toBeGreaterThan(0);
            return;
          }
          const numbers = Object.values(truths(fit)).flatMap(([spread]) => Object.values(spread));
          for (const number of [...numbers, ...fit.covariance.flat(), fit.sdLog]) {
            expect(Number.isFinite(number)).toBe(true);
          }
        },
      ),
      { seed: 20261103, numRuns: 150 },
    );
  });
});
