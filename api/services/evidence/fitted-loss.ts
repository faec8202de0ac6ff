import type { IdentifiedLossFit } from "../../../schemas/loss-fits/loss-fit.ts";
import type { LogQuantity } from "../shared/estimates.ts";

/** The run whose loss is asked of a fit. */
export interface FittedLossPoint {
  /** In the count of the fit. */
  readonly params: number;
  readonly trainingTokens: number;
  /** Not used by a fit without a batch term. */
  readonly batchTokens: number;
}

// A covariance handed in may say anything; an sd of five in ln is no knowledge already.
const LARGEST_VARIANCE = 25;

/**
 * Returns the loss of a run by the law of the caller's own runs, with the spread of its constants and of one more run.
 *
 *   var ln L = g' C g + s^2,  g = d ln L / d constants
 *
 * @returns ln of nats per token; Student's degrees of freedom are those of the fit.
 * @source propagation of the covariance of the fit
 */
export function fittedLoss(fit: IdentifiedLossFit, point: FittedLossPoint): LogQuantity {
  const { constants: c, residuals } = fit;
  const { params, trainingTokens } = point;
  const lnOver = lnBatchOverCritical(fit, point);
  const over = Math.exp(lnOver);
  const effective = trainingTokens / (1 + over);
  const paramTerm = c.paramCoefficient.value * params ** -c.paramExponent.value;
  const dataTerm = c.dataCoefficient.value * effective ** -c.dataExponent.value;
  const loss = c.irreducibleLossNats.value + paramTerm + dataTerm;
  const ofCritical = (-c.dataExponent.value * dataTerm * over) / (1 + over) / loss;
  const gradient: Readonly<Record<string, number>> = {
    "ln irreducibleLossNats": c.irreducibleLossNats.value / loss,
    "ln paramCoefficient": paramTerm / loss,
    "ln dataCoefficient": dataTerm / loss,
    paramExponent: (-paramTerm * Math.log(params)) / loss,
    dataExponent: (-dataTerm * Math.log(effective)) / loss,
    "ln bCritTokens": ofCritical,
    bCritExponent: ofCritical * Math.log(trainingTokens / (c.bCritAtTokens ?? trainingTokens)),
  };
  const ofConstants = Math.max(0, quadraticForm(fit.covariance, gradient));
  return {
    lnValue: Math.log(loss),
    variance: Math.min(LARGEST_VARIANCE, ofConstants + residuals.sdLog ** 2),
    degreesOfFreedom: residuals.degreesOfFreedom,
    basis: "measured",
  };
}

/** ln(B / B_c(D)); minus infinity without a batch term. */
function lnBatchOverCritical({ constants: c }: IdentifiedLossFit, point: FittedLossPoint): number {
  const { bCritTokens, bCritExponent, bCritAtTokens } = c;
  if (bCritTokens === undefined || bCritExponent === undefined || bCritAtTokens === undefined) {
    return Number.NEGATIVE_INFINITY;
  }
  const lnBCrit =
    Math.log(bCritTokens.value) +
    bCritExponent.value * Math.log(point.trainingTokens / bCritAtTokens);
  return Math.log(point.batchTokens) - lnBCrit;
}

function quadraticForm(
  { names, matrix }: IdentifiedLossFit["covariance"],
  gradient: Readonly<Record<string, number>>,
): number {
  let sum = 0;
  for (const [i, row] of names.entries()) {
    for (const [j, column] of names.entries()) {
      sum += (gradient[row] ?? 0) * (matrix[i]?.[j] ?? 0) * (gradient[column] ?? 0);
    }
  }
  return Number.isFinite(sum) ? sum : LARGEST_VARIANCE;
}
