import type { Compensation } from "../../../schemas/compensations/compensation.ts";
import type { Range } from "../../numerics/laws/law.ts";
import { shortNumber } from "../shared/number-text.ts";
import type { LossLawEntry, LossLawId } from "./evaluation.ts";

type Caveat = Compensation["caveats"][number];

const ALWAYS: readonly Caveat[] = [
  {
    code: "batch-retuned",
    detail:
      "Assumes that learning rate, weight decay and beta2 are tuned again at every batch. If they stay fixed, a large batch costs more.",
  },
  {
    code: "optimization-not-generalisation",
    detail:
      "This is the cost of optimization at fixed tokens. Tuned large batches were not found to generalize worse (arXiv 1811.03600).",
  },
  {
    code: "critical-batch-follows-tokens",
    detail:
      "The critical batch grows with tokens and hardly with parameters: a larger model has a lower loss but does not tolerate a larger batch.",
  },
  {
    code: "constant-batch",
    detail:
      "Assumes one batch size for the whole run and one pass over the data. For a batch ramp, price each stage.",
  },
  {
    code: "factor-two",
    detail:
      "Critical batches from different studies differ by a factor of two, and the cost rises steeply near the wall.",
  },
];

const ADDITIVE: readonly Caveat[] = [
  {
    code: "exponents-move-the-wall",
    detail:
      "For compute-optimal runs the wall lies at 5.1 to 7.7 critical batches, given the published intervals of both exponents.",
  },
  {
    code: "loss-law-decides-the-balance",
    detail:
      "Which route is cheaper depends on the loss law: at 7e9 parameters and 2e12 tokens, two published fits differ by a factor of 1.5.",
  },
];

const KAPLAN: readonly Caveat[] = [
  {
    code: "parameters-dear-under-kaplan",
    detail:
      "This law's parameter exponent of 0.077 is far below later fits, so extra parameters look expensive.",
  },
];

const OWN_FIT: readonly Caveat[] = [
  {
    code: "fitted-constants-taken-as-exact",
    detail:
      "The intervals include the uncertainty of the critical batch but not that of the fitted constants.",
  },
];

const OF_LAW: Readonly<Record<LossLawId, readonly Caveat[]>> = {
  besiroglu2024: ADDITIVE,
  "hoffmann2022-approach3": ADDITIVE,
  kaplan2020: KAPLAN,
  fit: OWN_FIT,
};

/** The run that caveats are about. */
export interface CaveatRun {
  readonly lossLaw: LossLawId;
  readonly entry: LossLawEntry;
  readonly params: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly maxSteps?: number | undefined;
  readonly uniqueTokens?: number | undefined;
}

/** What the prices rest on, and what of it does not hold for this run. */
export function priceCaveats(run: CaveatRun): Caveat[] {
  const caveats = [...ALWAYS, ...OF_LAW[run.lossLaw]];
  const outside = outsideFit(run);
  if (outside !== undefined) caveats.push({ code: "loss-law-extrapolated", detail: outside });
  const steps = run.trainingTokens / run.batchTokens;
  if (run.maxSteps !== undefined && steps > run.maxSteps) {
    caveats.push({
      code: "steps-exceeded-already",
      detail: `The run takes ${shortNumber(steps)} steps, more than the ${shortNumber(run.maxSteps)} allowed: see serialBudget.`,
    });
  }
  if (run.uniqueTokens !== undefined && run.uniqueTokens < run.trainingTokens) {
    caveats.push({
      code: "data-repeated-already",
      detail:
        "The run repeats its data. The loss laws were fitted on single passes, and extra parameters overfit repeated data.",
    });
  }
  return caveats;
}

function outsideFit(run: CaveatRun): string | undefined {
  const { fittedParams, fittedTokens, name } = run.entry;
  const isOutside = (x: number, box: Range | undefined): boolean =>
    box !== undefined && (x < box.lower || x > box.upper);
  const names: string[] = [];
  if (isOutside(run.params, fittedParams)) names.push("parameters");
  if (isOutside(run.trainingTokens, fittedTokens)) names.push("tokens");
  if (names.length === 0) return undefined;
  return `The run is outside the fitted range of ${name} in ${names.join(" and ")}.`;
}
