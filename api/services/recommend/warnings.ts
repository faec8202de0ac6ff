import type { Notice } from "../shared/notices.ts";

/** What of a decided plan lies outside what anybody measured. */
export interface PlanReach {
  /** The objective's batch, before constraints. */
  readonly wantedBatchTokens: number;
  readonly batchTokens: number;
  readonly batchGiven: boolean;
  readonly trainingTokens: number;
  readonly uniqueTokens?: number | undefined;
  readonly tokensSeen?: number | undefined;
  /** Distance to the runs behind the leading law, in ln. */
  readonly extrapolationLog: number;
}

// A factor of ten in one input, or less in several: the intervals grow, and the answer says why.
const FAR_LOG = Math.log(10);
const FEW_STEPS = 500;
const FORCED_FACTOR = 2;
// Repeats up to about four cost little (arXiv:2305.16264).
const MOST_EPOCHS = 4;

/** Returns a warning for each way in which a plan leaves the ground that the laws stand on. */
export function planWarnings(plan: PlanReach): Notice[] {
  return [...reachWarnings(plan), ...batchWarnings(plan), ...dataWarnings(plan)];
}

function reachWarnings({ extrapolationLog }: PlanReach): Notice[] {
  if (extrapolationLog <= FAR_LOG) return [];
  const factor = Math.exp(extrapolationLog).toPrecision(2);
  return [
    {
      code: "far-outside-measured-runs",
      detail:
        `The run is a factor of ${Number(factor)} outside the measured runs behind most of this answer, so ` +
        "its intervals are wider. A measured noise scale or a run that worked would narrow them.",
    },
  ];
}

function batchWarnings(plan: PlanReach): Notice[] {
  const notices: Notice[] = [];
  const forced = plan.batchTokens / plan.wantedBatchTokens;
  if (!plan.batchGiven && Math.max(forced, 1 / forced) > FORCED_FACTOR) {
    notices.push({
      code: "batch-forced-by-constraints",
      detail:
        `Constraints, sequence length or devices make the batch ${forced.toPrecision(2)} times what the objective ` +
        "asks for.",
    });
  }
  if (plan.trainingTokens / plan.batchTokens < FEW_STEPS) {
    notices.push({
      code: "few-steps",
      detail: `The run has fewer than ${FEW_STEPS} steps, far fewer than any run behind these laws.`,
    });
  }
  return notices;
}

function dataWarnings({ trainingTokens, uniqueTokens, tokensSeen }: PlanReach): Notice[] {
  const notices: Notice[] = [];
  if (uniqueTokens !== undefined && trainingTokens > MOST_EPOCHS * uniqueTokens) {
    notices.push({
      code: "tokens-repeated",
      detail:
        `Every token is seen more than ${MOST_EPOCHS} times. Losses here assume tokens seen once, so the real loss ` +
        "is higher.",
    });
  }
  if (tokensSeen !== undefined && tokensSeen > trainingTokens) {
    notices.push({
      code: "tokens-seen-beyond-run",
      detail: "current.tokensSeen exceeds data.trainingTokens: the run is already over.",
    });
  }
  return notices;
}
