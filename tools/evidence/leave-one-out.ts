import type { SurfaceConstants } from "../../api/numerics/surface/form.ts";
import { surfaceLossNats, surfaceOptimum } from "../../api/numerics/surface/surface.ts";
import { judgeCell, type RecommendationRule } from "./regret.ts";
import { fitSurface, nearRuns } from "./surface-fit.ts";
import type { SweepCell } from "./sweep.ts";

/** How the surface, fitted without a cell, does on that cell. */
export interface HeldOutCell {
  readonly cell: SweepCell;
  readonly constants: SurfaceConstants;
  readonly regretNats: number;
  /** Predicted minus measured loss of every run within 0.08 nats of its batch's best. */
  readonly lossErrorsNats: readonly number[];
  readonly rmseNats: number;
  /** ln of the predicted over the measured optimum (argmin of the cell's spline). */
  readonly logBatchError: number;
  readonly logLearningRateError: number;
}

/** The judgement over all cells, each held out in turn. */
export interface LeaveOneOut {
  readonly meanRegretNats: number;
  readonly maxRegretNats: number;
  /** Root of the mean, over cells, of the cell's mean squared error. */
  readonly rmseNats: number;
  readonly cells: readonly HeldOutCell[];
}

/** The surface's own recommendation, for the judge. */
function surfaceRule(constants: SurfaceConstants): RecommendationRule {
  return (nonEmbeddingParams, trainingTokens) => {
    const optimum = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
    return { batchTokens: optimum.bOptTokens, peakLearningRate: optimum.peakLearningRate };
  };
}

function meanSquare(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** Judges constants on a cell, whether or not the cell was in the fit. */
export function judgeConstants(constants: SurfaceConstants, cell: SweepCell): HeldOutCell {
  const judge = judgeCell(cell);
  const rule = surfaceRule(constants)(cell.nonEmbeddingParams, cell.trainingTokens);
  const lossErrorsNats = nearRuns(cell).map(
    (run) => surfaceLossNats(constants, run) - run.lossNats,
  );
  return {
    cell,
    constants,
    regretNats: judge.regretNats(rule),
    lossErrorsNats,
    rmseNats: Math.sqrt(meanSquare(lossErrorsNats)),
    logBatchError: Math.log(rule.batchTokens / judge.best.batchTokens),
    logLearningRateError: Math.log(rule.peakLearningRate / judge.best.peakLearningRate),
  };
}

/** Summarises judged cells. */
export function summarizeHeldOut(cells: readonly HeldOutCell[]): LeaveOneOut {
  const regrets = cells.map((cell) => cell.regretNats);
  return {
    meanRegretNats: regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length,
    maxRegretNats: Math.max(...regrets),
    rmseNats: Math.sqrt(meanSquare(cells.map((cell) => cell.rmseNats))),
    cells,
  };
}

/**
 * Fits the surface without each group of cells in turn and judges it there.
 *
 * @param groupOf - cells with the same answer are held out together; by default each cell alone.
 */
export function leaveGroupsOut(
  cells: readonly SweepCell[],
  groupOf: (cell: SweepCell) => string | number = (cell) => cell.id,
): LeaveOneOut {
  const constantsByGroup = new Map<string | number, SurfaceConstants>();
  const judged = cells.map((cell) => {
    const group = groupOf(cell);
    const constants =
      constantsByGroup.get(group) ?? fitSurface(cells.filter((other) => groupOf(other) !== group));
    constantsByGroup.set(group, constants);
    return judgeConstants(constants, cell);
  });
  return summarizeHeldOut(judged);
}
