import { type CellJudge, judgeCell } from "./regret.ts";
import { resample, seededRandom } from "./resample.ts";

/** The regret no law can be blamed for: a cell's own optimum, found again from resampled runs. */
export interface NoiseFloor {
  readonly meanNats: number;
  readonly maxNats: number;
  /** Standard deviations of ln B_opt and ln LR_opt over the resamples. */
  readonly cells: readonly {
    readonly id: string;
    readonly regretNats: number;
    readonly logBatchSd: number;
    readonly logLearningRateSd: number;
  }[];
}

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Draws each cell's runs with replacement, takes the optimum of the spline through the draw, and prices it on the
 * spline through all runs.
 *
 * @param replicates - draws a cell.
 * @param seed - the same seed gives the same draws.
 */
export function noiseFloor(
  judges: readonly CellJudge[],
  replicates: number,
  seed: number,
): NoiseFloor {
  const random = seededRandom(seed);
  const cells = judges.map((judge) => {
    const optima = Array.from(
      { length: replicates },
      () => judgeCell(judge.cell, resample(judge.cell.runs, random)).best,
    );
    const regrets = optima.map((optimum) => judge.regretNats(optimum));
    return {
      id: judge.cell.id,
      regretNats: regrets.reduce((sum, regret) => sum + regret, 0) / replicates,
      logBatchSd: standardDeviation(optima.map((optimum) => Math.log(optimum.batchTokens))),
      logLearningRateSd: standardDeviation(
        optima.map((optimum) => Math.log(optimum.peakLearningRate)),
      ),
    };
  });
  const regrets = cells.map((cell) => cell.regretNats);
  return {
    meanNats: regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length,
    maxNats: Math.max(...regrets),
    cells,
  };
}
