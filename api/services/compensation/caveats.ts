import type { Compensation } from "../../../schemas/compensations/compensation.ts";
import type { Range } from "../../numerics/laws/law.ts";
import { shortNumber } from "../shared/number-text.ts";
import type { LossLawEntry, LossLawId } from "./evaluation.ts";

type Caveat = Compensation["caveats"][number];

const ALWAYS: readonly Caveat[] = [
  {
    code: "batch-retuned",
    detail:
      "Learning rate, weight decay and beta2 are taken as tuned again at every batch; with them held fixed a large batch costs more.",
  },
  {
    code: "optimization-not-generalisation",
    detail:
      "The price is one of optimization at fixed tokens: tuned large batches were not found to generalise worse (arXiv 1811.03600).",
  },
  {
    code: "critical-batch-follows-tokens",
    detail:
      "The critical batch grows with tokens and hardly with parameters: a larger model lowers its own loss term and bears no larger batch.",
  },
  {
    code: "constant-batch",
    detail:
      "Priced for one batch over the whole run and one pass over the data; a ramp would have to be priced stage by stage.",
  },
  {
    code: "factor-two",
    detail:
      "Critical batches of different studies differ by a factor of two, and prices grow steeply towards the wall.",
  },
];

const ADDITIVE: readonly Caveat[] = [
  {
    code: "exponents-move-the-wall",
    detail:
      "On the compute-optimal line the wall lies at 5.1 to 7.7 critical batches over the published intervals of both exponents.",
  },
  {
    code: "loss-law-decides-the-balance",
    detail:
      "Which way is cheaper hangs on the loss law: at 7e9 parameters and 2e12 tokens two published fits differ 1.5 times in the balance of parameters and tokens.",
  },
];

const KAPLAN: readonly Caveat[] = [
  {
    code: "parameters-dear-under-kaplan",
    detail:
      "This law gives parameters an exponent of 0.077, far below later fits, and so prices them high.",
  },
];

const OWN_FIT: readonly Caveat[] = [
  {
    code: "fitted-constants-taken-as-exact",
    detail:
      "The intervals hold the uncertainty of the critical batch; that of the fitted constants is not in them.",
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
      detail: `The run as asked takes ${shortNumber(steps)} steps, more than the ${shortNumber(run.maxSteps)} allowed: see serialBudget.`,
    });
  }
  if (run.uniqueTokens !== undefined && run.uniqueTokens < run.trainingTokens) {
    caveats.push({
      code: "data-repeated-already",
      detail:
        "The run repeats its data; the loss laws were fitted on single passes, and excess parameters overfit repeated data.",
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
  return `Outside the fitted range of ${name} in ${names.join(" and ")}.`;
}
