import type { IdentifiedLossFit } from "../../../schemas/loss-fits/loss-fit.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import { roundForWire } from "../shared/estimates.ts";
import type { CriticalBatchRange } from "./evaluation.ts";

/** The critical batch of the caller's own runs, with its exponent in the tokens. */
export interface FittedCriticalBatch {
  readonly bCrit: CriticalBatchRange;
  readonly bCritExponent: number;
}

/** Scatter of the published exponents of B_c(D) where the runs do not tell it: 0.47, 0.462, 0.45, 0.38. */
const PUBLISHED_EXPONENT_SD = 0.05;
// As wide as a given critical batch may be.
const [SMALLEST_TOKENS, LARGEST_TOKENS] = [1e-3, 1e21];

/**
 * Returns the critical batch of a fit at the tokens of a run.
 *
 *   ln B_c(D) = ln B_c(D0) + m x,  var = v_bb + 2 x v_bm + x^2 v_mm,  x = ln(D/D0)
 *
 * @returns undefined for a fit without a batch term.
 * @source propagation of the covariance of the fit
 */
export function fittedCriticalBatch(
  fit: IdentifiedLossFit,
  trainingTokens: number,
  level: number,
): FittedCriticalBatch | undefined {
  const { bCritTokens, bCritExponent, bCritAtTokens } = fit.constants;
  if (bCritTokens === undefined || bCritExponent === undefined || bCritAtTokens === undefined) {
    return undefined;
  }
  const x = Math.log(trainingTokens / bCritAtTokens);
  const half =
    twoSidedStudentQuantile(level, fit.residuals.degreesOfFreedom) *
    Math.sqrt(Math.max(0, varianceAt(fit, x)));
  const lnValue = Math.log(bCritTokens.value) + bCritExponent.value * x;
  return {
    bCrit: {
      value: tokensOf(lnValue),
      lower: tokensOf(lnValue - half),
      upper: tokensOf(lnValue + half),
    },
    bCritExponent: bCritExponent.value,
  };
}

function varianceAt({ covariance }: IdentifiedLossFit, x: number): number {
  const b = covariance.names.indexOf("ln bCritTokens");
  const m = covariance.names.indexOf("bCritExponent");
  const entry = (row: number, column: number) => covariance.matrix[row]?.[column] ?? 0;
  const ofExponent = m < 0 ? PUBLISHED_EXPONENT_SD ** 2 : entry(m, m);
  return entry(b, b) + 2 * x * entry(b, m) + x * x * ofExponent;
}

function tokensOf(lnTokens: number): number {
  return roundForWire(Math.min(LARGEST_TOKENS, Math.max(SMALLEST_TOKENS, Math.exp(lnTokens))));
}
