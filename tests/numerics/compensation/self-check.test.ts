import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchPenaltyNats,
  breakEvenBatchTokens,
  type PricedRun,
  paramsToRestoreLoss,
  tokensToRestoreLoss,
  wallBatchTokens,
} from "../../../api/numerics/compensation/batch-price.ts";
import type { CriticalBatchForm } from "../../../api/numerics/compensation/effective-tokens.ts";
import {
  elasticityRatio,
  lossTerms,
  termRatio,
} from "../../../api/numerics/compensation/loss-terms.ts";
import {
  paramsRatioForLostData,
  wallForLostData,
} from "../../../api/numerics/compensation/params-ratio.ts";
import { serialBudget } from "../../../api/numerics/compensation/serial-budget.ts";
import { lossLawNamed, POWER_LINES } from "./fixtures.ts";

const FORMS = ["explicit", "implicit"] as const;
const SEED = { seed: 20241123, numRuns: 300 };

/** Root of a function that changes sign once, by plain bisection of ln x. */
function bisect(lower: number, upper: number, isAbove: (x: number) => boolean): number {
  let low = Math.log(lower);
  let high = Math.log(upper);
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (isAbove(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp((low + high) / 2);
}

const bCritAt = (tokens: number): number =>
  POWER_LINES.coefficient * tokens ** POWER_LINES.exponent;

/** D_eff straight from its definition. `planned` is the D that fixes the explicit critical batch. */
function worth(D: number, B: number, form: CriticalBatchForm, planned: number): number {
  if (form === "explicit") return D / (1 + B / bCritAt(planned));
  return bisect(D * 1e-12, D, (y) => y * (1 + B / bCritAt(y)) > D);
}

function lossAt(run: PricedRun, N: number, D: number, B: number): number {
  const y = worth(D, B, run.form, run.tokens);
  const { law } = run;
  return (
    law.irreducibleLossNats +
    law.paramCoefficient / N ** law.paramExponent +
    law.dataCoefficient / y ** law.dataExponent
  );
}

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

const runs = fc.record({
  lossLaw: fc.constantFrom("besiroglu2024", "hoffmann2022-approach3"),
  logParams: fc.double({ min: Math.log(1e8), max: Math.log(1e11), noNaN: true }),
  logTokensPerParam: fc.double({ min: Math.log(3), max: Math.log(2000), noNaN: true }),
  logBatch: fc.double({ min: Math.log(1e5), max: Math.log(3e7), noNaN: true }),
  baselineOverBatch: fc.constantFrom(0, 0.05, 0.5),
  form: fc.constantFrom(...FORMS),
});

interface Case {
  readonly run: PricedRun;
  readonly batch: number;
}

function caseOf(of: typeof runs extends fc.Arbitrary<infer T> ? T : never): Case {
  const params = Math.exp(of.logParams);
  const batch = Math.exp(of.logBatch);
  return {
    run: {
      law: lossLawNamed(of.lossLaw),
      params,
      tokens: params * Math.exp(of.logTokensPerParam),
      bCrit: POWER_LINES,
      form: of.form,
      baselineBatchTokens: of.baselineOverBatch * batch,
    },
    batch,
  };
}

describe.each(FORMS)("closed forms against solving the loss law, %s critical batch", (form) => {
  const cases = runs.filter((of) => of.form === form).map(caseOf);

  it("the penalty is the loss at the batch minus the loss at the baseline, to 1e-9 of the loss", () => {
    fc.assert(
      fc.property(cases, ({ run, batch }) => {
        const target = lossAt(run, run.params, run.tokens, run.baselineBatchTokens);
        const difference = lossAt(run, run.params, run.tokens, batch) - target;
        expect(Math.abs(batchPenaltyNats(run, batch) - difference) / target).toBeLessThan(1e-9);
      }),
      SEED,
    );
  });

  it("the parameters are those that bisection of the loss finds, to 1e-9", () => {
    let solved = 0;
    fc.assert(
      fc.property(cases, ({ run, batch }) => {
        const answer = paramsToRestoreLoss(run, batch);
        // Beyond 1e4 a relative error of 1e-16 in the loss is more than 1e-9 in N.
        fc.pre(answer.status === "ok" && answer.paramsRatio < 1e4);
        if (answer.status !== "ok") return;
        const target = lossAt(run, run.params, run.tokens, run.baselineBatchTokens);
        const found = bisect(run.params / 2, run.params * 1e5, (N) => {
          return lossAt(run, N, run.tokens, batch) < target;
        });
        solved++;
        expect(relative(answer.paramsRatio, found / run.params)).toBeLessThan(1e-9);
      }),
      SEED,
    );
    expect(solved).toBeGreaterThan(200);
  });

  it("the tokens are those that bisection of the loss finds, to 1e-9", () => {
    fc.assert(
      fc.property(cases, ({ run, batch }) => {
        const target = lossAt(run, run.params, run.tokens, run.baselineBatchTokens);
        const found = bisect(run.tokens / 2, run.tokens * 1e5, (D) => {
          return lossAt(run, run.params, D, batch) < target;
        });
        expect(relative(tokensToRestoreLoss(run, batch), found / run.tokens)).toBeLessThan(1e-9);
      }),
      SEED,
    );
  });

  it("at the wall infinitely many parameters just restore the loss, to 1e-9", () => {
    fc.assert(
      fc.property(cases, ({ run }) => {
        const target = lossAt(run, run.params, run.tokens, run.baselineBatchTokens);
        const atWall = lossAt(run, Number.MAX_VALUE, run.tokens, wallBatchTokens(run));
        expect(relative(atWall, target)).toBeLessThan(1e-9);
      }),
      SEED,
    );
  });

  it("below the wall the parameters are finite, above it they are not", () => {
    fc.assert(
      fc.property(cases, ({ run }) => {
        const wall = wallBatchTokens(run);
        expect(paramsToRestoreLoss(run, wall * 0.999).status).toBe("ok");
        expect(paramsToRestoreLoss(run, wall * 1.001).status).toBe("beyond-wall");
      }),
      SEED,
    );
  });

  it("at the break-even batch both routes cost the same, below it parameters cost less", () => {
    let found = 0;
    fc.assert(
      fc.property(cases, ({ run }) => {
        const breakEven = breakEvenBatchTokens(run);
        fc.pre(breakEven > run.baselineBatchTokens * 1.01);
        const at = paramsToRestoreLoss(run, breakEven);
        if (at.status !== "ok") throw new Error("the break-even lies below the wall");
        found++;
        expect(relative(at.paramsRatio, tokensToRestoreLoss(run, breakEven))).toBeLessThan(1e-9);
        const middle = (run.baselineBatchTokens + breakEven) / 2;
        const below = paramsToRestoreLoss(run, middle);
        expect(below.status === "ok" && below.paramsRatio).toBeLessThan(
          tokensToRestoreLoss(run, middle),
        );
      }),
      SEED,
    );
    expect(found).toBeGreaterThan(50);
  });

  it("a larger batch never costs less, in loss, parameters or tokens", () => {
    const growth = fc.double({ min: 1, max: 10, noNaN: true });
    fc.assert(
      fc.property(cases, growth, ({ run, batch }, factor) => {
        const larger = batch * factor;
        expect(batchPenaltyNats(run, larger)).toBeGreaterThanOrEqual(batchPenaltyNats(run, batch));
        expect(tokensToRestoreLoss(run, larger)).toBeGreaterThanOrEqual(
          tokensToRestoreLoss(run, batch),
        );
        const small = paramsToRestoreLoss(run, batch);
        const big = paramsToRestoreLoss(run, larger);
        if (small.status === "beyond-wall") expect(big.status).toBe("beyond-wall");
        else if (big.status === "ok") {
          expect(big.paramsRatio).toBeGreaterThanOrEqual(small.paramsRatio);
        }
      }),
      SEED,
    );
  });

  it("nothing is asked for at or below the baseline batch", () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ run }, share) => {
        const batch = run.baselineBatchTokens * share;
        expect(batchPenaltyNats(run, batch)).toBe(0);
        expect(paramsToRestoreLoss(run, batch)).toEqual({ status: "ok", paramsRatio: 1 });
        expect(tokensToRestoreLoss(run, batch)).toBeCloseTo(1, 12);
      }),
      SEED,
    );
  });

  it("a batch changed by one part in a million changes the penalty by less than two", () => {
    fc.assert(
      fc.property(cases, ({ run, batch }) => {
        const penalty = batchPenaltyNats(run, batch);
        const next = batchPenaltyNats(run, batch * (1 + 1e-6));
        const dataTerm = lossTerms(run.law, run.params, worth(run.tokens, batch, form, run.tokens));
        expect(Math.abs(next - penalty)).toBeLessThan(2e-6 * dataTerm.dataTermNats);
      }),
      SEED,
    );
  });
});

