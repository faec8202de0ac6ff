import {
  learningRateCost,
  logBatch,
  logLearningRate,
  logParams,
  logTokens,
  type SurfaceConstants,
  sliceAt,
  tunedLogLearningRate,
  tunedLoss,
} from "./form.ts";

/**
 * Fills a grid of losses at one (N, D): the heat map of the surface.
 *
 * @param batchTokens - batches, length r; each finite and above 0.
 * @param peakLearningRates - learning rates, length c; each finite and above 0.
 * @returns losses in nats per token, row-major `[r, c]`.
 * @throws {RangeError} when an entry is not finite and positive.
 * @source own form and fit, see surfaceLossNats.
 * @complexity O(r c) time and memory; two exponentials a row, none a point.
 */
export function surfaceLossGrid(
  constants: SurfaceConstants,
  nonEmbeddingParams: number,
  trainingTokens: number,
  batchTokens: readonly number[],
  peakLearningRates: readonly number[],
): Float64Array {
  const slice = sliceAt(constants, logParams(nonEmbeddingParams), logTokens(trainingTokens));
  const rates = Float64Array.from(peakLearningRates, logLearningRate);
  const columns = rates.length;
  const losses = new Float64Array(batchTokens.length * columns);
  for (let row = 0; row < batchTokens.length; row++) {
    const b = logBatch(batchTokens[row]!);
    const tuned = tunedLoss(constants, slice, b);
    const center = tunedLogLearningRate(constants, slice, b);
    const above = learningRateCost(constants, slice, b, 1);
    const below = learningRateCost(constants, slice, b, -1);
    for (let column = 0; column < columns; column++) {
      const ratio = rates[column]! - center;
      losses[row * columns + column] = tuned + (ratio > 0 ? above : below) * ratio * ratio;
    }
  }
  return losses;
}
