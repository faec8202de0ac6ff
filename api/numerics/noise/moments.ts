/** tr(Sigma) and |G|^2 of one observation, each multiplied by the weight of the observation. */
export interface WeightedMoments {
  readonly weight: number;
  readonly weightedTrace: number;
  readonly weightedGradSq: number;
}

/**
 * Unbiased estimates of tr(Sigma) and |G|^2 from two squared norms, times their weight.
 *
 *   |G|^2_hat     = (B |g_B|^2 - b |g_b|^2) / (B - b)
 *   tr(Sigma)_hat = (|g_b|^2 - |g_B|^2) / (1/b - 1/B)
 *   weight        = B (B - b)
 *
 * This is the regression of E|g_B|^2 = |G|^2 + tr(Sigma)/B on 1/B through two points. Sums of the weighted
 * moments over observations of different sizes are that regression with an intercept for each observation,
 * so that |G|^2 falling while the batch ramps up does not leak into the slope. The weight is proportional to
 * 1 / Var[|G|^2_hat] where noise dominates and all small batches make up the big one; it is 0, and nothing
 * is divided, when B = b. Either estimate may be negative; neither is clipped.
 *
 * @param smallBatch - b; examples, sequences or tokens; above 0, at most `bigBatch`.
 * @param bigBatch - B; same unit.
 * @param smallBatchGradSqNorm - |g_b|^2 of the mean gradient, averaged over the small batches.
 * @param bigBatchGradSqNorm - |g_B|^2 of the mean gradient.
 * @returns weight and weighted estimates.
 * @throws {RangeError} when `smallBatch` is larger than `bigBatch`.
 * @source arXiv:1812.06162v1, appendix A.1
 * @example twoBatchMoments(16, 256, 0.9, 0.2): trace 11.947, |G|^2 0.15333 after division by the weight.
 */
export function twoBatchMoments(
  smallBatch: number,
  bigBatch: number,
  smallBatchGradSqNorm: number,
  bigBatchGradSqNorm: number,
): WeightedMoments {
  if (!(smallBatch > 0 && smallBatch <= bigBatch)) {
    throw new RangeError(
      `"smallBatch" must be above 0 and at most bigBatch ${bigBatch}, received ${smallBatch}`,
    );
  }
  return {
    weight: bigBatch * (bigBatch - smallBatch),
    weightedTrace: bigBatch * bigBatch * smallBatch * (smallBatchGradSqNorm - bigBatchGradSqNorm),
    weightedGradSq: bigBatch * (bigBatch * bigBatchGradSqNorm - smallBatch * smallBatchGradSqNorm),
  };
}

/** Estimates of one step with each example left out in turn. */
export interface LeaveOneOut {
  readonly traceSigma: Float64Array;
  readonly gradSqNorm: Float64Array;
}

/**
 * tr(Sigma) and |G|^2 of a batch of n examples with each example left out in turn.
 *
 *   |gbar_(i)|^2 = (n^2 |gbar|^2 - 2 n g_i.gbar + |g_i|^2) / (n-1)^2
 *   tr_(i)       = (n-1)/(n-2) (m2_(i) - |gbar_(i)|^2),   |G|^2_(i) = |gbar_(i)|^2 - tr_(i)/(n-1)
 *
 * Exact, since the dot products say how the mean moves. The jackknife variance over these is biased upward
 * (by a factor of two in |G|^2 where noise dominates), never downward in expectation.
 *
 * @param exampleSqNorms - |g_i|^2.
 * @param exampleDots - g_i.gbar, as many.
 * @param bigBatchGradSqNorm - |gbar|^2.
 * @returns one entry for each example; fewer than 3 examples give no entries.
 * @source docs/method.md, The noise scale; upward bias: Efron and Stein 1981, The jackknife estimate of variance
 */
export function leaveOneOutMoments(
  exampleSqNorms: Float64Array,
  exampleDots: Float64Array,
  bigBatchGradSqNorm: number,
): LeaveOneOut {
  const n = exampleSqNorms.length;
  if (n < 3) return { traceSigma: new Float64Array(0), gradSqNorm: new Float64Array(0) };
  const traceSigma = new Float64Array(n);
  const gradSqNorm = new Float64Array(n);
  let sumSqNorms = 0;
  for (let i = 0; i < n; i++) sumSqNorms += exampleSqNorms[i]!;
  for (let i = 0; i < n; i++) {
    const sqNorm = exampleSqNorms[i]!;
    const meanSqNorm = (sumSqNorms - sqNorm) / (n - 1);
    const sqNormOfMean =
      (n * n * bigBatchGradSqNorm - 2 * n * exampleDots[i]! + sqNorm) / ((n - 1) * (n - 1));
    const trace = ((n - 1) / (n - 2)) * (meanSqNorm - sqNormOfMean);
    traceSigma[i] = trace;
    gradSqNorm[i] = sqNormOfMean - trace / (n - 1);
  }
  return { traceSigma, gradSqNorm };
}