describe("the two forms together", () => {
  it("the implicit form is never cheaper, and its wall and penalty never on the better side", () => {
    fc.assert(
      fc.property(runs.map(caseOf), ({ run, batch }) => {
        const explicit = { ...run, form: "explicit" } as const;
        const implicit = { ...run, form: "implicit" } as const;
        const slack = 1 + 1e-12;
        expect(wallBatchTokens(implicit)).toBeLessThanOrEqual(wallBatchTokens(explicit) * slack);
        expect(batchPenaltyNats(implicit, batch) * slack).toBeGreaterThanOrEqual(
          batchPenaltyNats(explicit, batch),
        );
        const cheap = paramsToRestoreLoss(explicit, batch);
        const dear = paramsToRestoreLoss(implicit, batch);
        if (cheap.status === "beyond-wall") expect(dear.status).toBe("beyond-wall");
        else if (dear.status === "ok") {
          expect(dear.paramsRatio * slack).toBeGreaterThanOrEqual(cheap.paramsRatio);
        }
      }),
      SEED,
    );
  });

  it("parameters are at least (1 + x)^kappa times as many", () => {
    fc.assert(
      fc.property(
        runs.map(caseOf),
        fc.double({ min: 1e-6, max: 20, noNaN: true }),
        ({ run }, x) => {
          const terms = lossTerms(run.law, run.params, run.tokens);
          const { paramExponent: alpha, dataExponent: beta } = run.law;
          const answer = paramsRatioForLostData(termRatio(terms), alpha, beta, x);
          const bound = (1 + x) ** elasticityRatio(run.law, terms);
          if (answer.status === "ok")
            expect(answer.paramsRatio).toBeGreaterThan(bound * (1 - 1e-12));
          else
            expect(x).toBeGreaterThanOrEqual(wallForLostData(termRatio(terms), beta) * (1 - 1e-9));
        },
      ),
      SEED,
    );
  });

  it("a critical batch without an exponent makes the forms agree", () => {
    fc.assert(
      fc.property(runs.map(caseOf), ({ run, batch }) => {
        const bCrit = { coefficient: bCritAt(run.tokens), exponent: 0 };
        const explicit = batchPenaltyNats({ ...run, bCrit, form: "explicit" }, batch);
        const implicit = batchPenaltyNats({ ...run, bCrit, form: "implicit" }, batch);
        expect(Math.abs(explicit - implicit)).toBeLessThan(1e-13);
      }),
      SEED,
    );
  });
});

