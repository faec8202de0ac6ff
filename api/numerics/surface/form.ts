import { requirePositive } from "../guards.ts";

/**
 * The constants of the joint loss surface, in the order of their covariance. Logarithms are taken at the
 * pivot: 4e8 parameters, 2e10 tokens, batches of 4e5 tokens, a learning rate of 2e-3.
 */
export const SURFACE_CONSTANT_NAMES = [
  "irreducibleLossNats",
  "logParamCoefficient",
  "paramExponent",
  "logDataCoefficient",
  "dataExponent",
  "logBCrit",
  "bCritTokensExponent",
  "logBSmall",
  "bSmallTokensExponent",
  "bSmallParamsExponent",
  "logLearningRate",
  "learningRateParamsExponent",
  "learningRateTokensExponent",
  "learningRateBatchExponent",
  "logCurvature",
  "curvatureAsymmetry",
  "curvatureStepsExponent",
] as const;

/** One constant's name. */
export type SurfaceConstantName = (typeof SURFACE_CONSTANT_NAMES)[number];
/** A value for every constant. */
export type SurfaceConstants = { readonly [name in SurfaceConstantName]: number };

/** A run: non-embedding parameters, tokens, tokens a step, peak learning rate. */
export interface SurfacePoint {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly peakLearningRate: number;
}

/** Spread the surface's own errors show on cells it has not seen; one standard deviation each. */
export interface SurfaceDiscrepancy {
  /** Of ln B_opt against the measured optimum of a cell. */
  readonly logBatchSd: number;
  /** Of ln LR_opt against the measured optimum of a cell. */
  readonly logLearningRateSd: number;
  /** Of the loss at the optimum; nats. */
  readonly lossSdNats: number;
  /** What the loss's spread gains for every nat above the optimum. */
  readonly lossSdPerExcessNat: number;
}

/** Fitted constants with all that is needed to say how sure they are. */
export interface FittedSurface {
  readonly constants: SurfaceConstants;
  /** Bootstrap over cells, row-major, in the order of {@link SURFACE_CONSTANT_NAMES}. */
  readonly covariance: readonly number[];
  readonly discrepancy: SurfaceDiscrepancy;
  /** The (N, D) the runs span; a prediction outside it is an extrapolation. */
  readonly fittedBox: {
    readonly nonEmbeddingParams: { readonly lower: number; readonly upper: number };
    readonly trainingTokens: { readonly lower: number; readonly upper: number };
  };
  readonly provenance: {
    readonly source: string;
    readonly dataSha256: string;
    readonly runs: number;
    readonly cells: number;
    readonly bootstrapReplicates: number;
    readonly leaveOneCellOut: {
      readonly meanRegretNats: number;
      readonly maxRegretNats: number;
      readonly rmseNats: number;
    };
  };
}

/** Where the logarithms of the constants are taken: near the middle of the fitted runs. */
export const SURFACE_PIVOT: SurfacePoint = Object.freeze({
  nonEmbeddingParams: 4e8,
  trainingTokens: 2e10,
  batchTokens: 4e5,
  peakLearningRate: 2e-3,
});

/** The two reducible terms add in quadrature; 1 would be the additive law of Hoffmann et al. */
export const TERM_POWER = 2;
/** Sharpness of the corner of LR*(B) at B_opt. */
export const CORNER_POWER = 3;

const LOG_PIVOT_PARAMS = Math.log(SURFACE_PIVOT.nonEmbeddingParams);
const LOG_PIVOT_TOKENS = Math.log(SURFACE_PIVOT.trainingTokens);
const LOG_PIVOT_BATCH = Math.log(SURFACE_PIVOT.batchTokens);
const LOG_PIVOT_LEARNING_RATE = Math.log(SURFACE_PIVOT.peakLearningRate);

/** ln(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** 1 / (1 + e^-x), the derivative of {@link softplus}. */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The surface at one (N, D), in logarithms relative to the pivot: what a grid computes once. */
export interface Slice {
  readonly n: number;
  readonly d: number;
  readonly logBCrit: number;
  readonly logBSmall: number;
  readonly logBOpt: number;
  readonly logPlateauLearningRate: number;
  /** (A N^-alpha)^rho */
  readonly paramPower: number;
}

/** Evaluates what depends on (N, D) alone, from their logarithms relative to the pivot. */
export function sliceAt(constants: SurfaceConstants, n: number, d: number): Slice {
  const logBCrit = constants.logBCrit + constants.bCritTokensExponent * d;
  const logBSmall =
    constants.logBSmall + constants.bSmallTokensExponent * d + constants.bSmallParamsExponent * n;
  return {
    n,
    d,
    logBCrit,
    logBSmall,
    logBOpt: (logBCrit + logBSmall) / 2,
    logPlateauLearningRate:
      constants.logLearningRate +
      constants.learningRateParamsExponent * n +
      constants.learningRateTokensExponent * d,
    paramPower: Math.exp(
      TERM_POWER * (constants.logParamCoefficient - constants.paramExponent * n),
    ),
  };
}

/** ln(LR* / plateau) over its exponent: a smooth min(0, ln(B / B_opt)). */
export function corner(slice: Slice, b: number): number {
  return -softplus(CORNER_POWER * (slice.logBOpt - b)) / CORNER_POWER;
}

/** Loss with the learning rate tuned to the batch. */
export function tunedLoss(constants: SurfaceConstants, slice: Slice, b: number): number {
  const lost = softplus(b - slice.logBCrit) + softplus(slice.logBSmall - b);
  const dataPower = Math.exp(
    TERM_POWER * (constants.logDataCoefficient - constants.dataExponent * (slice.d - lost)),
  );
  return constants.irreducibleLossNats + Math.sqrt(slice.paramPower + dataPower);
}

/** ln LR*(B), relative to the pivot. */
export function tunedLogLearningRate(constants: SurfaceConstants, slice: Slice, b: number): number {
  return slice.logPlateauLearningRate + constants.learningRateBatchExponent * corner(slice, b);
}

/** c (D/B)^h ln(LR / LR*)^2 from the logarithm of the ratio; nats. */
export function learningRateCost(
  constants: SurfaceConstants,
  slice: Slice,
  b: number,
  logRatio: number,
): number {
  const side = logRatio > 0 ? constants.curvatureAsymmetry : -constants.curvatureAsymmetry;
  return (
    Math.exp(constants.logCurvature + side + constants.curvatureStepsExponent * (slice.d - b)) *
    logRatio *
    logRatio
  );
}

/** ln N relative to the pivot. @throws {RangeError} when it is not finite and positive. */
export function logParams(nonEmbeddingParams: number): number {
  return Math.log(requirePositive("nonEmbeddingParams", nonEmbeddingParams)) - LOG_PIVOT_PARAMS;
}

/** ln D relative to the pivot. @throws {RangeError} when it is not finite and positive. */
export function logTokens(trainingTokens: number): number {
  return Math.log(requirePositive("trainingTokens", trainingTokens)) - LOG_PIVOT_TOKENS;
}

/** ln B relative to the pivot. @throws {RangeError} when it is not finite and positive. */
export function logBatch(batchTokens: number): number {
  return Math.log(requirePositive("batchTokens", batchTokens)) - LOG_PIVOT_BATCH;
}

/** ln LR relative to the pivot. @throws {RangeError} when it is not finite and positive. */
export function logLearningRate(peakLearningRate: number): number {
  return Math.log(requirePositive("peakLearningRate", peakLearningRate)) - LOG_PIVOT_LEARNING_RATE;
}
