import {
  type LeastSquaresProblem,
  robustLeastSquares,
} from "../../api/numerics/fitting/least-squares.ts";
import {
  SURFACE_CONSTANT_NAMES,
  type SurfaceConstantName,
  type SurfaceConstants,
} from "../../api/numerics/surface/form.ts";
import { newSurfaceGradient, surfaceGradient } from "../../api/numerics/surface/gradient.ts";
import type { SweepCell, SweepRun } from "./sweep.ts";

/** What is believed of a constant before the runs are seen: a normal distribution, and on whose word. */
export interface Prior {
  readonly mean: number;
  readonly sd: number;
  readonly source: string;
}

/**
 * Priors of the fit. Laws fitted on these same runs (Step Law, Schaipp, the older refit) have no say, so
 * leaving a cell out leaves it out of the priors too. Coefficients are all but free.
 */
export const PRIORS: { readonly [name in SurfaceConstantName]: Prior } = {
  irreducibleLossNats: { mean: 1.65, sd: 0.15, source: "2203.15556 1.69, 2404.10102 1.82" },
  logParamCoefficient: { mean: -0.6, sd: 1.5, source: "free" },
  paramExponent: { mean: 0.34, sd: 0.05, source: "2203.15556 0.339, 2404.10102 0.348" },
  logDataCoefficient: { mean: -0.9, sd: 1.5, source: "free" },
  dataExponent: { mean: 0.32, sd: 0.06, source: "2203.15556 0.285, 2404.10102 0.366" },
  logBCrit: { mean: 2.6, sd: 0.7, source: "2505.13738 and 2410.21676: 5.5e6 tokens, factor 2" },
  bCritTokensExponent: { mean: 0.46, sd: 0.08, source: "2505.13738 0.462, 2410.21676 0.47" },
  logBSmall: { mean: -2, sd: 1, source: "free" },
  bSmallTokensExponent: {
    mean: 0.65,
    sd: 0.2,
    source: "twice the exponent of B_opt less that of B_c: 2505.13738 0.383, 2510.03871 0.45",
  },
  bSmallParamsExponent: { mean: 0, sd: 0.15, source: "batch laws in D alone have none" },
  logLearningRate: { mean: 0, sd: 1, source: "free" },
  learningRateParamsExponent: { mean: -0.4, sd: 0.3, source: "2409.19913 -0.23, 2406.19146 -0.36" },
  learningRateTokensExponent: { mean: 0.1, sd: 0.25, source: "2409.19913 at growing batch 0.16" },
  learningRateBatchExponent: { mean: 0.85, sd: 0.1, source: "2412.01505 0.75 to 1" },
  logCurvature: { mean: -4, sd: 1, source: "free" },
  curvatureAsymmetry: { mean: 0.3, sd: 1, source: "free" },
  curvatureStepsExponent: { mean: 0, sd: 0.2, source: "no change with the number of steps" },
};

/** Runs further above the best of their batch tell of divergence, not of the surface. */
const NEAR_NATS = 0.08;
/** Runs of one cell err together: the spread a run is charged with is wider than its own noise. */
const RUN_SD_NATS = 0.015;
const HUBER_NATS = 0.01;
/** Weight of a run: 0.3 far up the walls, rising to 1.3 within 0.03 nats of the cell's best. */
const WEIGHT_FLOOR = 0.3;
const WEIGHT_RANGE_NATS = 0.03;

/** A run with its weight in the fit. */
export interface WeightedRun extends SweepRun {
  readonly weight: number;
}

/** A cell's runs within 0.08 nats of the best of their own batch. */
export function nearRuns(cell: SweepCell): readonly SweepRun[] {
  const best = new Map<number, number>();
  for (const run of cell.runs) {
    best.set(run.batchTokens, Math.min(run.lossNats, best.get(run.batchTokens) ?? Infinity));
  }
  return cell.runs.filter(
    (run) => run.lossNats - (best.get(run.batchTokens) ?? Infinity) <= NEAR_NATS,
  );
}

function weigh(cell: SweepCell): readonly WeightedRun[] {
  const best = Math.min(...cell.runs.map((run) => run.lossNats));
  return nearRuns(cell).map((run) => ({
    ...run,
    weight: WEIGHT_FLOOR + Math.exp(-(run.lossNats - best) / WEIGHT_RANGE_NATS),
  }));
}

function constantsOf(vector: ArrayLike<number>): SurfaceConstants {
  return Object.fromEntries(
    SURFACE_CONSTANT_NAMES.map((name, index) => [name, vector[index] ?? Number.NaN]),
  ) as SurfaceConstants;
}

function problemOf(runs: readonly WeightedRun[]): LeastSquaresProblem {
  const parameterCount = SURFACE_CONSTANT_NAMES.length;
  const priors = SURFACE_CONSTANT_NAMES.map((name) => PRIORS[name]);
  const huberThresholds = new Float64Array(runs.length + parameterCount).fill(Infinity);
  for (const [row, run] of runs.entries()) {
    huberThresholds[row] = (HUBER_NATS * run.weight) / RUN_SD_NATS;
  }
  const gradient = newSurfaceGradient();
  return {
    parameterCount,
    rowCount: runs.length + parameterCount,
    huberThresholds,
    evaluate: (parameters, residuals, jacobian) => {
      const constants = constantsOf(parameters);
      jacobian.fill(0);
      for (const [row, run] of runs.entries()) {
        const scale = run.weight / RUN_SD_NATS;
        surfaceGradient(constants, run, gradient);
        residuals[row] = (gradient.lossNats - run.lossNats) * scale;
        for (let j = 0; j < parameterCount; j++) {
          jacobian[row * parameterCount + j] = (gradient.byConstants[j] ?? 0) * scale;
        }
      }
      for (const [j, prior] of priors.entries()) {
        const row = runs.length + j;
        residuals[row] = ((parameters[j] ?? 0) - prior.mean) / prior.sd;
        jacobian[row * parameterCount + j] = 1 / prior.sd;
      }
    },
  };
}

/**
 * Fits the surface to cells: robust least squares on the loss of the runs near each batch's best, weighted
 * towards the cell's optimum, with the priors above as a penalty.
 *
 * @param cells - the cells to fit; one that appears twice counts twice (bootstrap).
 * @throws {RangeError} when the search does not converge.
 */
export function fitSurface(cells: readonly SweepCell[]): SurfaceConstants {
  const problem = problemOf(cells.flatMap(weigh));
  const start = Float64Array.from(SURFACE_CONSTANT_NAMES, (name) => PRIORS[name].mean);
  const fit = robustLeastSquares(problem, start, { costTolerance: 1e-12, maxIterations: 500 });
  if (fit.status !== "converged") {
    throw new RangeError(
      `the fit of the surface ended ${fit.status} after ${fit.iterations} steps`,
    );
  }
  return constantsOf(fit.parameters);
}