describe("serial budget", () => {
  it("its run reaches the loss in the steps, and no neighbour does so with less compute", () => {
    const steps = fc.double({ min: Math.log(2), max: Math.log(1e4), noNaN: true });
    fc.assert(
      fc.property(runs.map(caseOf), steps, ({ run }, logSteps) => {
        const target = lossAt(run, run.params, run.tokens, 0);
        const floor = serialBudget(run.law, POWER_LINES, target, 1e-3);
        if (floor.status !== "below-floor") throw new Error("no floor");
        const allowed = floor.minSteps * Math.exp(logSteps);
        const answer = serialBudget(run.law, POWER_LINES, target, allowed);
        if (answer.status !== "ok") throw new Error(answer.status);
        const implicit = { ...run, form: "implicit" } as const;
        const reached = lossAt(implicit, answer.params, answer.tokens, answer.batchTokens);
        expect(relative(reached, target)).toBeLessThan(1e-9);
        expect(relative(answer.tokens / answer.batchTokens, allowed)).toBeLessThan(1e-12);
        for (const factor of [0.98, 1.02]) {
          const N = answer.params * factor;
          const tokens = bisect(answer.tokens * 0.5, answer.tokens * 2, (D) => {
            return lossAt(implicit, N, D, D / allowed) < target;
          });
          expect(N * tokens).toBeGreaterThan(answer.params * answer.tokens * (1 - 1e-9));
        }
      }),
      { ...SEED, numRuns: 60 },
    );
  });
});
