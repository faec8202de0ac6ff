import type { CellResult } from "../cell.ts";

export type RateOptimum = {
  readonly batchExamples: number;
  readonly status: "ok" | "lr-not-bracketed" | "over-budget";
  /** Vertex of the parabola in ln rate through the best run and its neighbours. */
  readonly peakLearningRate?: number;
  readonly loss?: number;
  /** Lowest rate that diverged. */
  readonly divergedAbove?: number;
};

/** What was found at one batch. */
export type SearchedBatch = {
  readonly optimum: RateOptimum;
  /** By growing rate. */
  readonly runs: readonly { readonly rate: number; readonly result: CellResult }[];
  /** FLOPs of all its runs at most, those that found no room included. */
  readonly wholeFlops: number;
};
