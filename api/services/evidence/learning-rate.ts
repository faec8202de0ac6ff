import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { brokenPowerLearningRateRatio } from "../../numerics/rules/learning-rate-rescaling.ts";
import type { LogQuantity } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";

// rms of the broken power over 157 tuned cells, in ln of the learning rate; those lie at least a factor of two apart.
const BATCH_RULE_SD_LOG = 0.17;
const WHOLE_MOVE_LOG = Math.LN2;
// Batches of the cells lie within a factor of eight of the optimum; farther out the rules differ: exponents 0.5 to 0.84.
const CELLS_REACH_LOG = Math.log(8);
const EXPONENT_SD = 0.15;
const SMALL_FINAL_RATIO = 0.1;

/**
 * Returns the peak learning rate moved from the optimal batch to the chosen one.
 *
 *   eta(B) = eta(B_opt) min(1, (B / (0.805 B_opt))^0.837);  never above eta(B_opt)
 *
 * Its variance adds that of the rule and, below the corner, that of B_opt through the slope.
 *
 * @param atOptimum - ln of the learning rate at B_opt.
 * @param bOpt - ln of B_opt with its variance.
 * @returns twice as wide in ln where the rule's own setting (Adam-like, decay to at most a tenth) does not hold.
 * @source refit of the public sweep of arXiv:2503.04715, docs/method.md, The joint surface [O]
 */
export function learningRateAtBatch(
  atOptimum: LogQuantity,
  bOpt: LogQuantity,
  batchTokens: number,
  request: RecommendationRequest,
): LogQuantity {
  const bOptTokens = Math.exp(bOpt.lnValue);
  const slope = localSlope(batchTokens / bOptTokens);
  const moved = batchMoveSdLog(bOptTokens, batchTokens);
  const variance = atOptimum.variance + moved ** 2 + slope ** 2 * bOpt.variance;
  return {
    ...atOptimum,
    lnValue: atOptimum.lnValue + Math.log(brokenPowerLearningRateRatio(batchTokens, bOptTokens)),
    variance: variance * (ruleHolds(request) ? 1 : 4),
  };
}

/**
 * Sd of ln of the learning rate that a move to another batch adds: none for none, the scatter of the rule from a factor
 * of two on, and beyond a factor of eight the disagreement about its exponent.
 */
export function batchMoveSdLog(fromBatch: number, toBatch: number): number {
  const moved = Math.abs(Math.log(toBatch / fromBatch));
  const scatter = BATCH_RULE_SD_LOG * Math.min(1, moved / WHOLE_MOVE_LOG);
  return Math.hypot(scatter, EXPONENT_SD * Math.max(0, moved - CELLS_REACH_LOG));
}

/** d ln eta / d ln B of the rule with its corner rounded, so that the interval has no jump there. */
function localSlope(batchOverOptimal: number): number {
  return 0.837 / (1 + (batchOverOptimal / 0.805) ** 4);
}

function ruleHolds(request: RecommendationRequest): boolean {
  const kind = request.optimizer?.kind ?? "adamw";
  const schedule = request.schedule?.kind ?? "cosine";
  const finalRatio = request.schedule?.finalLearningRateRatio ?? SMALL_FINAL_RATIO;
  return (
    (kind === "adamw" || kind === "adam") &&
    schedule !== "constant" &&
    finalRatio <= SMALL_FINAL_RATIO
  );
}

/** What about the learning rate does not follow from the laws' own setting. */
export function learningRateWarnings(request: RecommendationRequest): Notice[] {
  const kind = request.optimizer?.kind ?? "adamw";
  const notices: Notice[] = [];
  if (kind === "sgd" || kind === "momentum") {
    notices.push({
      code: "no-learning-rate-law",
      detail:
        `Every learning-rate law here is for Adam; none covers ${kind}. ` +
        (request.evidence?.reference?.peakLearningRate === undefined
          ? "The interval is unbounded: send a run that worked as evidence.reference."
          : "The value comes from your reference run alone, with an interval twice as wide in ln. It is moved to this batch by Adam's rules, or as the " +
            "best rates of a critical-batch probe move where one is given."),
    });
  } else if (!ruleHolds(request)) {
    notices.push({
      code: "learning-rate-rule-outside-its-setting",
      detail:
        "The laws were measured with AdamW and decay to at most a tenth of the peak, so the interval is twice as wide in ln.",
    });
  }
  return notices;
}
