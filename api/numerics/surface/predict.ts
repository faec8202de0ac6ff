import { requirePositive } from "../guards.ts";
import { twoSidedStudentQuantile } from "../quantiles.ts";
import {
  type FittedSurface,
  SURFACE_CONSTANT_NAMES,
  SURFACE_PIVOT,
  type SurfacePoint,
} from "./form.ts";
import { surfaceGradient } from "./gradient.ts";
import {
  type SurfaceOptimum,
  surfaceLearningRate,
  surfaceLossNats,
  surfaceOptimum,
} from "./surface.ts";

/** A predicted quantity with its predictive interval. */
export interface SurfaceEstimate {
  readonly value: number;
  /** Standard deviation of its natural logarithm. */
  readonly sdLog: number;
  readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
}

/** How far a query lies outside the fitted (N, D). */
export interface SurfaceReach {
  readonly insideFit: boolean;
  /** Euclidean distance to the fitted box in (ln N, ln D); 0 inside. */
  readonly extrapolationLog: number;
}

/** The optimum of one (N, D) with intervals. */
export interface SurfaceOptimumPrediction extends SurfaceReach {
  readonly bOptTokens: SurfaceEstimate;
  readonly bCritTokens: SurfaceEstimate;
  readonly peakLearningRate: SurfaceEstimate;
  readonly lossNats: SurfaceEstimate;
}

/**
 * Spread of published exponents: what a logarithmic unit outside the fitted box costs in certainty.
 * Batch by D, laws of compute and of N taken along 20 tokens a parameter: 0.26 (arXiv:2412.01505), 0.38 (2505.13738),
 * 0.45 (2510.03871), 0.57 (2503.04715), 0.65 (2401.02954), 0.70 (2406.19146), 0.83 (2502.16982). Batch by N at fixed D:
 * 0 in the laws of D, 0.33 and 0.41 in the laws of compute. Learning rate by D: -0.32 at fixed batch (2409.19913),
 * -0.28, -0.125, -0.06, 0.307; by N: -0.06, -0.125, -0.23, -0.36, -0.713; both rounded up, since practice at a
 * billion parameters and more lies below most laws. Loss: the additive and the quadratic sum of the same two terms,
 * both fitted here, part by 0.02 nats a unit.
 */
export const SURFACE_OUTSIDE_SD: {
  readonly [quantity in "batch" | "learningRate" | "lossNats"]: {
    readonly params: number;
    readonly tokens: number;
  };
} = Object.freeze({
  batch: { params: 0.2, tokens: 0.2 },
  learningRate: { params: 0.3, tokens: 0.3 },
  lossNats: { params: 0.02, tokens: 0.02 },
});

/** Critical batches measured by different groups at equal D scatter by a factor 1.4 (arXiv:2410.21676, 2505.13738). */
const B_CRIT_BETWEEN_STUDIES_SD = 0.35;

interface Clamped extends SurfaceReach {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly paramsDistance: number;
  readonly tokensDistance: number;
}

/**
 * Returns whether an (N, D) lies inside the fitted runs, and if not how far outside.
 *
 *   distance = sqrt((ln N - ln N_box)^2 + (ln D - ln D_box)^2),  the box's point nearest the query
 *
 * @param fitted - fitted constants; those in use are `CRITBATCH_JOINT`.
 * @param nonEmbeddingParams - N; finite, above 0.
 * @param trainingTokens - D; finite, above 0.
 * @throws {RangeError} when a count is not finite and positive.
 * @source own calibration, see {@link predictSurfaceOptimum}.
 */
export function surfaceReach(
  fitted: FittedSurface,
  nonEmbeddingParams: number,
  trainingTokens: number,
): SurfaceReach {
  requirePositive("nonEmbeddingParams", nonEmbeddingParams);
  requirePositive("trainingTokens", trainingTokens);
  const { insideFit, extrapolationLog } = clampToBox(fitted, nonEmbeddingParams, trainingTokens);
  return { insideFit, extrapolationLog };
}

function clampToBox(fitted: FittedSurface, params: number, tokens: number): Clamped {
  const { nonEmbeddingParams: n, trainingTokens: d } = fitted.fittedBox;
  const nonEmbeddingParams = Math.min(Math.max(params, n.lower), n.upper);
  const trainingTokens = Math.min(Math.max(tokens, d.lower), d.upper);
  const paramsDistance = Math.abs(Math.log(params / nonEmbeddingParams));
  const tokensDistance = Math.abs(Math.log(tokens / trainingTokens));
  return {
    nonEmbeddingParams,
    trainingTokens,
    paramsDistance,
    tokensDistance,
    insideFit: paramsDistance === 0 && tokensDistance === 0,
    extrapolationLog: Math.hypot(paramsDistance, tokensDistance),
  };
}

/** g' C g for derivatives by the constants. */
function constantsVariance(fitted: FittedSurface, derivatives: ArrayLike<number>): number {
  const n = SURFACE_CONSTANT_NAMES.length;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    if (derivatives[i] === 0) continue;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += fitted.covariance[i * n + j]! * derivatives[j]!;
    variance += derivatives[i]! * sum;
  }
  return Math.max(0, variance);
}

function outsideVariance(sd: { params: number; tokens: number }, at: Clamped): number {
  return (sd.params * at.paramsDistance) ** 2 + (sd.tokens * at.tokensDistance) ** 2;
}

function estimate(
  fitted: FittedSurface,
  value: number,
  variance: number,
  level: number,
): SurfaceEstimate {
  const sdLog = Math.sqrt(variance);
  const half = twoSidedStudentQuantile(level, fitted.provenance.cells - 1) * sdLog;
  return {
    value,
    sdLog,
    interval: { lower: value * Math.exp(-half), upper: value * Math.exp(half), level },
  };
}

