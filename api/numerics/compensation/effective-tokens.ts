import { requireInRange, requirePositive } from "../guards.ts";

/** A critical-batch law B_c(D) = c D^m; tokens. */
export interface CriticalBatchLaw {
  /** c; tokens^(1 - m). */
  readonly coefficient: number;
  /** m; in [0, 1). */
  readonly exponent: number;
}

/**
 * Which critical batch a batch is compared with: `explicit` the one at the tokens processed, B_c(D), as a
 * constant of the run; `implicit` the one at the effective tokens, B_c(D_eff), which moves with the target.
 */
export type CriticalBatchForm = "explicit" | "implicit";

// Convex and increasing: Newton needs at most 8 steps from the explicit form; the rest is a margin.
const MAX_NEWTON_STEPS = 60;

/**
 * The critical-batch law through one known point.
 *
 *   c = B_c / D^m
 *
 * @param bCritTokens - B_c at `atTokens`; tokens; above 0.
 * @param atTokens - D; tokens; above 0.
 * @param exponent - m; in [0, 0.95]: at 1 and above a large batch has no effective tokens at all.
 * @throws {RangeError} when an argument is out of range.
 */
export function criticalBatchLawThrough(
  bCritTokens: number,
  atTokens: number,
  exponent: number,
): CriticalBatchLaw {
  requirePositive("bCritTokens", bCritTokens);
  requirePositive("atTokens", atTokens);
  requireInRange("exponent", exponent, 0, 0.95);
  return { coefficient: bCritTokens / atTokens ** exponent, exponent };
}

/**
 * Critical batch at D tokens.
 *
 *   B_c = c D^m
 *
 * @returns tokens per step.
 */
export function criticalBatchAt(law: CriticalBatchLaw, tokens: number): number {
  return law.coefficient * tokens ** law.exponent;
}

function implicitEffectiveTokens(tokens: number, batch: number, bCrit: CriticalBatchLaw): number {
  const m = bCrit.exponent;
  const logTokens = Math.log(tokens);
  // At t = ln D_eff the residual t + ln(1 + x(t)) - ln D is convex and increasing, so Newton cannot leave it.
  let t = logTokens - Math.log1p(batch / criticalBatchAt(bCrit, tokens));
  for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
    const x = (batch / bCrit.coefficient) * Math.exp(-m * t);
    const residual = t + Math.log1p(x) - logTokens;
    const move = residual / (1 - (m * x) / (1 + x));
    t -= move;
    if (Math.abs(move) <= 1e-15 * Math.max(1, Math.abs(t))) break;
  }
  return Math.min(tokens, Math.exp(t));
}

/**
 * Effective tokens of a run at batch B: what its D tokens are worth at vanishing batch.
 *
 *   explicit: D_eff = D / (1 + B/B_c(D))        implicit: D_eff (1 + B/B_c(D_eff)) = D
 *
 * The explicit form is the optimistic one; both agree when m = 0. Harmonic reading: 1/D_eff = 1/D + 1/(S B_c).
 *
 * @param tokens - D; tokens processed; above 0.
 * @param batchTokens - B; tokens per step; at least 0.
 * @param bCrit - the critical-batch law.
 * @param form - see {@link CriticalBatchForm}.
 * @returns tokens in (0, D].
 * @throws {RangeError} when tokens is not above 0 or the batch is negative or not finite.
 * @source inverts arXiv:1812.06162, eq. 2.11 (E = E_min (1 + B/B_c)).
 * @example effectiveTokens(2e10, 1e6, B_c = 5e6 with m = 0, "explicit") is 1.667e10.
 */
export function effectiveTokens(
  tokens: number,
  batchTokens: number,
  bCrit: CriticalBatchLaw,
  form: CriticalBatchForm,
): number {
  requirePositive("tokens", tokens);
  requireInRange("batchTokens", batchTokens, 0, Number.MAX_VALUE);
  if (form === "explicit") return tokens / (1 + batchTokens / criticalBatchAt(bCrit, tokens));
  return implicitEffectiveTokens(tokens, batchTokens, bCrit);
}

/**
 * Bounds on the effective tokens from the two budgets of a run, its tokens and its serial steps.
 *
 *   min(D, S B_c) / 2 <= D_eff <= min(D, S B_c)
 *
 * @param tokens - D; tokens; above 0.
 * @param steps - S; optimizer steps; above 0.
 * @param bCritTokens - B_c; tokens; above 0.
 * @returns the closed range; tokens.
 * @throws {RangeError} when an argument is not finite and above 0.
 * @source derived: harmonic mean of two positive numbers.
 */
export function effectiveTokensBounds(
  tokens: number,
  steps: number,
  bCritTokens: number,
): { readonly lower: number; readonly upper: number } {
  requirePositive("tokens", tokens);
  requirePositive("steps", steps);
  requirePositive("bCritTokens", bCritTokens);
  const upper = Math.min(tokens, steps * bCritTokens);
  return { lower: upper / 2, upper };
}
