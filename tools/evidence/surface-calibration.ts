import {
  type FittedSurface,
  SURFACE_CONSTANT_NAMES,
  type SurfaceConstants,
  type SurfaceDiscrepancy,
} from "../../api/numerics/surface/form.ts";
import { predictSurfaceLoss, predictSurfaceOptimum } from "../../api/numerics/surface/predict.ts";
import { surfaceOptimum } from "../../api/numerics/surface/surface.ts";
import type { HeldOutCell } from "./leave-one-out.ts";
import { resample, seededRandom } from "./resample.ts";
import { fitSurface, nearRuns } from "./surface-fit.ts";
import type { SweepCell } from "./sweep.ts";

/** Coverage the spreads are set to. */
const LEVEL = 0.8;
/** Up to here above its optimum a loss is called near: it sets the floor of the loss's spread. */
const NEAR_OPTIMUM_NATS = 0.02;

const NO_DISCREPANCY: SurfaceDiscrepancy = {
  logBatchSd: 0,
  logLearningRateSd: 0,
  lossSdNats: 0,
  lossSdPerExcessNat: 0,
};

/**
 * Returns the covariance of the constants over refits to cells drawn with replacement, row-major.
 *
 * @param replicates - refits; each draws as many cells as there are.
 * @param seed - the same seed gives the same draws.
 */
export function bootstrapCovariance(
  cells: readonly SweepCell[],
  replicates: number,
  seed: number,
): readonly number[] {
  const random = seededRandom(seed);
  const draws = Array.from({ length: replicates }, () => {
    const constants = fitSurface(resample(cells, random));
    return SURFACE_CONSTANT_NAMES.map((name) => constants[name]);
  });
  const n = SURFACE_CONSTANT_NAMES.length;
  const means = SURFACE_CONSTANT_NAMES.map(
    (_, i) => draws.reduce((sum, draw) => sum + (draw[i] ?? 0), 0) / replicates,
  );
  return Array.from({ length: n * n }, (_, index) => {
    const [i, j] = [Math.floor(index / n), index % n];
    const products = draws.map(
      (draw) => ((draw[i] ?? 0) - (means[i] ?? 0)) * ((draw[j] ?? 0) - (means[j] ?? 0)),
    );
    return products.reduce((sum, product) => sum + product, 0) / (replicates - 1);
  });
}

function excessSd(errors: readonly number[], explainedSds: readonly number[]): number {
  const square = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return Math.sqrt(Math.max(0, square(errors) - square(explainedSds)));
}

/** The smallest value in [0, 1] at which at least the level is covered; coverage must rise with the value. */
function smallestCovering(covered: (value: number) => number): number {
  let [lower, upper] = [0, 1];
  if (covered(0) >= LEVEL) return 0;
  for (let i = 0; i < 40; i++) {
    const middle = (lower + upper) / 2;
    if (covered(middle) >= LEVEL) upper = middle;
    else lower = middle;
  }
  return upper;
}

/** Counts how often the measured value lies inside the interval predicted without its cell. */
export interface Coverage {
  readonly hits: number;
  readonly count: number;
}

function heldOut(fitted: FittedSurface, constants: SurfaceConstants): FittedSurface {
  return { ...fitted, constants };
}

/** Coverage of the intervals of ln B_opt and ln LR_opt over the held-out cells. */
export function optimumCoverage(
  fitted: FittedSurface,
  cells: readonly HeldOutCell[],
  level: number,
): { readonly batch: Coverage; readonly learningRate: Coverage } {
  const inside = cells.map(({ cell, constants, logBatchError, logLearningRateError }) => {
    const { nonEmbeddingParams, trainingTokens } = cell;
    const predicted = predictSurfaceOptimum(
      heldOut(fitted, constants),
      nonEmbeddingParams,
      trainingTokens,
      level,
    );
    const { bOptTokens, peakLearningRate } = predicted;
    return {
      batch: Math.abs(logBatchError) <= Math.log(bOptTokens.interval.upper / bOptTokens.value),
      learningRate:
        Math.abs(logLearningRateError) <=
        Math.log(peakLearningRate.interval.upper / peakLearningRate.value),
    };
  });
  return {
    batch: { hits: inside.filter((cell) => cell.batch).length, count: cells.length },
    learningRate: { hits: inside.filter((cell) => cell.learningRate).length, count: cells.length },
  };
}

/** Coverage of the loss over the held-out cells' runs near their batch's best, in a band of predicted excess. */
export function lossCoverage(
  fitted: FittedSurface,
  cells: readonly HeldOutCell[],
  level: number,
  band: { readonly from: number; readonly to: number } = { from: 0, to: Infinity },
): Coverage {
  let hits = 0;
  let count = 0;
  for (const { cell, constants } of cells) {
    const surface = heldOut(fitted, constants);
    const best = surfaceOptimum(constants, cell.nonEmbeddingParams, cell.trainingTokens).lossNats;
    for (const run of nearRuns(cell)) {
      const { value, interval } = predictSurfaceLoss(surface, run, level);
      if (value - best < band.from || value - best >= band.to) continue;
      count += 1;
      if (run.lossNats >= interval.lower && run.lossNats <= interval.upper) hits += 1;
    }
  }
  return { hits, count };
}

/**
 * Returns the spreads that make 80 % intervals cover 80 % of what was held out: root mean squares for the two
 * optima (12 cells), quantiles for the loss (its errors have heavy tails).
 */
export function calibrateDiscrepancy(
  fitted: Omit<FittedSurface, "discrepancy">,
  cells: readonly HeldOutCell[],
): SurfaceDiscrepancy {
  const bare: FittedSurface = { ...fitted, discrepancy: NO_DISCREPANCY };
  const predictions = cells.map(({ cell, constants }) =>
    predictSurfaceOptimum(
      heldOut(bare, constants),
      cell.nonEmbeddingParams,
      cell.trainingTokens,
      LEVEL,
    ),
  );
  const logBatchSd = excessSd(
    cells.map((cell) => cell.logBatchError),
    predictions.map((prediction) => prediction.bOptTokens.sdLog),
  );
  const logLearningRateSd = excessSd(
    cells.map((cell) => cell.logLearningRateError),
    predictions.map((prediction) => prediction.peakLearningRate.sdLog),
  );
  const share = (lossSdNats: number, lossSdPerExcessNat: number, from: number, to: number) => {
    const discrepancy = { logBatchSd, logLearningRateSd, lossSdNats, lossSdPerExcessNat };
    const coverage = lossCoverage({ ...fitted, discrepancy }, cells, LEVEL, { from, to });
    return coverage.hits / coverage.count;
  };
  const lossSdNats = smallestCovering((sd) => share(sd, 0, 0, NEAR_OPTIMUM_NATS));
  const lossSdPerExcessNat = smallestCovering((sd) =>
    share(lossSdNats, sd, NEAR_OPTIMUM_NATS, Infinity),
  );
  return { logBatchSd, logLearningRateSd, lossSdNats, lossSdPerExcessNat };
}
