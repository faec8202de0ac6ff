import type { CellResult, CellSpec, CellStop } from "../cell.ts";
import { portablePow } from "../portable-math.ts";

/** Learning rates lie on one grid with spacing sqrt(2): rate = baseRate * 2^(index / 2). */
export type RateIndex = number;

/** What a sweep over batches and learning rates is made of. */
export type Sweep = {
  readonly baseRate: number;
  /** Loss of the trivial predictor, or of the start. */
  readonly startLoss: number;
  /** Share of the start loss that a run must win to have learned anything; less may be chance of the validation part. */
  readonly leastGainFraction: number;
  readonly pilotBatchExamples: number;
  readonly largestBatchExamples: number;
  /** Batches to use and no others, ascending; without it a factor-4 grid is widened until it suffices. */
  readonly batchExamples?: readonly number[];
  /** Makes the cell of one run; `seedIndex` 0 is the first seed. */
  readonly makeCell: (
    batchExamples: number,
    peakLearningRate: number,
    seedIndex: number,
    stop: CellStop,
  ) => CellSpec;
  /** Most FLOPs a run can take. */
  readonly costCeiling: (batchExamples: number, steps: number) => number;
  /** Most FLOPs a run with its gradient noise measured can take; absent where there are no gradients to measure. */
  readonly noiseCeiling?: (batchExamples: number, steps: number, blocks: number) => number;
  readonly budget: Budget;
};

/** FLOPs a probe may still spend; every run is checked against it before it is asked for. */
export class Budget {
  readonly ceilingFlops: number;
  doneFlops = 0;
  refused = false;
  #reservedFlops = 0;

  constructor(ceilingFlops: number) {
    this.ceilingFlops = ceilingFlops;
  }

  /** Reserves `flops` of the stage being planned if they fit under the ceiling; remembers a refusal. */
  allows(flops: number): boolean {
    const fits = this.doneFlops + this.#reservedFlops + flops <= this.ceilingFlops;
    if (fits) this.#reservedFlops += flops;
    else this.refused = true;
    return fits;
  }

  /** Books what a whole stage has cost and drops its reservations. */
  spend(results: readonly CellResult[]): void {
    this.#reservedFlops = 0;
    for (const result of results) this.doneFlops += result.flopsDone;
  }
}

/** Learning rate at an index of the grid (or between its points). */
export function rateAt(sweep: Sweep, index: RateIndex): number {
  return sweep.baseRate * portablePow(2, index / 2);
}
