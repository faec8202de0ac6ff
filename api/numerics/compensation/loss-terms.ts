import { requirePositive } from "../guards.ts";
import type { AdditiveLossConstants } from "../laws/additive-loss.ts";

/** One point of an additive loss law, split into its terms; nats per token. */
export interface LossTerms {
  /** a = A N^-alpha. */
  readonly paramTermNats: number;
  /** d = G D^-beta. */
  readonly dataTermNats: number;
  readonly lossNats: number;
}

/**
 * Terms and loss of an additive law at N parameters and D effective tokens.
 *
 *   a = A N^-alpha,  d = G D^-beta,  L = E + a + d
 *
 * @param law - constants of the fit.
 * @param params - N; parameters, in the count the fit used; above 0.
 * @param tokens - D; effective tokens; above 0.
 * @returns the two terms and the loss; nats per token.
 * @throws {RangeError} when params or tokens are not finite and above 0.
 * @source arXiv:2203.15556, eq. 2 (form); terms named as in the derivation of docs/method.md.
 */
export function lossTerms(law: AdditiveLossConstants, params: number, tokens: number): LossTerms {
  requirePositive("params", params);
  requirePositive("tokens", tokens);
  const paramTermNats = law.paramCoefficient * params ** -law.paramExponent;
  const dataTermNats = law.dataCoefficient * tokens ** -law.dataExponent;
  return {
    paramTermNats,
    dataTermNats,
    lossNats: law.irreducibleLossNats + paramTermNats + dataTermNats,
  };
}

/**
 * Data term over parameter term, rho.
 *
 *   rho = d / a
 *
 * @returns rho; a ratio above 0; alpha / beta on the compute-optimal line.
 */
export function termRatio(terms: LossTerms): number {
  return terms.dataTermNats / terms.paramTermNats;
}

/**
 * Elasticity ratio of data to parameters, kappa.
 *
 *   kappa = beta d / (alpha a)
 *
 * 1 on the compute-optimal line; below 1 the run is over-trained and parameters are the cheaper lever at
 * first, above 1 tokens are.
 *
 * @returns kappa; a ratio above 0.
 * @source derived: d ln N / d ln D along a line of equal loss.
 */
export function elasticityRatio(law: AdditiveLossConstants, terms: LossTerms): number {
  return (law.dataExponent * terms.dataTermNats) / (law.paramExponent * terms.paramTermNats);
}

/**
 * Compute that a loss gap is worth on the compute-optimal line, as a difference of ln C.
 *
 *   dlnC = dL (alpha + beta) / (alpha beta (a + d))
 *
 * First order in the gap: on that line the reducible loss falls as C^-(alpha beta / (alpha + beta)).
 *
 * @param lossGapNats - dL; nats per token; at least 0.
 * @returns ln of the ratio of compute; above 0 for a gap above 0.
 * @source derived from arXiv:2203.15556, eq. 4.
 */
export function lossGapInLogCompute(
  law: AdditiveLossConstants,
  terms: LossTerms,
  lossGapNats: number,
): number {
  const { paramExponent: alpha, dataExponent: beta } = law;
  const reducible = terms.paramTermNats + terms.dataTermNats;
  return (lossGapNats * (alpha + beta)) / (alpha * beta * reducible);
}
