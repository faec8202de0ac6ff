import { requireInRange } from "../guards.ts";
import type { AdditiveLossConstants } from "../laws/additive-loss.ts";
import {
  type CriticalBatchForm,
  type CriticalBatchLaw,
  criticalBatchAt,
  effectiveTokens,
} from "./effective-tokens.ts";
import { elasticityRatio, type LossTerms, lossTerms, termRatio } from "./loss-terms.ts";
import { type ParamsRatio, paramsRatioForLostData, wallForLostData } from "./params-ratio.ts";

/** A run whose batch is to be priced. */
export interface PricedRun {
  readonly law: AdditiveLossConstants;
  /** N; in the count the loss law uses. */
  readonly params: number;
  /** D; tokens processed. */
  readonly tokens: number;
  readonly bCrit: CriticalBatchLaw;
  readonly form: CriticalBatchForm;
  /** B_0, the batch whose loss is to be restored; tokens; 0 is the zero-noise limit. */
  readonly baselineBatchTokens: number;
}

/** The run at its baseline batch: what every price is counted from. */
interface Baseline {
  readonly effective: number;
  readonly terms: LossTerms;
}

function baselineOf(run: PricedRun): Baseline {
  const effective = effectiveTokens(run.tokens, run.baselineBatchTokens, run.bCrit, run.form);
  return { effective, terms: lossTerms(run.law, run.params, effective) };
}

function lostData(run: PricedRun, baseline: Baseline, batchTokens: number): number {
  const effective = effectiveTokens(run.tokens, batchTokens, run.bCrit, run.form);
  // A batch below the baseline loses nothing: the law has no optimum, the baseline is one.
  if (batchTokens <= run.baselineBatchTokens) return 0;
  return Math.max(0, baseline.effective / effective - 1);
}

/** The batch at which the effective tokens are those of the baseline over 1 + lost. */
function batchThatLoses(run: PricedRun, baseline: Baseline, lost: number): number {
  const bCritAt = (effective: number): number =>
    criticalBatchAt(run.bCrit, run.form === "explicit" ? run.tokens : effective);
  const overCritical = run.baselineBatchTokens / bCritAt(baseline.effective);
  // D/D_eff - 1 without subtracting nearly equal numbers.
  const x = overCritical + (1 + overCritical) * lost;
  return x * bCritAt(baseline.effective / (1 + lost));
}

/**
 * Loss that a batch costs at fixed parameters and tokens, dL, counted from the baseline batch.
 *
 *   dL = d_0 [(D_eff(B_0) / D_eff(B))^beta - 1],   d_0 = G D_eff(B_0)^-beta
 *
 * From the zero-noise limit this is d [(1 + x)^beta - 1] with x = B/B_c.
 *
 * @param batchTokens - B; tokens per step; at least 0.
 * @returns nats per token; 0 at and below the baseline batch, never negative.
 * @throws {RangeError} when a number of the run or the batch is out of range.
 * @source derived from arXiv:2203.15556, eq. 2, and arXiv:1812.06162, eq. 2.11.
 */
export function batchPenaltyNats(run: PricedRun, batchTokens: number): number {
  const baseline = baselineOf(run);
  const x = lostData(run, baseline, batchTokens);
  return baseline.terms.dataTermNats * Math.expm1(run.law.dataExponent * Math.log1p(x));
}

/**
 * Parameters that restore the loss of the baseline batch at the same tokens, N'/N.
 *
 * @param batchTokens - B; tokens per step; at least 0.
 * @returns `ok` with N'/N >= 1, which is also the ratio of compute; `beyond-wall` when no finite N' does it.
 * @throws {RangeError} when a number of the run or the batch is out of range.
 * @source derived; see {@link paramsRatioForLostData}.
 */
export function paramsToRestoreLoss(run: PricedRun, batchTokens: number): ParamsRatio {
  const baseline = baselineOf(run);
  const { paramExponent, dataExponent } = run.law;
  const x = lostData(run, baseline, batchTokens);
  return paramsRatioForLostData(termRatio(baseline.terms), paramExponent, dataExponent, x);
}

/**
 * Tokens that restore the loss of the baseline batch at the same parameters, D'/D.
 *
 *   D' = D_eff(B_0) (1 + B/B_c),   explicit: B_c = B_c(D),   implicit: B_c = B_c(D_eff(B_0))
 *
 * Exact in the implicit form, because the target is D_eff = D_eff(B_0) again; from the zero-noise limit both
 * forms give D' = D (1 + B/B_c(D)).
 *
 * @param batchTokens - B; tokens per step; at least 0.
 * @returns D'/D; at least 1; also the ratio of compute and, at the same batch, of steps.
 * @throws {RangeError} when a number of the run or the batch is out of range.
 * @source arXiv:1812.06162, eq. 2.11.
 */
export function tokensToRestoreLoss(run: PricedRun, batchTokens: number): number {
  requireInRange("batchTokens", batchTokens, 0, Number.MAX_VALUE);
  const { effective } = baselineOf(run);
  const at = run.form === "explicit" ? run.tokens : effective;
  const bCritTokens = criticalBatchAt(run.bCrit, at);
  return Math.max(1, (effective / run.tokens) * (1 + batchTokens / bCritTokens));
}

/**
 * Batch from which no number of parameters restores the loss of the baseline batch at the same tokens.
 *
 * @returns tokens per step, or Infinity when the wall exceeds the range of a number; the implicit wall is never
 * above the explicit one.
 * @throws {RangeError} when a number of the run is out of range.
 * @source derived; see {@link wallForLostData}.
 */
export function wallBatchTokens(run: PricedRun): number {
  const baseline = baselineOf(run);
  const xWall = wallForLostData(termRatio(baseline.terms), run.law.dataExponent);
  return batchThatLoses(run, baseline, xWall);
}

/**
 * Batch up to which more parameters cost less compute than more tokens.
 *
 *   the batch above B_0 where N'/N = D'/D
 *
 * From the zero-noise limit in the explicit form this is x_be B_c with N'/N(x_be) = 1 + x_be.
 *
 * @returns tokens per step; the baseline batch itself when tokens are cheaper from the start (kappa >= 1).
 * @throws {RangeError} when a number of the run is out of range.
 * @source derived; unique because ln N'/N is convex in ln D_eff and ln D'/D is not.
 */
export function breakEvenBatchTokens(run: PricedRun): number {
  const baseline = baselineOf(run);
  const { tokens: D, law, bCrit, form } = run;
  const { effective: y0, terms } = baseline;
  const m = form === "explicit" ? 0 : bCrit.exponent;
  // Slopes of ln N'/N and ln D'/D in z = ln(y0 / D_eff) at the baseline.
  if (elasticityRatio(law, terms) >= 1 - m * (1 - y0 / D)) return run.baselineBatchTokens;
  const rho = termRatio(terms);
  const advantageOfTokens = (z: number): number => {
    const spent = rho * Math.expm1(law.dataExponent * z);
    if (!(spent < 1)) return Number.POSITIVE_INFINITY;
    const dataRatio = y0 / D + (Math.exp(z) - y0 / D) * Math.exp(-m * z);
    return -Math.log1p(-spent) / law.paramExponent - Math.log(dataRatio);
  };
  let lower = 0;
  let upper = Math.log1p(1 / rho) / law.dataExponent;
  for (let step = 0; step < 200; step++) {
    const middle = (lower + upper) / 2;
    if (middle <= lower || middle >= upper) break;
    if (advantageOfTokens(middle) > 0) upper = middle;
    else lower = middle;
  }
  return batchThatLoses(run, baseline, Math.expm1(lower));
}
