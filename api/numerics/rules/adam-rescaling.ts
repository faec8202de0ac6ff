import { requireInRange, requirePositive } from "../guards.ts";

/** The knobs of Adam that move with the batch. */
export interface AdamSettings {
  readonly peakLearningRate: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
}

/**
 * Returns the tokens after which Adam's second-moment average has forgotten half.
 *
 *   t_half = B ln(0.5) / ln(beta2)
 *
 * @param adamBeta2 - beta2; in (0, 1).
 * @param batchTokens - B; tokens.
 * @returns tokens.
 * @throws {RangeError} when beta2 lies outside (0, 1) or B is not finite and above 0.
 * @source arXiv:2507.07101, token half-life of the second moment
 * @example beta2HalfLifeTokens(0.95, 524288) is 7.085e6
 */
export function beta2HalfLifeTokens(adamBeta2: number, batchTokens: number): number {
  requireInRange("adamBeta2", adamBeta2, Number.MIN_VALUE, 1 - Number.EPSILON / 2);
  return (requirePositive("batchTokens", batchTokens) * Math.log(0.5)) / Math.log(adamBeta2);
}

/**
 * Returns the beta2 that keeps Adam's second-moment half-life constant in tokens.
 *
 *   beta2' = beta2^(B'/B)
 *
 * Not floored: in practice nothing below 0.9 is used.
 *
 * @param adamBeta2 - beta2 at B; in (0, 1).
 * @param fromBatch - B, any unit.
 * @param toBatch - B' in the same unit.
 * @throws {RangeError} when beta2 lies outside (0, 1) or a batch is not finite and above 0.
 * @source arXiv:2507.07101, token half-life of the second moment
 * @example beta2AtBatch(0.95, 524288, 65536) is 0.9936
 */
export function beta2AtBatch(adamBeta2: number, fromBatch: number, toBatch: number): number {
  requireInRange("adamBeta2", adamBeta2, Number.MIN_VALUE, 1 - Number.EPSILON / 2);
  const ratio = requirePositive("toBatch", toBatch) / requirePositive("fromBatch", fromBatch);
  return adamBeta2 ** ratio;
}

/**
 * Returns Adam's settings at k times the batch that keep its stochastic differential equation.
 *
 *   eta sqrt(k),   1 - beta_i -> k (1 - beta_i),   epsilon / sqrt(k)
 *
 * @param settings - the settings at the old batch.
 * @param batchRatio - k = new batch / old batch; above 0.
 * @returns the new settings; `holds` is false when k (1 - beta1) or k (1 - beta2) reaches 1, where the averages
 *   would forget within a step and the settings must not be used.
 * @throws {RangeError} when a number is not finite and above 0, or a beta is not below 1.
 * @source arXiv:2205.10287, square root scaling rule of Adam; square root verified, rules of beta and epsilon recalled
 * @example adamSdeSettings with k = 4 turns 1e-3, 0.9, 0.999, 1e-8 into 2e-3, 0.6, 0.996, 5e-9
 */
export function adamSdeSettings(
  settings: AdamSettings,
  batchRatio: number,
): AdamSettings & { readonly holds: boolean } {
  const k = requirePositive("batchRatio", batchRatio);
  requireInRange("adamBeta1", settings.adamBeta1, 0, 1 - Number.EPSILON / 2);
  requireInRange("adamBeta2", settings.adamBeta2, 0, 1 - Number.EPSILON / 2);
  const adamBeta1 = 1 - k * (1 - settings.adamBeta1);
  const adamBeta2 = 1 - k * (1 - settings.adamBeta2);
  return {
    peakLearningRate: settings.peakLearningRate * Math.sqrt(k),
    adamBeta1,
    adamBeta2,
    adamEpsilon: settings.adamEpsilon / Math.sqrt(k),
    holds: adamBeta1 > 0 && adamBeta2 > 0,
  };
}
