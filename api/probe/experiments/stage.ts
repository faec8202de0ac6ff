import type { CellResult, CellSpec } from "../cell.ts";

/** Cells that may run in any order, or at the same time; the next stage may depend on all of them. */
export type Stage = {
  readonly name: string;
  readonly cells: readonly CellSpec[];
};

/**
 * An experiment: yields stages, is given their results in the order of the cells, returns its answer.
 *
 * Pure: the same results lead to the same stages, so a job can be resumed by giving it stored results.
 */
export type Experiment<T> = Generator<Stage, T, readonly CellResult[]>;

/** Joins experiments that do not depend on each other: their stages are merged. */
export function* inParallel<T>(name: string, parts: readonly Experiment<T>[]): Experiment<T[]> {
  const finished: T[] = new Array(parts.length);
  let waiting = parts.map((part, at) => ({ part, at, next: part.next() }));
  for (;;) {
    const open: typeof waiting = [];
    for (const entry of waiting) {
      if (entry.next.done) finished[entry.at] = entry.next.value;
      else open.push(entry);
    }
    if (open.length === 0) return finished;
    const stages = open.map(({ next }) => (next.done ? [] : next.value.cells));
    const results = yield { name, cells: stages.flat() };
    let from = 0;
    waiting = open.map((entry, i) => {
      const count = stages[i]!.length;
      const own = results.slice(from, from + count);
      from += count;
      return { ...entry, next: entry.part.next(own) };
    });
  }
}
