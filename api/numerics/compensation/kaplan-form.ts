import { requireInRange, requirePositive } from "../guards.ts";
import type { AdditiveLossConstants } from "../laws/additive-loss.ts";
import { kaplanConstants as k } from "../laws/kaplan-loss.ts";

function paramTermNats(params: number): number {
  return (k.stepsParamScale / params) ** k.stepsParamExponent;
}

function stepTermNats(tokens: number, batchTokens: number, bCritTokens: number): number {
  return ((k.stepsScale * (batchTokens + bCritTokens)) / tokens) ** k.stepsExponent;
}

/**
 * Loss of D tokens at batch B when the critical batch belongs to the loss itself and has a scale of its own.
 *
 *   L = (N_c/N)^aN + (S_c (B + B_c(L)) / D)^aS,   B_c(L) = B_star / L^(1/aB)
 *
 * @param params - N; parameters without embeddings; above 0.
 * @param tokens - D; tokens; above 0.
 * @param batchTokens - B; tokens per step; at least 0; 0 is the zero-noise limit.
 * @param batchScaleTokens - B_star; tokens; above 0; the paper's own is 2.1e8.
 * @returns L; nats per token; the only root, because the right side falls as L rises.
 * @throws {RangeError} when an argument is out of range.
 * @source arXiv:2001.08361, eqs. (1.4), (1.6) and (5.4).
 * @example kaplanRunLossNats(1e9, 2e10, 262144, 2.1e8) is 2.676.
 */
export function kaplanRunLossNats(
  params: number,
  tokens: number,
  batchTokens: number,
  batchScaleTokens: number,
): number {
  requirePositive("params", params);
  requirePositive("tokens", tokens);
  requireInRange("batchTokens", batchTokens, 0, Number.MAX_VALUE);
  requirePositive("batchScaleTokens", batchScaleTokens);
  const paramTerm = paramTermNats(params);
  const right = (loss: number): number =>
    paramTerm + stepTermNats(tokens, batchTokens, batchScaleTokens / loss ** k.bCritLossExponent);
  let lower = paramTerm;
  let upper = right(paramTerm);
  for (let step = 0; step < 200; step++) {
    const middle = Math.sqrt(lower) * Math.sqrt(upper);
    if (middle <= lower || middle >= upper) break;
    if (right(middle) > middle) lower = middle;
    else upper = middle;
  }
  return (lower + upper) / 2;
}

/** The run whose loss is to be restored, and the critical batch there. */
export interface KaplanBaseline {
  /** L_0; nats per token. */
  readonly lossNats: number;
  /** B_c(L_0); tokens. */
  readonly bCritTokens: number;
  /** B_star; tokens. */
  readonly batchScaleTokens: number;
}

/**
 * Loss and critical batch of the baseline run under the paper's own B_c(L).
 *
 * @param baselineBatchTokens - B_0; tokens per step; 0 is the zero-noise limit.
 * @throws {RangeError} when an argument is out of range.
 * @source arXiv:2001.08361, eqs. (1.4), (1.6) and (5.4).
 */
export function kaplanBaseline(
  params: number,
  tokens: number,
  baselineBatchTokens: number,
): KaplanBaseline {
  const batchScaleTokens = k.bCritScaleTokens;
  const lossNats = kaplanRunLossNats(params, tokens, baselineBatchTokens, batchScaleTokens);
  const bCritTokens = batchScaleTokens / lossNats ** k.bCritLossExponent;
  return { lossNats, bCritTokens, batchScaleTokens };
}

/**
 * Loss of the baseline run when its critical batch is known, and the B_star that goes with it.
 *
 *   L_0 = (N_c/N)^aN + (S_c (B_0 + B_c) / D)^aS,   B_star = B_c L_0^(1/aB)
 *
 * Losses depend on the tokenizer, so the published B_star belongs to the paper's data only.
 *
 * @param baselineBatchTokens - B_0; tokens per step; 0 is the zero-noise limit.
 * @param bCritTokens - B_c at the baseline; tokens; above 0.
 * @throws {RangeError} when an argument is out of range.
 * @source derived from arXiv:2001.08361, eqs. (1.4) and (1.6).
 */
export function kaplanBaselineAt(
  params: number,
  tokens: number,
  baselineBatchTokens: number,
  bCritTokens: number,
): KaplanBaseline {
  requirePositive("params", params);
  requirePositive("tokens", tokens);
  requirePositive("bCritTokens", bCritTokens);
  requireInRange("baselineBatchTokens", baselineBatchTokens, 0, Number.MAX_VALUE);
  const lossNats = paramTermNats(params) + stepTermNats(tokens, baselineBatchTokens, bCritTokens);
  return { lossNats, bCritTokens, batchScaleTokens: bCritTokens * lossNats ** k.bCritLossExponent };
}

/**
 * The step law along one line of equal loss, written as an additive law in N and effective tokens.
 *
 *   E = 0,  A = N_c^aN,  alpha = aN,  G = (S_c B_c)^aS,  beta = aS,   D_eff = S_min B_c
 *
 * At a fixed target B_c(L_0) is one number, so every price at equal loss is exact in this form with a constant
 * critical batch (m = 0): N' = N_c [L_0 - (S_c (B' + B_c) / D)^aS]^(-1/aN), D'/D = (B' + B_c)/(B + B_c) and
 * B_wall = (D/S_c) L_0^(1/aS) - B_c. The loss at fixed parameters is not: see {@link kaplanRunLossNats}.
 *
 * @param bCritTokens - B_c at the target loss; tokens; above 0.
 * @throws {RangeError} when bCritTokens is not finite and above 0.
 * @source derived from arXiv:2001.08361, eqs. (1.6) and (5.4).
 */
export function kaplanAtFixedLoss(bCritTokens: number): AdditiveLossConstants {
  requirePositive("bCritTokens", bCritTokens);
  return {
    irreducibleLossNats: 0,
    paramCoefficient: k.stepsParamScale ** k.stepsParamExponent,
    paramExponent: k.stepsParamExponent,
    dataCoefficient: (k.stepsScale * bCritTokens) ** k.stepsExponent,
    dataExponent: k.stepsExponent,
  };
}
