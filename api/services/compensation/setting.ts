import type { Estimate } from "../../../schemas/common.ts";
import { CRITBATCH_JOINT } from "../../numerics/surface/constants.ts";
import {
  movedBatchPenaltyNats,
  movedLearningRatePenaltyNats,
} from "../../numerics/surface/moved-optimum.ts";
import {
  derivedNumber,
  halfWidthLog,
  type LogQuantity,
  roundForWire,
} from "../shared/estimates.ts";

/** The run whose settings are priced, with its two batch sizes. */
export interface PricedSetting {
  /** Of a mixture of experts the active ones. */
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly bOpt: LogQuantity;
  readonly bCrit: LogQuantity;
  readonly level: number;
  /** Loss at the optimal batch by the caller's own fit. */
  readonly ownLoss?: LogQuantity;
}

/**
 * Returns what a batch costs against the optimal one at the same parameters and tokens: the joint loss surface with
 * its valley moved to the recommended optimum.
 *
 * The interval is that of the corners of the intervals of B_opt and B_c, and reaches 0 when B_opt may be the batch.
 *
 * @returns nats per token; never below 0.
 * @source own fit, docs/method.md, "The joint surface"
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

/** The value alone of {@link priceOfBatch}, in the digits of the wire; nats per token. */
export function batchPenaltyNats(setting: PricedSetting, batchTokens: number): number {
  return roundForWire(penalty(setting, batchTokens, setting.bOpt.lnValue, setting.bCrit.lnValue));
}

function penalty(
  { nonEmbeddingParams, trainingTokens }: PricedSetting,
  batchTokens: number,
  lnOpt: number,
  lnCrit: number,
): number {
  return movedBatchPenaltyNats(
    CRITBATCH_JOINT.constants,
    {
      nonEmbeddingParams,
      trainingTokens,
      bOptTokens: Math.exp(lnOpt),
      bCritTokens: Math.exp(lnCrit),
    },
    batchTokens,
  );
}

/**
 * Returns what a peak learning rate costs against the best one at the same batch, by the surface's curvature there.
 *
 * The lower end is 0 while the given rate lies inside the interval of the best one.
 *
 * @returns nats per token.
 * @source own fit, docs/method.md, "The joint surface"
 */
export function priceOfLearningRate(
  setting: PricedSetting,
  current: { readonly batchTokens: number; readonly peakLearningRate: number },
  best: LogQuantity,
): Estimate {
  const half = halfWidthLog(best, setting.level);
  const off = Math.log(current.peakLearningRate) - best.lnValue;
  const optimum = {
    nonEmbeddingParams: setting.nonEmbeddingParams,
    trainingTokens: setting.trainingTokens,
    bOptTokens: Math.exp(setting.bOpt.lnValue),
    bCritTokens: Math.exp(setting.bCrit.lnValue),
  };
  const at = (logRatio: number) =>
    movedLearningRatePenaltyNats(CRITBATCH_JOINT.constants, optimum, current.batchTokens, logRatio);
  const ends = [at(off - half), at(off + half)];
  const lower = Math.abs(off) <= half ? 0 : Math.min(...ends);
  return derivedNumber(at(off), lower, Math.max(...ends), setting.level);
}
