import { fitHyperbola, type HyperbolaFit } from "../../numerics/fitting/hyperbola.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import type { MeasuredInterval } from "./measured-interval.ts";
import type { NoiseAtTarget } from "./noise-at-target.ts";
import type { TunedBatch } from "./rate-search.ts";
import { rateAt, type Sweep } from "./sweep.ts";

export type CriticalBatchOptions = {
  /** Steps of the pilot run that sets the target; ignored when `targetLoss` is given. */
  readonly pilotSteps: number;
  readonly targetLoss?: number;
  /** Where the target lies between the trivial predictor (0) and the pilot's best loss (1). */
  readonly targetDepth: number;
  readonly seeds: number;
  readonly intervalLevel: number;
};

export type CriticalBatchPoint = {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly steps: number;
  readonly stepsBySeed: readonly number[];
};

export type CriticalBatchResult = {
  readonly status: "bracketed" | "not-bracketed" | "unreachable-target" | "lr-not-bracketed";
  readonly reason: string;
  readonly bCritExamples?: MeasuredInterval;
  readonly minSteps?: MeasuredInterval;
  readonly minExamples?: MeasuredInterval;
  readonly targetLoss?: number;
  /** 0 = trivial predictor, 1 = best loss any run reached. */
  readonly targetDepth?: number;
  readonly points: readonly CriticalBatchPoint[];
  readonly rmsLogResidual?: number;
  /** Standard deviations of ln B_c: leave-one-batch-out, and from the spread between seeds (docs/method.md, Probes). */
  readonly jackknifeLogSd?: number;
  readonly fisherLogSd?: number;
} & NoiseAtTarget;

// The range is wide enough when it covers B_c/16 to 16 B_c (docs/method.md, Probes). Nothing is smaller than a
// batch of one: there B_c/4 is enough, the run at that end needs no extrapolation.
export const REACH = 16;
const REACH_FROM_ONE = 4;
// Room for the error of B_c itself.
const TOLERANCE = 0.85;

/** The point of one batch: mean of ln steps over the seeds, moved to the vertex of the rate parabola. */
export function pointOf(
  sweep: Sweep,
  batch: TunedBatch,
  stepsBySeed: readonly number[],
): CriticalBatchPoint {
  let sum = 0;
  for (const steps of stepsBySeed) sum += Math.log(steps) / stepsBySeed.length;
  return {
    batchExamples: batch.batchExamples,
    peakLearningRate: rateAt(sweep, batch.rateIndex),
    steps: Math.exp(sum) * (batch.steps / batch.gridSteps),
    stepsBySeed,
  };
}

/** Pooled standard deviation of ln steps between seeds, with its degrees of freedom. */
function seedSpread(points: readonly CriticalBatchPoint[]): { sd: number; freedom: number } {
  let squares = 0;
  let freedom = 0;
  for (const { stepsBySeed } of points) {
    const logs = stepsBySeed.map(Math.log);
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    for (const log of logs) squares += (log - mean) ** 2;
    freedom += logs.length - 1;
  }
  return { sd: freedom > 0 ? Math.sqrt(squares / freedom) : 0, freedom };
}

/**
 * Standard deviation of ln B_c from the spread of ln steps (docs/method.md, Probes).
 *
 *   Var = sigma^2 n / (sum p^2 sum (1-p)^2 - (sum p(1-p))^2),  p = 1 / (1 + B_c/B)
 */
export function fisherLogSd(
  batches: readonly number[],
  weights: readonly number[],
  bCrit: number,
  sigma: number,
): number {
  let pp = 0;
  let qq = 0;
  let pq = 0;
  let n = 0;
  batches.forEach((batch, i) => {
    const p = 1 / (1 + bCrit / batch);
    const w = weights[i]!;
    pp += w * p * p;
    qq += w * (1 - p) ** 2;
    pq += w * p * (1 - p);
    n += w;
  });
  return sigma * Math.sqrt(n / (pp * qq - pq * pq));
}

function measured(value: number, logSd: number, level: number, freedom: number): MeasuredInterval {
  const reach = Math.exp(twoSidedStudentQuantile(level, Math.max(1, freedom)) * logSd);
  return {
    value,
    interval: { lower: value / reach, upper: value * reach, level },
    basis: "measured",
  };
}

export type Reading = {
  readonly fit: HyperbolaFit;
  readonly points: readonly CriticalBatchPoint[];
  /** Whether the fitted hyperbola is steep enough at the small end and flat enough at the large one. */
  readonly steep: boolean;
  readonly flat: boolean;
};

// Judged by the fitted hyperbola: the ratio of two single points is too noisy.
export function readPoints(points: readonly CriticalBatchPoint[]): Reading {
  const n = points.length;
  const fit = fitHyperbola(
    points.map((point) => point.batchExamples),
    points.map((point) => point.steps),
  );
  if (fit.status !== "ok" || n < 3) return { fit, points, steep: false, flat: false };
  const smallest = points[0]!.batchExamples;
  const largest = points[n - 1]!.batchExamples;
  const reach = smallest === 1 ? REACH_FROM_ONE : REACH;
  return {
    fit,
    points,
    steep: smallest * reach * TOLERANCE <= fit.bCrit,
    flat: fit.bCrit * REACH * TOLERANCE <= largest,
  };
}

export function conclude(
  { fit, points, steep, flat }: Reading,
  options: CriticalBatchOptions,
  reason: string,
): Omit<CriticalBatchResult, "targetLoss" | "targetDepth"> {
  if (fit.status !== "ok") {
    const why =
      fit.status === "unresolved"
        ? "The steps show only one side of the knee."
        : "Too few batches reached the target to fit the knee.";
    return { status: "not-bracketed", reason: `${reason} ${why}`, points };
  }
  if (!steep || !flat) return { status: "not-bracketed", reason, points };
  const n = points.length;
  const batches = points.map((point) => point.batchExamples);
  const spread = seedSpread(points);
  const sigma = Math.max(spread.sd, fit.rmsLogResidual * Math.sqrt(n / Math.max(1, n - 2)));
  const weights = points.map((point) => point.stepsBySeed.length);
  const fisher = fisherLogSd(batches, weights, fit.bCrit, sigma);
  const jackknife = fit.bCritLogSe ?? fisher;
  // The Fisher formula knows nothing of errors of the rate grid, the jackknife is noisy: take the larger.
  const logSd = Math.max(fisher, jackknife);
  const freedom = Math.max(n - 2, spread.freedom);
  const level = options.intervalLevel;
  return {
    status: "bracketed",
    reason: "the batches reach far enough on both sides of the knee",
    bCritExamples: measured(fit.bCrit, logSd, level, freedom),
    // Each end of the hyperbola fixes one of the two: their logarithms share the variance of ln B_c.
    minSteps: measured(fit.minSteps, logSd * Math.SQRT1_2, level, freedom),
    minExamples: measured(fit.minExamples, logSd * Math.SQRT1_2, level, freedom),
    points,
    rmsLogResidual: fit.rmsLogResidual,
    jackknifeLogSd: jackknife,
    fisherLogSd: fisher,
  };
}
