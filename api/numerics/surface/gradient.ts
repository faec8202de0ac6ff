import {
  CORNER_POWER,
  corner,
  learningRateCost,
  logBatch,
  logistic,
  logLearningRate,
  logParams,
  logTokens,
  SURFACE_CONSTANT_NAMES,
  type SurfaceConstants,
  type SurfacePoint,
  sliceAt,
  softplus,
  TERM_POWER,
} from "./form.ts";

/** The loss with its derivatives by the logarithms of the inputs and by the constants. */
export interface SurfaceGradient {
  lossNats: number;
  byLogParams: number;
  byLogTokens: number;
  byLogBatch: number;
  byLogLearningRate: number;
  /** In the order of {@link SURFACE_CONSTANT_NAMES}. */
  readonly byConstants: Float64Array;
}

/** An empty gradient to fill, so that a loop over runs allocates nothing. */
export function newSurfaceGradient(): SurfaceGradient {
  return {
    lossNats: 0,
    byLogParams: 0,
    byLogTokens: 0,
    byLogBatch: 0,
    byLogLearningRate: 0,
    byConstants: new Float64Array(SURFACE_CONSTANT_NAMES.length),
  };
}

/**
 * Returns the loss and its exact derivatives.
 *
 *   dL/d ln N, dL/d ln D, dL/d ln B, dL/d ln LR at the point, and dL/d(constant) for every constant
 *
 * The curvature of the learning-rate term jumps at LR*, its slope does not.
 *
 * @param constants - fitted constants.
 * @param point - the run; every field finite and above 0.
 * @param out - filled and returned; a new one by default.
 * @throws {RangeError} when a field of the point is not finite and positive.
 * @source the chain rule on surfaceLossNats.
 */
export function surfaceGradient(
  constants: SurfaceConstants,
  point: SurfacePoint,
  out: SurfaceGradient = newSurfaceGradient(),
): SurfaceGradient {
  const n = logParams(point.nonEmbeddingParams);
  const d = logTokens(point.trainingTokens);
  const b = logBatch(point.batchTokens);
  const slice = sliceAt(constants, n, d);
  const beta = constants.dataExponent;
  const a = constants.learningRateBatchExponent;
  const h = constants.curvatureStepsExponent;
  const lost = softplus(b - slice.logBCrit) + softplus(slice.logBSmall - b);
  const dataPower = Math.exp(TERM_POWER * (constants.logDataCoefficient - beta * (d - lost)));
  const reducible = Math.sqrt(slice.paramPower + dataPower);
  const byParamTerm = slice.paramPower / reducible;
  const byDataTerm = dataPower / reducible;
  const overCritical = logistic(b - slice.logBCrit);
  const underSmall = logistic(slice.logBSmall - b);
  const belowCorner = logistic(CORNER_POWER * (slice.logBOpt - b));
  const bend = corner(slice, b);
  const ratio = logLearningRate(point.peakLearningRate) - slice.logPlateauLearningRate - a * bend;
  const cost = learningRateCost(constants, slice, b, ratio);
  const slope = ratio === 0 ? 0 : (2 * cost) / ratio;
  const byBend = slope * a * belowCorner;
  const byLogBCrit = -beta * byDataTerm * overCritical + byBend / 2;
  const byLogBSmall = beta * byDataTerm * underSmall + byBend / 2;

  out.lossNats = constants.irreducibleLossNats + reducible + cost;
  out.byLogParams =
    -constants.paramExponent * byParamTerm +
    constants.bSmallParamsExponent * byLogBSmall -
    constants.learningRateParamsExponent * slope;
  out.byLogTokens =
    -beta * byDataTerm +
    constants.bCritTokensExponent * byLogBCrit +
    constants.bSmallTokensExponent * byLogBSmall -
    constants.learningRateTokensExponent * slope +
    h * cost;
  out.byLogBatch = beta * byDataTerm * (overCritical - underSmall) - byBend - h * cost;
  out.byLogLearningRate = slope;
  const g = out.byConstants;
  g[0] = 1;
  g[1] = byParamTerm;
  g[2] = -n * byParamTerm;
  g[3] = byDataTerm;
  g[4] = -(d - lost) * byDataTerm;
  g[5] = byLogBCrit;
  g[6] = d * byLogBCrit;
  g[7] = byLogBSmall;
  g[8] = d * byLogBSmall;
  g[9] = n * byLogBSmall;
  g[10] = -slope;
  g[11] = -n * slope;
  g[12] = -d * slope;
  g[13] = -bend * slope;
  g[14] = cost;
  g[15] = ratio > 0 ? cost : -cost;
  g[16] = (d - b) * cost;
  return out;
}
