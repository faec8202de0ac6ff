import { requirePositive } from "../guards.ts";

/** R*: epochs after which a repeated token has lost about 63 % of its worth. */
const REPETITION_CONSTANT = 15.39;

/**
 * Fresh tokens that a run with repeated data is worth, D_eff(U, epochs).
 *
 *   D for D <= U;   U + U R* (1 - exp(-(D/U - 1) / R*)) above
 *
 * The constant is recalled, not checked in the paper. Up to about 4 epochs repetition costs little.
 *
 * @param trainingTokens - D; tokens processed, repeats counted; above 0.
 * @param uniqueTokens - U; distinct tokens; above 0.
 * @returns tokens; at most D and below U (1 + R*).
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source arXiv:2305.16264, eq. 5; recalled, constant unverified.
 * @example repeatedDataWorth(4e10, 1e10) is 3.726e10.
 */
export function repeatedDataWorth(trainingTokens: number, uniqueTokens: number): number {
  requirePositive("trainingTokens", trainingTokens);
  requirePositive("uniqueTokens", uniqueTokens);
  if (trainingTokens <= uniqueTokens) return trainingTokens;
  const repeats = trainingTokens / uniqueTokens - 1;
  return uniqueTokens * (1 - REPETITION_CONSTANT * Math.expm1(-repeats / REPETITION_CONSTANT));
}

/** Tokens to process for a wanted worth, or the worth that no number of repeats exceeds. */
export type RepeatedTokens =
  | { readonly status: "ok"; readonly trainingTokens: number; readonly epochs: number }
  | { readonly status: "exhausted"; readonly largestWorthTokens: number };

/**
 * Tokens to process so that a run over U distinct tokens is worth `worthTokens` fresh ones: the inverse of
 * {@link repeatedDataWorth}.
 *
 *   D = U (1 - R* ln(1 - (D_eff/U - 1) / R*))   for D_eff > U
 *
 * @param worthTokens - D_eff; fresh tokens wanted; above 0.
 * @param uniqueTokens - U; distinct tokens; above 0.
 * @returns `ok` with tokens and epochs; `exhausted` when D_eff >= U (1 + R*).
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source arXiv:2305.16264, eq. 5; recalled, constant unverified.
 */
export function repeatedTokensFor(worthTokens: number, uniqueTokens: number): RepeatedTokens {
  requirePositive("worthTokens", worthTokens);
  requirePositive("uniqueTokens", uniqueTokens);
  if (worthTokens <= uniqueTokens) {
    return { status: "ok", trainingTokens: worthTokens, epochs: worthTokens / uniqueTokens };
  }
  const spent = (worthTokens / uniqueTokens - 1) / REPETITION_CONSTANT;
  if (!(spent < 1)) {
    return { status: "exhausted", largestWorthTokens: uniqueTokens * (1 + REPETITION_CONSTANT) };
  }
  const epochs = 1 - REPETITION_CONSTANT * Math.log1p(-spent);
  return { status: "ok", trainingTokens: uniqueTokens * epochs, epochs };
}
