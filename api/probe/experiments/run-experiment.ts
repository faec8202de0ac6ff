import type { CellResult, CellSpec, SliceProgress } from "../cell.ts";
import type { Experiment, Stage } from "./stage.ts";
import type { Budget } from "./sweep.ts";

/** Yielded between slices of at most 1.5e8 FLOPs. */
export type ExperimentProgress = {
  readonly stage: string;
  readonly flopsDone: number;
  readonly cellsDone: number;
  /** Cells known so far; later stages may add more. */
  readonly cells: number;
};

/** The stages of an experiment, the budget charged with the results of each. */
export function* chargedStages<T>(experiment: Experiment<T>, budget: Budget): Experiment<T> {
  let next = experiment.next();
  while (!next.done) {
    const results = yield next.value;
    budget.spend(results);
    next = experiment.next(results);
  }
  return next.value;
}

/**
 * Runs stages in this isolate, cell after cell, in slices; the caller may stop between slices.
 *
 * @param onCell - told about every finished cell (to digest its fingerprint and let it go).
 */
export function* runStages<T>(
  stages: Experiment<T>,
  run: (cell: CellSpec) => Generator<SliceProgress, CellResult>,
  onCell: (cell: CellSpec, result: CellResult) => void,
): Generator<ExperimentProgress, T> {
  let cellsDone = 0;
  let cells = 0;
  let bookedFlops = 0;
  let next = stages.next();
  while (!next.done) {
    const stage: Stage = next.value;
    const results: CellResult[] = [];
    let flops = bookedFlops;
    cells += stage.cells.length;
    for (const cell of stage.cells) {
      const work = run(cell);
      for (let slice = work.next(); ; slice = work.next()) {
        if (slice.done) {
          results.push(slice.value);
          bookedFlops += slice.value.flopsDone;
          onCell(cell, slice.value);
          break;
        }
        flops += slice.value.flopsDone;
        yield { stage: stage.name, flopsDone: flops, cellsDone, cells };
      }
      cellsDone += 1;
    }
    next = stages.next(results);
  }
  return next.value;
}
