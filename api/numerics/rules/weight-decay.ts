import { requireInRange, requirePositive } from "../guards.ts";

/**
 * Returns the AdamW weight decay that gives a wanted timescale.
 *
 *   lambda = B / (eta tau D)
 *
 * Convention: the decay of one step is eta * lambda.
 *
 * @param run - tau as a fraction of the run, D in tokens, B in tokens, peak eta.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source arXiv:2405.13698, timescale of AdamW as a moving average; arXiv:2505.13738, tau = B/(eta lambda D)
 * @example weightDecayForTimescale with tau 0.2236, 2e10 tokens, 5e5 a batch, eta 1e-3 is 0.1118
 */
export function weightDecayForTimescale(run: {
  readonly timescaleFraction: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly peakLearningRate: number;
}): number {
  const tau = requirePositive("timescaleFraction", run.timescaleFraction);
  const D = requirePositive("trainingTokens", run.trainingTokens);
  const B = requirePositive("batchTokens", run.batchTokens);
  return B / (requirePositive("peakLearningRate", run.peakLearningRate) * D * tau);
}

/**
 * Returns the decoupled weight decay that keeps the timescale of AdamW when batch and learning rate move.
 *
 *   lambda' = lambda (B'/B) / (eta'/eta);   tau = B/(eta lambda D) unchanged at fixed D
 *
 * @param weightDecay - lambda at the old batch; 1/learning rate; 0 stays 0.
 * @param batchRatio - B'/B.
 * @param learningRateRatio - eta'/eta.
 * @throws {RangeError} when lambda is not finite and at least 0, or a ratio is not finite and above 0.
 * @source arXiv:2405.13698, timescale of AdamW as a moving average; arXiv:2505.13738, tau = B/(eta lambda D)
 * @example weightDecayAtBatch(0.1, 4, 2) is 0.2
 */
export function weightDecayAtBatch(
  weightDecay: number,
  batchRatio: number,
  learningRateRatio: number,
): number {
  requireInRange("weightDecay", weightDecay, 0, Number.MAX_VALUE);
  requirePositive("batchRatio", batchRatio);
  return (weightDecay * batchRatio) / requirePositive("learningRateRatio", learningRateRatio);
}
