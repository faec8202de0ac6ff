import type { Estimate } from "../../schemas/common.ts";
import type { Yours } from "../../schemas/recommendation-parts.ts";
import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";
import type { LogQuantity } from "./estimates.ts";
import { type PricedSetting, priceOfBatch, priceOfLearningRate } from "./price-setting.ts";

/** The caller's settings beside the recommended ones. */
export interface Judgement {
  readonly setting: PricedSetting;
  readonly recommendedBatchTokens: number;
  /** Best learning rate at a batch. */
  readonly learningRateAt: (batchTokens: number) => LogQuantity;
}

// Below this a change is not worth its trouble, and the laws cannot tell it from nothing.
const SMALLEST_GAIN_NATS = 0.003;
const SMALLEST_STEPS_SAVED = 0.05;

/**
 * Returns what the caller's batch and learning rate cost, and whether to change them.
 *
 * "change" only when the gain exceeds its uncertainty and is at least 0.003 nats, or when a batch below the
 * interval of the optimal one wastes at least 5 % of the steps.
 *
 * @returns undefined when neither a current batch nor a current learning rate was given.
 */
export function judgeCurrent(
  current: RecommendationRequest["current"],
  judgement: Judgement,
): Yours | undefined {
  const { batchTokens, peakLearningRate } = current ?? {};
  if (batchTokens === undefined && peakLearningRate === undefined) return undefined;
  const { setting, recommendedBatchTokens } = judgement;
  const batch = batchTokens === undefined ? undefined : priceOfBatch(setting, batchTokens);
  const rate =
    peakLearningRate === undefined
      ? undefined
      : priceOfLearningRate(
          peakLearningRate,
          judgement.learningRateAt(batchTokens ?? recommendedBatchTokens),
          setting.level,
        );
  const stepsSaved = batchTokens === undefined ? 0 : 1 - batchTokens / recommendedBatchTokens;
  return {
    ...(batch && { batchPenaltyNats: batch }),
    ...(rate && { learningRatePenaltyNats: rate }),
    ...advise([batch, rate], stepsSaved),
  };
}

function advise(
  prices: readonly (Estimate | undefined)[],
  stepsSaved: number,
): Pick<Yours, "advice" | "reason"> {
  const gain = prices.reduce((sum, price) => sum + (price?.value ?? 0), 0);
  const certain = prices.some((price) => price !== undefined && exceedsItsUncertainty(price));
  const nats = gain.toPrecision(2);
  if (gain >= SMALLEST_GAIN_NATS && certain) {
    return { advice: "change", reason: `A change gains about ${nats} nats per token.` };
  }
  const batch = prices[0];
  const clearlySmall = batch !== undefined && (batch.interval.lower ?? 0) > 0;
  if (stepsSaved >= SMALLEST_STEPS_SAVED && clearlySmall) {
    const saved = Math.round(100 * stepsSaved);
    return { advice: "change", reason: `The recommended batch saves ${saved} % of the steps.` };
  }
  const why =
    gain < SMALLEST_GAIN_NATS
      ? "is below the 0.003 nats that are worth a change"
      : "does not exceed its own uncertainty";
  return { advice: "keep", reason: `The expected gain of ${nats} nats per token ${why}.` };
}

function exceedsItsUncertainty({ value, interval }: Estimate): boolean {
  if (interval.lower === null || interval.upper === null) return false;
  return interval.lower > 0 && value > (interval.upper - interval.lower) / 2;
}
