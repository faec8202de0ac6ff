import { fillRandomIndices } from "../random.ts";
import type { Sliced } from "../slices.ts";
import { robustLeastSquares } from "./least-squares.ts";
import { AT, type BatchTerm, evaluateLnLoss, type LogRuns, lossProblem } from "./loss-form.ts";

/** Internal parameters of every replicate, one array each. */
export type Replicates = readonly Float64Array[];

/** How replicates are made. */
export interface BootstrapSettings {
  readonly replicates: number;
  readonly seed: number;
  readonly huberDelta: number;
}

/** A replicate starts at the solution and is rarely further than a few steps from its own. */
const REPLICATE_STOP = { maxIterations: 60, costTolerance: 1e-5 } as const;

/**
 * Refits the law to its own predictions plus residuals drawn at random with random signs: the residual bootstrap.
 *
 *   ln L*_i = ln L(fit)_i +- n / (n - p) |r_j|,  j uniform, both signs equally likely
 *
 * Keeps the design, so that no replicate lacks a size or a batch. It takes the residuals of all runs to be alike.
 * sqrt(n / (n - p)) makes up for what the fit took from the residuals; its square, for the curvature of E and alpha,
 * which else leaves intervals of a dozen runs too narrow (docs/method.md, "Fitting your own runs").
 *
 * @param solution - internal parameters of the fit.
 * @returns as many internal parameters as replicates asked for; the same for the same seed.
 * @source Efron, Ann. Statist. 7 (1979) 1, section 7 (regression).
 * @complexity one short fit a replicate.
 */
export function* residualBootstrap(
  runs: LogRuns,
  term: BatchTerm,
  solution: Float64Array,
  settings: BootstrapSettings,
): Sliced<Replicates> {
  const { count } = runs;
  const fitted = new Float64Array(count);
  evaluateLnLoss(runs, term, solution, fitted);
  const inflation = count / Math.max(1, count - solution.length);
  const spread = runs.lnLoss.map((observed, row) => inflation * (observed - fitted[row]!));
  const draws = new Uint32Array(count);
  const target = new Float64Array(count);
  const problem = lossProblem(runs, term, target, settings.huberDelta);
  const replicates: Float64Array[] = [];
  for (let replicate = 0; replicate < settings.replicates; replicate++) {
    fillRandomIndices(draws, 2 * count, settings.seed, replicate);
    for (let row = 0; row < count; row++) {
      const residual = spread[draws[row]! >>> 1]!;
      target[row] = fitted[row]! + (draws[row]! % 2 === 0 ? residual : -residual);
    }
    replicates.push(robustLeastSquares(problem, solution, REPLICATE_STOP).parameters);
    yield;
  }
  return replicates;
}

/** A constant with the spread of its replicates on either side. */
export interface SpreadValue {
  readonly value: number;
  /** Standard deviations below and above, from the tenth and ninetieth percentile. */
  readonly sdBelow: number;
  readonly sdAbove: number;
}

/** 90 % quantile of the standard normal. */
const NORMAL_90 = 1.2815515655446004;

/**
 * Returns a function of the constants with its spread over the replicates.
 *
 * The percentiles at 10 and 90 % carry the skewness and need few replicates; wider intervals follow by Student's t.
 */
export function spreadOf(
  solution: Float64Array,
  replicates: Replicates,
  of: (parameters: Float64Array) => number,
): SpreadValue {
  const value = of(solution);
  const sorted = Float64Array.from(replicates, of).sort();
  const last = sorted.length - 1;
  const lower = sorted[Math.round(0.1 * last)] ?? value;
  const upper = sorted[Math.round(0.9 * last)] ?? value;
  return {
    value,
    sdBelow: Math.max(0, value - lower) / NORMAL_90,
    sdAbove: Math.max(0, upper - value) / NORMAL_90,
  };
}

/** Covariance of functions of the constants over the replicates, row by row. */
export function covarianceOf(
  replicates: Replicates,
  of: readonly ((parameters: Float64Array) => number)[],
): number[][] {
  const columns = of.map((one) => {
    const values = Float64Array.from(replicates, one);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return values.map((x) => x - mean);
  });
  return columns.map((a) =>
    columns.map((b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (a.length - 1)),
  );
}

/** ln A of the term A N^-alpha, from its value at the pivot. */
export function lnParamCoefficient(runs: LogRuns): (parameters: Float64Array) => number {
  const pivot = Math.log(runs.pivot.params);
  return (x) => x[AT.lnParamTerm]! + Math.exp(x[AT.lnParamExponent]!) * pivot;
}

/** ln G of the term G D^-beta, from its value at the pivot. */
export function lnDataCoefficient(runs: LogRuns): (parameters: Float64Array) => number {
  const pivot = Math.log(runs.pivot.trainingTokens);
  return (x) => x[AT.lnDataTerm]! + Math.exp(x[AT.lnDataExponent]!) * pivot;
}