/** Derivatives by the constants of ln B_opt, ln B_c and ln LR_opt, which are linear in them. */
function optimumDerivatives(params: number, tokens: number) {
  const n = Math.log(params / SURFACE_PIVOT.nonEmbeddingParams);
  const d = Math.log(tokens / SURFACE_PIVOT.trainingTokens);
  return {
    batch: [0, 0, 0, 0, 0, 0.5, d / 2, 0.5, d / 2, n / 2, 0, 0, 0, 0, 0, 0, 0],
    critical: [0, 0, 0, 0, 0, 1, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    learningRate: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, n, d, -Math.LN2 / 3, 0, 0, 0],
  };
}

/** Variance of the loss in nats^2, at the place of the box nearest the query, plus what distance adds. */
function lossVariance(
  fitted: FittedSurface,
  at: Clamped,
  batchRatio: number,
  learningRateRatio: number,
): number {
  const { constants, discrepancy } = fitted;
  const { nonEmbeddingParams, trainingTokens } = at;
  const optimum = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
  const batchTokens = optimum.bOptTokens * batchRatio;
  const tuned = surfaceLearningRate(constants, nonEmbeddingParams, trainingTokens, batchTokens);
  const { lossNats, byConstants } = surfaceGradient(constants, {
    nonEmbeddingParams,
    trainingTokens,
    batchTokens,
    peakLearningRate: tuned * learningRateRatio,
  });
  return (
    constantsVariance(fitted, byConstants) +
    discrepancy.lossSdNats ** 2 +
    (discrepancy.lossSdPerExcessNat * (lossNats - optimum.lossNats)) ** 2 +
    outsideVariance(SURFACE_OUTSIDE_SD.lossNats, at)
  );
}

/**
 * Returns the optimal batch and learning rate of (N, D) and the loss there, with predictive intervals.
 *
 *   var ln x = g' C g + discrepancy^2 + (sd_N dist ln N)^2 + (sd_D dist ln D)^2,  g = d ln x / d constants
 *
 * C is the covariance over a bootstrap of cells, the discrepancy what leaving cells out shows beyond it, and
 * the last two terms the spread of published exponents times the distance outside the fitted box, where C is
 * taken at the nearest point of the box. Student quantiles with one degree of freedom less than cells.
 *
 * @param fitted - fitted constants; those in use are `CRITBATCH_JOINT`.
 * @param nonEmbeddingParams - N; finite, above 0.
 * @param trainingTokens - D; finite, above 0.
 * @param level - coverage of the intervals, in (0, 1).
 * @returns tokens a step, learning rate, nats per token; how far outside the fitted box the query lies.
 * @throws {RangeError} when an argument is out of its domain.
 * @source own fit and calibration, provenance in `constants.ts`.
 */
export function predictSurfaceOptimum(
  fitted: FittedSurface,
  nonEmbeddingParams: number,
  trainingTokens: number,
  level: number,
): SurfaceOptimumPrediction {
  const { discrepancy } = fitted;
  const optimum: SurfaceOptimum = surfaceOptimum(
    fitted.constants,
    nonEmbeddingParams,
    trainingTokens,
  );
  const at = clampToBox(fitted, nonEmbeddingParams, trainingTokens);
  const by = optimumDerivatives(at.nonEmbeddingParams, at.trainingTokens);
  const batchOutside = outsideVariance(SURFACE_OUTSIDE_SD.batch, at);
  const batch = constantsVariance(fitted, by.batch) + discrepancy.logBatchSd ** 2 + batchOutside;
  const critical =
    constantsVariance(fitted, by.critical) + B_CRIT_BETWEEN_STUDIES_SD ** 2 + batchOutside;
  const learningRate =
    constantsVariance(fitted, by.learningRate) +
    discrepancy.logLearningRateSd ** 2 +
    outsideVariance(SURFACE_OUTSIDE_SD.learningRate, at);
  const loss = lossVariance(fitted, at, 1, 1) / optimum.lossNats ** 2;
  return {
    bOptTokens: estimate(fitted, optimum.bOptTokens, batch, level),
    bCritTokens: estimate(fitted, optimum.bCritTokens, critical, level),
    peakLearningRate: estimate(fitted, optimum.peakLearningRate, learningRate, level),
    lossNats: estimate(fitted, optimum.lossNats, loss, level),
    insideFit: at.insideFit,
    extrapolationLog: at.extrapolationLog,
  };
}

/**
 * Returns the final loss of a run with its predictive interval.
 *
 *   var L = g' C g + discrepancy^2 + (slope (L - L_opt))^2 + (sd dist)^2,  interval on ln L
 *
 * See {@link predictSurfaceOptimum} for the terms. It holds for the text and tokenizer of the fitted runs:
 * elsewhere only differences of losses mean anything.
 *
 * @throws {RangeError} when a field of the point or the level is out of its domain.
 * @source own fit and calibration, provenance in `constants.ts`.
 */
export function predictSurfaceLoss(
  fitted: FittedSurface,
  point: SurfacePoint,
  level: number,
): SurfaceEstimate & SurfaceReach {
  const { nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate } = point;
  const { constants } = fitted;
  const lossNats = surfaceLossNats(constants, point);
  const at = clampToBox(fitted, nonEmbeddingParams, trainingTokens);
  const optimum = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
  const tuned = surfaceLearningRate(constants, nonEmbeddingParams, trainingTokens, batchTokens);
  const variance = lossVariance(
    fitted,
    at,
    batchTokens / optimum.bOptTokens,
    peakLearningRate / tuned,
  );
  return {
    ...estimate(fitted, lossNats, variance / lossNats ** 2, level),
    insideFit: at.insideFit,
    extrapolationLog: at.extrapolationLog,
  };
}
