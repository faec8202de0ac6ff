import type { CellResult, CellSpec } from "../cell.ts";
import { type CellDeps, runCell } from "../run-cell.ts";
import type { Experiment } from "./stage.ts";
import type { Budget } from "./sweep.ts";

/** Yielded between slices of at most 3e8 FLOPs. */
export type ExperimentProgress = {
  readonly stage: string;
  readonly flopsDone: number;
  readonly cellsDone: number;
  /** Cells known so far; later stages may add more. */
  readonly cells: number;
};

/**
 * Runs an experiment in this isolate, cell after cell, in slices; the caller may stop between slices.
 *
 * @param onCell - told about every finished cell (to digest its fingerprint and let it go).
 */
export function* runExperiment<T>(
  deps: CellDeps,
  experiment: Experiment<T>,
  budget: Budget,
  onCell: (cell: CellSpec, result: CellResult) => void,
): Generator<ExperimentProgress, T> {
  let cellsDone = 0;
  let cells = 0;
  let next = experiment.next();
  while (!next.done) {
    const stage = next.value;
    const results: CellResult[] = [];
    let flops = budget.doneFlops;
    cells += stage.cells.length;
    for (const cell of stage.cells) {
      const work = runCell(deps, cell);
      for (let slice = work.next(); ; slice = work.next()) {
        if (slice.done) {
          results.push(slice.value);
          onCell(cell, slice.value);
          break;
        }
        flops += slice.value.flopsDone;
        yield { stage: stage.name, flopsDone: flops, cellsDone, cells };
      }
      cellsDone += 1;
    }
    budget.spend(results);
    next = experiment.next(results);
  }
  return next.value;
}
