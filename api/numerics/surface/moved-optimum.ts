import {
  learningRateCost,
  logBatch,
  logParams,
  logTokens,
  type Slice,
  type SurfaceConstants,
  sliceAt,
  tunedLoss,
} from "./form.ts";

/** A run whose optimal and critical batch are known from elsewhere than the surface. */
export interface MovedOptimum {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly bOptTokens: number;
  /** Above bOptTokens in every sane run; below it the small-batch side only gets flatter. */
  readonly bCritTokens: number;
}

/**
 * Returns what a batch costs on the surface moved to the given optimum, with the learning rate tuned to the batch.
 *
 *   dL = L(D_eff(B)) - L(D_eff(B_opt)),  D_eff = D / ((1 + B/B_c)(1 + B_s/B)),  B_s = B_opt^2 / B_c
 *
 * The shape is that of the surface, the place of its valley the caller's: pooled laws and measured noise move it.
 *
 * @param constants - fitted constants; those in use are `CRITBATCH_JOINT.constants`.
 * @param batchTokens - B; tokens a step; above 0.
 * @returns nats per token; 0 at B_opt, never below 0.
 * @throws {RangeError} when an argument is not finite and positive.
 * @source own form and fit, see surfaceLossNats.
 */
export function movedBatchPenaltyNats(
  constants: SurfaceConstants,
  optimum: MovedOptimum,
  batchTokens: number,
): number {
  const slice = movedSlice(constants, optimum);
  const best = tunedLoss(constants, slice, slice.logBOpt);
  return Math.max(0, tunedLoss(constants, slice, logBatch(batchTokens)) - best);
}

/**
 * Returns what a learning rate off its best value at a batch costs on the surface.
 *
 *   dL = c (D/B)^h ln(LR / LR*)^2,  c larger above LR* than below
 *
 * @param logRatio - ln(LR / LR*); LR* is the best learning rate at the batch, from wherever the caller has it.
 * @returns nats per token; a parabola, which does not foretell divergence.
 * @throws {RangeError} when an argument is not finite and positive.
 * @source own form and fit, see surfaceLossNats.
 */
export function movedLearningRatePenaltyNats(
  constants: SurfaceConstants,
  optimum: MovedOptimum,
  batchTokens: number,
  logRatio: number,
): number {
  const slice = movedSlice(constants, optimum);
  return learningRateCost(constants, slice, logBatch(batchTokens), logRatio);
}

function movedSlice(constants: SurfaceConstants, optimum: MovedOptimum): Slice {
  const { nonEmbeddingParams, trainingTokens, bOptTokens, bCritTokens } = optimum;
  const own = sliceAt(constants, logParams(nonEmbeddingParams), logTokens(trainingTokens));
  const logBOpt = logBatch(bOptTokens);
  const logBCrit = logBatch(bCritTokens);
  return { ...own, logBOpt, logBCrit, logBSmall: 2 * logBOpt - logBCrit };
}
