import { thinPlateSpline } from "../../api/numerics/fitting/thin-plate-spline.ts";
import type { SweepCell, SweepRun } from "./sweep.ts";

/** A batch and a learning rate, whoever recommends them. */
export interface Recommendation {
  readonly batchTokens: number;
  readonly peakLearningRate: number;
}

/** What a rule recommends for a model size and a token budget. */
export type RecommendationRule = (
  nonEmbeddingParams: number,
  trainingTokens: number,
) => Recommendation;

/** One cell, ready to price recommendations. */
export interface CellJudge {
  readonly cell: SweepCell;
  /** Minimum of the cell's smooth loss over the grid, and where it lies. */
  readonly best: Recommendation & { readonly lossNats: number };
  /** Loss at the recommendation above the cell's minimum; nats per token. */
  readonly regretNats: (recommendation: Recommendation) => number;
}

/** Mean and maximum over the cells, with every cell's figure. */
export interface RegretSummary {
  readonly meanNats: number;
  readonly maxNats: number;
  readonly cells: readonly { readonly id: string; readonly regretNats: number }[];
}

const DIVERGED_LOSS_NATS = 4;
const SMOOTHING = 0.01;
const GRID_POINTS = 60;

function clamp(value: number, lower: number, upper: number): number {
  return Math.min(Math.max(value, lower), upper);
}

/**
 * Fits a cell's runs with a smooth surface that prices any batch and learning rate.
 *
 * Thin-plate spline (r^2 ln r, smoothing 0.01, linear tail) on unscaled (ln batchTokens, ln LR) over the
 * runs that ended below 4 nats. A recommendation outside the cell's bounding box is priced at the nearest
 * point of the box; the minimum is taken over a 60 x 60 grid of the box.
 *
 * @param runs - the runs to fit; the cell's own unless a bootstrap resamples them.
 */
export function judgeCell(cell: SweepCell, runs: readonly SweepRun[] = cell.runs): CellJudge {
  const kept = runs.filter((run) => run.lossNats < DIVERGED_LOSS_NATS);
  const xs = kept.map((run) => Math.log(run.batchTokens));
  const ys = kept.map((run) => Math.log(run.peakLearningRate));
  const loss = thinPlateSpline(
    xs,
    ys,
    kept.map((run) => run.lossNats),
    SMOOTHING,
  );
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  let best = { batchTokens: 0, peakLearningRate: 0, lossNats: Number.POSITIVE_INFINITY };
  for (let i = 0; i < GRID_POINTS; i++) {
    const x = left + ((right - left) * i) / (GRID_POINTS - 1);
    for (let j = 0; j < GRID_POINTS; j++) {
      const y = bottom + ((top - bottom) * j) / (GRID_POINTS - 1);
      const lossNats = loss(x, y);
      if (lossNats < best.lossNats) {
        best = { batchTokens: Math.exp(x), peakLearningRate: Math.exp(y), lossNats };
      }
    }
  }
  return {
    cell,
    best,
    regretNats: ({ batchTokens, peakLearningRate }) =>
      loss(
        clamp(Math.log(batchTokens), left, right),
        clamp(Math.log(peakLearningRate), bottom, top),
      ) - best.lossNats,
  };
}

/** Regret of one rule over the cells. A rule fitted without the cell is passed through `ruleFor`. */
export function summarizeRegret(
  judges: readonly CellJudge[],
  ruleFor: (cell: SweepCell) => RecommendationRule,
): RegretSummary {
  const cells = judges.map((judge) => {
    const { id, nonEmbeddingParams, trainingTokens } = judge.cell;
    const recommendation = ruleFor(judge.cell)(nonEmbeddingParams, trainingTokens);
    return { id, regretNats: judge.regretNats(recommendation) };
  });
  const regrets = cells.map((cell) => cell.regretNats);
  return {
    meanNats: regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length,
    maxNats: Math.max(...regrets),
    cells,
  };
}
