import {
  learningRateCost,
  logBatch,
  logLearningRate,
  logParams,
  logTokens,
  SURFACE_PIVOT,
  type SurfaceConstants,
  type SurfacePoint,
  sliceAt,
  tunedLogLearningRate,
  tunedLoss,
} from "./form.ts";

/** What the surface says of one (N, D): its two batch corners, its optimum and its lowest loss. */
export interface SurfaceOptimum {
  readonly bOptTokens: number;
  readonly bCritTokens: number;
  /** Below this batch a fixed beta2 and weight decay cost as much as the critical batch does above it. */
  readonly bSmallTokens: number;
  readonly peakLearningRate: number;
  readonly lossNats: number;
}

/**
 * Returns the final loss L(N, D, B, LR) of a run on the joint surface.
 *
 *   L = E + sqrt((A N^-alpha)^2 + (G D_eff^-beta)^2) + c (D/B)^h ln(LR / LR*)^2
 *   D_eff = D / ((1 + B/B_c)(1 + B_s/B)),  B_c = b D^m,  B_s = s D^k N^j,  B_opt = sqrt(B_c B_s)
 *   LR* = l N^p D^q (1 + (B_opt/B)^3)^(-a/3),  c = c0 e^w above LR*, c0 e^-w below
 *
 * AdamW with beta2 0.95 and weight decay 0.1 held fixed, cosine to a learning rate near zero. The
 * learning-rate term is a parabola: it prices a badly chosen rate, it does not foretell divergence.
 *
 * @param constants - fitted constants; those in use are `CRITBATCH_JOINT.constants`.
 * @param point - the run; every field finite and above 0.
 * @returns nats per token; always above E.
 * @throws {RangeError} when a field of the point is not finite and positive.
 * @source form: Hoffmann et al. arXiv:2203.15556 section 3.3 eq. (2) and Kaplan et al. arXiv:2001.08361 eq. (1.5) joined
 *   by a power mean; D_eff of McCandlish et al. arXiv:1812.06162 eq. (2.11), made two-sided; own fit.
 */
export function surfaceLossNats(constants: SurfaceConstants, point: SurfacePoint): number {
  const slice = sliceAt(
    constants,
    logParams(point.nonEmbeddingParams),
    logTokens(point.trainingTokens),
  );
  const b = logBatch(point.batchTokens);
  const ratio = logLearningRate(point.peakLearningRate) - tunedLogLearningRate(constants, slice, b);
  return tunedLoss(constants, slice, b) + learningRateCost(constants, slice, b, ratio);
}

/**
 * Returns the batch and learning rate with the lowest loss at fixed (N, D), and the corners around them.
 *
 *   B_opt = sqrt(B_c B_s),  LR_opt = l N^p D^q 2^(-a/3)
 *
 * Exact, not searched: the two batch factors are symmetric about B_opt and the learning-rate term vanishes
 * at LR*(B).
 *
 * @throws {RangeError} when a count is not finite and positive.
 * @source own form and fit, see {@link surfaceLossNats}.
 */
export function surfaceOptimum(
  constants: SurfaceConstants,
  nonEmbeddingParams: number,
  trainingTokens: number,
): SurfaceOptimum {
  const slice = sliceAt(constants, logParams(nonEmbeddingParams), logTokens(trainingTokens));
  const b = slice.logBOpt;
  return {
    bOptTokens: SURFACE_PIVOT.batchTokens * Math.exp(b),
    bCritTokens: SURFACE_PIVOT.batchTokens * Math.exp(slice.logBCrit),
    bSmallTokens: SURFACE_PIVOT.batchTokens * Math.exp(slice.logBSmall),
    peakLearningRate:
      SURFACE_PIVOT.peakLearningRate * Math.exp(tunedLogLearningRate(constants, slice, b)),
    lossNats: tunedLoss(constants, slice, b),
  };
}

/**
 * Returns the learning rate with the lowest loss at a given batch.
 *
 *   LR*(B) = l N^p D^q (1 + (B_opt/B)^3)^(-a/3)
 *
 * @throws {RangeError} when an argument is not finite and positive.
 * @source own form and fit, see {@link surfaceLossNats}.
 */
export function surfaceLearningRate(
  constants: SurfaceConstants,
  nonEmbeddingParams: number,
  trainingTokens: number,
  batchTokens: number,
): number {
  const slice = sliceAt(constants, logParams(nonEmbeddingParams), logTokens(trainingTokens));
  return (
    SURFACE_PIVOT.peakLearningRate *
    Math.exp(tunedLogLearningRate(constants, slice, logBatch(batchTokens)))
  );
}

/**
 * Returns what a run's batch and learning rate cost above the best pair at its (N, D).
 *
 *   batchPenaltyNats = L(B, LR*(B)) - L(B_opt, LR_opt),  learningRatePenaltyNats = L(B, LR) - L(B, LR*(B))
 *
 * The baseline is the optimal batch, so both are >= 0 and they add up to the whole excess.
 *
 * @throws {RangeError} when a field of the point is not finite and positive.
 * @source own form and fit, see {@link surfaceLossNats}.
 */
export function surfacePenalties(
  constants: SurfaceConstants,
  point: SurfacePoint,
): { readonly batchPenaltyNats: number; readonly learningRatePenaltyNats: number } {
  const slice = sliceAt(
    constants,
    logParams(point.nonEmbeddingParams),
    logTokens(point.trainingTokens),
  );
  const b = logBatch(point.batchTokens);
  const ratio = logLearningRate(point.peakLearningRate) - tunedLogLearningRate(constants, slice, b);
  const best = tunedLoss(constants, slice, slice.logBOpt);
  return {
    batchPenaltyNats: Math.max(0, tunedLoss(constants, slice, b) - best),
    learningRatePenaltyNats: learningRateCost(constants, slice, b, ratio),
  };
}
