import type { Estimate } from "../../schemas/common.ts";
import { batchPenaltyNats } from "../numerics/compensation/batch-price.ts";
import { besiroglu2024Constants } from "../numerics/laws/besiroglu2024.ts";
import { learningRatePenaltyNats, twoSidedPenaltyNats } from "../numerics/rules/setting-penalty.ts";
import { derivedNumber, halfWidthLog, type LogQuantity } from "./estimates.ts";

/** The run whose settings are priced, with its two batch sizes. */
export interface PricedSetting {
  /** In the count of the loss law: total, of a mixture of experts active. */
  readonly params: number;
  readonly trainingTokens: number;
  readonly bOpt: LogQuantity;
  readonly bCrit: LogQuantity;
  readonly bCritExponent: number;
  readonly level: number;
}

/**
 * Returns what a batch costs against the optimal one at the same parameters and tokens.
 *
 * Above B_opt the explicit closed form of the loss law, counted from B_opt; below it the two-sided form. The
 * interval is that of the corners of the intervals of B_opt and B_c, and reaches 0 when B_opt may be the batch.
 *
 * @returns nats per token; never below 0.
 * @source loss law arXiv:2404.10102, Table 1; arXiv:1812.06162, eq. (2.11); laws 6.7 [O] below B_opt
 */
export function priceOfBatch(setting: PricedSetting, batchTokens: number): Estimate {
  const { bOpt, bCrit, level } = setting;
  const value = penalty(setting, batchTokens, bOpt.lnValue, bCrit.lnValue);
  const optHalf = halfWidthLog(bOpt, level);
  const critHalf = halfWidthLog(bCrit, level);
  const corners = [-1, 1].flatMap((opt) =>
    [-1, 1].map((crit) =>
      penalty(setting, batchTokens, bOpt.lnValue + opt * optHalf, bCrit.lnValue + crit * critHalf),
    ),
  );
  const mayBeOptimal = Math.abs(Math.log(batchTokens) - bOpt.lnValue) <= optHalf;
  const lower = mayBeOptimal ? 0 : Math.min(value, ...corners);
  return derivedNumber(value, lower, Math.max(value, ...corners), level);
}

function penalty(
  setting: PricedSetting,
  batchTokens: number,
  lnOpt: number,
  lnCrit: number,
): number {
  const law = besiroglu2024Constants;
  const { params, trainingTokens, bCritExponent: exponent } = setting;
  const bOptTokens = Math.exp(lnOpt);
  const bCritTokens = Math.exp(lnCrit);
  if (batchTokens < bOptTokens) {
    const dataTermNats = law.dataCoefficient * trainingTokens ** -law.dataExponent;
    return Math.max(
      0,
      twoSidedPenaltyNats(batchTokens, bOptTokens, bCritTokens, dataTermNats, law.dataExponent),
    );
  }
  return batchPenaltyNats(
    {
      law,
      params,
      tokens: trainingTokens,
      bCrit: { coefficient: bCritTokens / trainingTokens ** exponent, exponent },
      form: "explicit",
      baselineBatchTokens: bOptTokens,
    },
    batchTokens,
  );
}

/**
 * Returns what a peak learning rate costs against the best one at the same batch.
 *
 * The lower end is 0 while the given rate lies inside the interval of the best one.
 *
 * @returns nats per token.
 * @source laws 6.7 [O]
 */
export function priceOfLearningRate(
  peakLearningRate: number,
  best: LogQuantity,
  level: number,
): Estimate {
  const half = halfWidthLog(best, level);
  const distance = Math.abs(Math.log(peakLearningRate) - best.lnValue);
  const nearest = Math.max(0, distance - half);
  const at = (log: number) => learningRatePenaltyNats(Math.exp(log), 1);
  return derivedNumber(at(distance).value, at(nearest).lower, at(distance + half).upper, level);
}
