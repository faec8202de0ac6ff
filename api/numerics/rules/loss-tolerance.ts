import { requirePositive } from "../guards.ts";

/**
 * Returns the batch that costs a given loss against a batch far below the critical one.
 *
 *   B = B_c [ (1 + eps/d)^(1/beta) - 1 ],   d = G_D D^-beta
 *
 * @param tolerance - eps in nats; the data term d in nats and its exponent beta; B_c in tokens.
 * @returns tokens.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source derived from arXiv:2203.15556, eq. (10), with D_eff = D/(1 + B/B_c) of arXiv:1812.06162, eq. (2.11)
 * @example batchAtLossTolerance at 2e10 tokens, 0.01 nats, besiroglu2024 and B_c 5.539e6 is 4.366e5
 */
export function batchAtLossTolerance(tolerance: {
  readonly toleranceNats: number;
  readonly dataTermNats: number;
  readonly dataExponent: number;
  readonly bCritTokens: number;
}): number {
  const eps = requirePositive("toleranceNats", tolerance.toleranceNats);
  const d = requirePositive("dataTermNats", tolerance.dataTermNats);
  const beta = requirePositive("dataExponent", tolerance.dataExponent);
  return requirePositive("bCritTokens", tolerance.bCritTokens) * ((1 + eps / d) ** (1 / beta) - 1);
}
