import type { Compensation } from "../../../schemas/compensations/compensation.ts";
import { growModel } from "../../numerics/compensation/grown-model.ts";
import { priceTarget } from "../../numerics/compensation/price-forms.ts";
import { type SerialBudget, serialBudget } from "../../numerics/compensation/serial-budget.ts";
import { shortNumber } from "../shared/number-text.ts";
import type { PriceEvaluation } from "./evaluation.ts";
import { type Span, spanEstimate } from "./spans.ts";
import type { ModelToGrow } from "./ways.ts";

type SerialBudgetAnswer = NonNullable<Compensation["serialBudget"]>;

/**
 * The cheapest run that restores the loss within a number of steps, with its interval over that of the critical
 * batch: a smaller critical batch needs more of everything.
 *
 * @source docs/method.md, serial budget
 */
export function priceSerialBudget(
  price: PriceEvaluation,
  model: ModelToGrow,
  maxSteps: number,
  level: number,
): SerialBudgetAnswer {
  const { value, lower, upper } = price.bCrit;
  const centre = budgetAt(price, value, maxSteps);
  const best = upper === null ? undefined : budgetAt(price, upper, maxSteps);
  const worst = lower === null ? undefined : budgetAt(price, lower, maxSteps);
  const floor = spanEstimate(
    {
      value: centre.minSteps,
      lower: best === undefined ? 0 : best.minSteps,
      upper: worst === undefined ? null : worst.minSteps,
    },
    level,
  );
  if (centre.status === "below-floor") {
    return {
      status: "below-floor",
      maxSteps,
      minSteps: floor,
      reason: `Even with an unlimited batch and model, this loss needs ${shortNumber(centre.minSteps)} steps.`,
      needed: [
        { code: "more-steps", detail: `More than ${shortNumber(centre.minSteps)} steps.` },
        { code: "higher-loss", detail: "A higher target loss." },
      ],
    };
  }
  const estimate = (of: (run: Run) => number) => {
    const ends: Span = { value: of(centre), lower: endOf(best, of), upper: endOf(worst, of) };
    return spanEstimate(ends, level);
  };
  const { params, tokens } = price.question;
  const sizes = (run: Run) => growModel(model.sizes, run.params / params, model.paramsCounted);
  return {
    status: "ok",
    maxSteps,
    minSteps: floor,
    nonEmbeddingParams: estimate((run) => sizes(run).nonEmbeddingParams),
    totalParams: estimate((run) => sizes(run).totalParams),
    trainingTokens: estimate((run) => run.tokens),
    batchTokens: estimate((run) => run.batchTokens),
    flopsRatio: estimate((run) => (run.params / params) * (run.tokens / tokens)),
  };
}

type Run = Extract<SerialBudget, { status: "ok" }>;
type Reachable = Exclude<SerialBudget, { status: "unreachable-loss" }>;

function endOf(budget: Reachable | undefined, of: (run: Run) => number): number | null {
  return budget?.status === "ok" ? of(budget) : null;
}

function budgetAt(price: PriceEvaluation, bCritTokens: number, maxSteps: number): Reachable {
  const { constants, bCrit, lossNats } = priceTarget(price.question, bCritTokens);
  const budget = serialBudget(constants, bCrit, lossNats, maxSteps);
  // The target is the loss of a run of this law, so it lies above the irreducible loss.
  if (budget.status === "unreachable-loss") throw new RangeError("a loss of the law itself");
  return budget;
}
