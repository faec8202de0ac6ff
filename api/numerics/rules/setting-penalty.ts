import { requireInRange, requirePositive } from "../guards.ts";

// Median curvatures of the loss over the tuned cells of the sweep; interquartile range 0.021 to 0.047.
const LEARNING_RATE_CURVATURE_NATS = { value: 0.029, lower: 0.021, upper: 0.047 } as const;

/** A penalty with the range its constant allows; nats per token. */
export interface PenaltyRange {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Returns the loss that a peak learning rate off its optimum costs.
 *
 *   dL = 0.029 (ln(eta / eta_opt))^2
 *
 * A parabola: good within a factor of about four of the optimum, and silent about divergence above it.
 *
 * @param peakLearningRate - eta; above 0.
 * @param optimum - eta_opt at the same batch; above 0.
 * @returns nats per token, with the interquartile range of the curvature.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source refit of the public runs of arXiv:2503.04715, laws 6.7 [O]
 * @example off by a factor of two costs 0.0139 nats
 */
export function learningRatePenaltyNats(peakLearningRate: number, optimum: number): PenaltyRange {
  const square =
    Math.log(
      requirePositive("peakLearningRate", peakLearningRate) / requirePositive("optimum", optimum),
    ) ** 2;
  return {
    value: LEARNING_RATE_CURVATURE_NATS.value * square,
    lower: LEARNING_RATE_CURVATURE_NATS.lower * square,
    upper: LEARNING_RATE_CURVATURE_NATS.upper * square,
  };
}

/**
 * Returns the loss that a batch below the optimal one costs while beta2 and weight decay stay fixed.
 *
 *   dL = d [((1 + B/B_c)(1 + B_s/B))^beta - ((1 + B_opt/B_c)(1 + B_s/B_opt))^beta],   B_s = B_opt^2 / B_c
 *
 * @param batchTokens - B; tokens per step; above 0.
 * @param bOptTokens - B_opt; tokens per step.
 * @param bCritTokens - B_c; tokens per step.
 * @param dataTermNats - d = G D^-beta of the loss law; nats per token.
 * @param dataExponent - beta; in (0, 1].
 * @returns nats per token; 0 at B_opt and above 0 on both sides of it.
 * @throws {RangeError} when a number is out of range.
 * @source two-sided refit of the public runs of arXiv:2503.04715, laws 6.7 [O]
 */
export function twoSidedPenaltyNats(
  batchTokens: number,
  bOptTokens: number,
  bCritTokens: number,
  dataTermNats: number,
  dataExponent: number,
): number {
  requirePositive("batchTokens", batchTokens);
  requirePositive("bOptTokens", bOptTokens);
  requirePositive("bCritTokens", bCritTokens);
  requirePositive("dataTermNats", dataTermNats);
  requireInRange("dataExponent", dataExponent, Number.MIN_VALUE, 1);
  const bSmall = bOptTokens ** 2 / bCritTokens;
  const spent = (batch: number) =>
    dataExponent * (Math.log1p(batch / bCritTokens) + Math.log1p(bSmall / batch));
  return dataTermNats * (Math.expm1(spent(batchTokens)) - Math.expm1(spent(bOptTokens)));
}
