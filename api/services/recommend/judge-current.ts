import type { Estimate } from "../../../schemas/common.ts";
import type { Yours } from "../../../schemas/recommendations/parts.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { type PricedSetting, priceOfBatch, priceOfLearningRate } from "../compensation/setting.ts";
import type { LogQuantity } from "../shared/estimates.ts";

/** The caller's settings beside the recommended ones. */
export interface Judgement {
  readonly setting: PricedSetting;
  readonly recommendedBatchTokens: number;
  /** Lower end of the interval of the recommended batch. */
  readonly leastBatchTokens: number;
  /** Best learning rate at a batch. */
  readonly learningRateAt: (batchTokens: number) => LogQuantity;
}

// Below this a change is not worth its trouble, and the laws cannot tell it from nothing.
const SMALLEST_GAIN_NATS = 0.003;
const SMALLEST_STEPS_SAVED = 0.05;

/**
 * Returns what the caller's batch and learning rate cost, and whether to change them.
 *
 * "change" only when the gain over the recommended settings exceeds its uncertainty and is at least 0.003 nats, or
 * when a batch below the interval of the recommended one wastes at least 5 % of the steps.
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
          setting,
          { batchTokens: batchTokens ?? recommendedBatchTokens, peakLearningRate },
          judgement.learningRateAt(batchTokens ?? recommendedBatchTokens),
        );
  const gains = [
    ...(batch ? [{ name: "batch", price: batch, nats: gainOfBatch(batch, judgement) }] : []),
    ...(rate ? [{ name: "learning rate", price: rate, nats: rate.value }] : []),
  ];
  const clearlySmall = batchTokens !== undefined && batchTokens < judgement.leastBatchTokens;
  const stepsSaved = clearlySmall ? 1 - batchTokens / recommendedBatchTokens : 0;
  return {
    ...(batch && { batchPenaltyNats: batch }),
    ...(rate && { learningRatePenaltyNats: rate }),
    ...advise(gains, stepsSaved),
  };
}

/** A batch recommended for speed, or decided by the caller, has its own price: only the rest can be gained. */
function gainOfBatch(current: Estimate, judgement: Judgement): number {
  const { setting, recommendedBatchTokens } = judgement;
  return Math.max(0, current.value - priceOfBatch(setting, recommendedBatchTokens).value);
}

interface Gain {
  readonly name: string;
  /** Of the current setting against the best one. */
  readonly price: Estimate;
  /** Of a change to the recommended one. */
  readonly nats: number;
}

function advise(gains: readonly Gain[], stepsSaved: number): Pick<Yours, "advice" | "reason"> {
  const sum = (some: readonly Gain[]) => some.reduce((total, { nats }) => total + nats, 0);
  const certain = sum(gains.filter(({ price }) => exceedsItsUncertainty(price)));
  if (certain >= SMALLEST_GAIN_NATS) {
    return { advice: "change", reason: reasonToChange(gains) };
  }
  if (stepsSaved >= SMALLEST_STEPS_SAVED) {
    const saved = Math.round(100 * stepsSaved);
    return { advice: "change", reason: `The recommended batch saves ${saved} % of the steps.` };
  }
  const gain = sum(gains);
  const why =
    gain < SMALLEST_GAIN_NATS
      ? "is below the 0.003 nats that make a change worthwhile"
      : "is smaller than its uncertainty";
  return {
    advice: "keep",
    reason: `The expected gain of ${gain.toPrecision(2)} nats per token ${why}.`,
  };
}

function reasonToChange(gains: readonly Gain[]): string {
  const worthwhile = gains.filter(({ nats }) => nats > 0);
  const total = worthwhile.reduce((sum, { nats }) => sum + nats, 0);
  const what = worthwhile.length > 1 ? "both" : `your ${worthwhile[0]?.name}`;
  const gain = `Changing ${what} would lower the loss by about ${total.toPrecision(2)} nats per token`;
  if (worthwhile.length < 2) return `${gain}.`;
  const parts = worthwhile.map(({ name, nats }) => `your ${name} costs ${nats.toPrecision(2)}`);
  return `${gain}: ${parts.join(" and ")}.`;
}

function exceedsItsUncertainty({ value, interval }: Estimate): boolean {
  if (interval.lower === null || interval.upper === null) return false;
  return interval.lower > 0 && value > (interval.upper - interval.lower) / 2;
}
