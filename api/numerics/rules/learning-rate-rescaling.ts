import { requireInRange, requirePositive } from "../guards.ts";

/** A learning rate at one batch, to be moved to another; both batches in one unit. */
export interface BatchMove {
  readonly fromBatch: number;
  readonly toBatch: number;
  readonly peakLearningRate: number;
}

/**
 * Returns the learning rate moved in proportion to the batch.
 *
 *   eta = eta0 B/B0
 *
 * For SGD far below the noise scale.
 *
 * @param move - eta0 at B0, and the new batch B.
 * @throws {RangeError} when a number of the move is not finite and above 0.
 * @source arXiv:1706.02677, section 2.1 (linear scaling rule)
 * @example linearLearningRate({ fromBatch: 256, toBatch: 1024, peakLearningRate: 1e-3 }) is 0.004
 */
export function linearLearningRate(move: BatchMove): number {
  return move.peakLearningRate * batchRatio(move);
}

/**
 * Returns the learning rate moved with the square root of the batch.
 *
 *   eta = eta0 sqrt(B/B0)
 *
 * For Adam and RMSProp where gradient noise dominates; for SGD it keeps the covariance of the update.
 *
 * @param move - eta0 at B0, and the new batch B.
 * @throws {RangeError} when a number of the move is not finite and above 0.
 * @source arXiv:2205.10287, definition of the square root scaling rule
 * @example squareRootLearningRate({ fromBatch: 256, toBatch: 1024, peakLearningRate: 1e-3 }) is 0.002
 */
export function squareRootLearningRate(move: BatchMove): number {
  return move.peakLearningRate * Math.sqrt(batchRatio(move));
}

/**
 * Returns the learning rate moved along the one-step optimum under gradient noise.
 *
 *   eta = eta0 [ (1 + B_noise/B0) / (1 + B_noise/B) ]^a
 *
 * @param move - eta0 at B0, and the new batch B.
 * @param bNoise - B_noise in the unit of the batches.
 * @param exponent - a; 1 for SGD, 0.5 to 1 for Adam.
 * @throws {RangeError} when a number is not finite and above 0, or a lies outside [0.5, 1].
 * @source arXiv:1812.06162, eq. (2.6) and appendix E.2
 * @example saturatingLearningRate({ fromBatch: 256, toBatch: 1024, peakLearningRate: 1e-3 }, 1024) is 0.0025
 */
export function saturatingLearningRate(move: BatchMove, bNoise: number, exponent = 1): number {
  batchRatio(move);
  requirePositive("bNoise", bNoise);
  requireInRange("exponent", exponent, 0.5, 1);
  const ratio = (1 + bNoise / move.fromBatch) / (1 + bNoise / move.toBatch);
  return move.peakLearningRate * ratio ** exponent;
}

/**
 * Returns the optimal learning rate of Adam, taken as sign descent, at one batch.
 *
 *   eta(B) = eta_max / ( (sqrt(B_noise/B) + sqrt(B/B_noise)) / 2 )
 *
 * @param maxLearningRate - eta_max, the optimum at B = B_noise.
 * @param bNoise - B_noise in the unit of the batch.
 * @param batch - B.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source arXiv:2405.14578, optimal learning rate of Adam-style optimizers
 * @example surgeLearningRate(1e-3, 1024, 4096) is 0.0008
 */
export function surgeLearningRate(maxLearningRate: number, bNoise: number, batch: number): number {
  requirePositive("maxLearningRate", maxLearningRate);
  const root = Math.sqrt(requirePositive("bNoise", bNoise) / requirePositive("batch", batch));
  return maxLearningRate / (0.5 * (root + 1 / root));
}

/**
 * Returns the optimal learning rate at batch B relative to that at the optimal batch, for AdamW.
 *
 *   min(1, (B / (0.805 B_opt))^0.837)
 *
 * Own fit of 157 tuned (N, D, B) cells, rms 0.17 in ln; cosine decay to a small final learning rate.
 *
 * @param batch - B.
 * @param bOpt - B_opt in the same unit.
 * @returns a ratio in (0, 1].
 * @throws {RangeError} when a number is not finite and above 0.
 * @source own fit of the public runs of arXiv:2503.04715
 * @example brokenPowerLearningRateRatio(0.5, 1) is 0.6713
 */
export function brokenPowerLearningRateRatio(batch: number, bOpt: number): number {
  const ratio = requirePositive("batch", batch) / requirePositive("bOpt", bOpt);
  return Math.min(1, (ratio / 0.805) ** 0.837);
}

/**
 * Returns the learning rate moved along the broken power of AdamW.
 *
 *   eta = eta0 r(B)/r(B0),   r(B) = min(1, (B / (0.805 B_opt))^0.837)
 *
 * Never above the plateau eta0/r(B0), however large the batch.
 *
 * @param move - eta0 at B0, and the new batch B.
 * @param bOpt - B_opt in the unit of the batches.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source own fit of the public runs of arXiv:2503.04715
 * @example brokenPowerLearningRate({ fromBatch: 1, toBatch: 8, peakLearningRate: 1e-3 }, 2) is 1.490e-3
 */
export function brokenPowerLearningRate(move: BatchMove, bOpt: number): number {
  const { fromBatch, toBatch, peakLearningRate } = move;
  return (
    (requirePositive("peakLearningRate", peakLearningRate) *
      brokenPowerLearningRateRatio(toBatch, bOpt)) /
    brokenPowerLearningRateRatio(fromBatch, bOpt)
  );
}

/**
 * Returns the learning rate moved to another token horizon at a fixed batch.
 *
 *   eta = eta0 (D1/D0)^-0.32
 *
 * @param peakLearningRate - eta0, tuned for D0 tokens.
 * @param fromTokens - D0.
 * @param toTokens - D1.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source arXiv:2409.19913, headline exponent for N >= 760M
 * @example learningRateAtHorizon(1e-3, 1e10, 1e11) is 4.786e-4
 */
export function learningRateAtHorizon(
  peakLearningRate: number,
  fromTokens: number,
  toTokens: number,
): number {
  requirePositive("peakLearningRate", peakLearningRate);
  const ratio = requirePositive("toTokens", toTokens) / requirePositive("fromTokens", fromTokens);
  return peakLearningRate * ratio ** -0.32;
}

function batchRatio(move: BatchMove): number {
  requirePositive("peakLearningRate", move.peakLearningRate);
  return requirePositive("toBatch", move.toBatch) / requirePositive("fromBatch", move.fromBatch);
}
