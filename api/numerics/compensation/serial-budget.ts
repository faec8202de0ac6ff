import { requirePositive } from "../guards.ts";
import type { AdditiveLossConstants } from "../laws/additive-loss.ts";
import { type CriticalBatchLaw, criticalBatchAt } from "./effective-tokens.ts";
import { elasticityRatio, lossTerms } from "./loss-terms.ts";

/** The cheapest run that reaches a loss within a number of steps, or the least number of steps that can. */
export type SerialBudget =
  | {
      readonly status: "ok";
      /** N; in the count the loss law uses. */
      readonly params: number;
      /** D. */
      readonly tokens: number;
      /** B. */
      readonly batchTokens: number;
      readonly effectiveTokens: number;
      /** x = B/B_c(D_eff). */
      readonly batchOverCritical: number;
      /** kappa at the optimum, 1 + (1 - m) x. */
      readonly elasticityRatio: number;
      /** S_floor. */
      readonly minSteps: number;
    }
  | { readonly status: "below-floor"; readonly minSteps: number }
  | { readonly status: "unreachable-loss" };

/**
 * Compute-optimal parameters and batch under a budget of serial steps S.
 *
 *   minimise 6 N B S  with  L(N, D_eff) = L_0,  D_eff (1 + B/B_c(D_eff)) = B S
 *   stationary where  kappa(N, D_eff) = 1 + (1 - m) x,   x = B/B_c(D_eff)
 *   S_floor = y_min / B_c(y_min),   y_min = (G / (L_0 - E))^(1/beta)
 *
 * A serial limit moves the optimum to more parameters and fewer effective tokens per parameter.
 *
 * @param targetLossNats - L_0; nats per token.
 * @param steps - S; optimizer steps; above 0.
 * @returns `ok` with the run; `below-floor` when fewer than `minSteps` steps are allowed: no batch and no model
 * reach the loss; `unreachable-loss` when L_0 is not above the irreducible loss.
 * @throws {RangeError} when steps or the target is not finite and above 0.
 * @source derived; the implicit form is the one a serial argument needs.
 */
export function serialBudget(
  law: AdditiveLossConstants,
  bCrit: CriticalBatchLaw,
  targetLossNats: number,
  steps: number,
): SerialBudget {
  requirePositive("targetLossNats", targetLossNats);
  requirePositive("steps", steps);
  const m = bCrit.exponent;
  const reducible = targetLossNats - law.irreducibleLossNats;
  if (!(reducible > 0)) return { status: "unreachable-loss" };
  const logMinTokens = Math.log(law.dataCoefficient / reducible) / law.dataExponent;
  const minTokens = Math.exp(logMinTokens);
  const minSteps = minTokens / criticalBatchAt(bCrit, minTokens);
  if (!(Number.isFinite(minSteps) && steps > minSteps)) {
    return Number.isFinite(minSteps)
      ? { status: "below-floor", minSteps }
      : { status: "unreachable-loss" };
  }
  const paramsAt = (y: number): number => {
    const paramTerm = -reducible * Math.expm1(-law.dataExponent * (Math.log(y) - logMinTokens));
    return (law.paramCoefficient / paramTerm) ** (1 / law.paramExponent);
  };
  const overCritical = (y: number): number => {
    const used = y / (steps * criticalBatchAt(bCrit, y));
    return used / (1 - used);
  };
  // kappa falls and x rises with D_eff: one crossing between the two ends, where each is infinite.
  let lower = logMinTokens;
  let upper = Math.log(steps * bCrit.coefficient) / (1 - m);
  for (let step = 0; step < 200; step++) {
    const middle = (lower + upper) / 2;
    if (middle <= lower || middle >= upper) break;
    const y = Math.exp(middle);
    const kappa = elasticityRatio(law, lossTerms(law, paramsAt(y), y));
    if (kappa > 1 + (1 - m) * overCritical(y)) lower = middle;
    else upper = middle;
  }
  return runAt(law, bCrit, steps, minSteps, Math.exp((lower + upper) / 2), paramsAt, overCritical);
}

function runAt(
  law: AdditiveLossConstants,
  bCrit: CriticalBatchLaw,
  steps: number,
  minSteps: number,
  y: number,
  paramsAt: (y: number) => number,
  overCritical: (y: number) => number,
): SerialBudget {
  const params = paramsAt(y);
  const x = overCritical(y);
  const batchTokens = x * criticalBatchAt(bCrit, y);
  const tokens = batchTokens * steps;
  // At the floor itself the optimum runs off to infinite parameters or an infinite batch.
  if (!(Number.isFinite(params * tokens) && x > 0)) return { status: "below-floor", minSteps };
  return {
    status: "ok",
    params,
    tokens,
    batchTokens,
    effectiveTokens: y,
    batchOverCritical: x,
    elasticityRatio: elasticityRatio(law, lossTerms(law, params, y)),
    minSteps,
  };
}
