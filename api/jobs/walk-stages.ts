import type { CellResult } from "../probe/cell.ts";
import type { Experiment, Stage } from "../probe/experiments/stage.ts";
import type { FinishedProbe } from "../probe/run-probe.ts";
import type { RunnableProbe } from "./job-ports.ts";

/** What comes after the stages whose results are known. */
export type NextStep =
  | { readonly kind: "stage"; readonly stage: Stage }
  | { readonly kind: "finished"; readonly finished: FinishedProbe };

/**
 * Walks through a probe's experiment by giving it recorded results. Keeps its place, so that a job that goes on in
 * the same isolate replays nothing; anywhere else the same results lead to the same place.
 */
export class StageWalk {
  readonly #probe: RunnableProbe;
  #stages: Experiment<FinishedProbe> | undefined;
  #given = 0;
  #next: IteratorResult<Stage, FinishedProbe> | undefined;

  constructor(probe: RunnableProbe) {
    this.#probe = probe;
  }

  /**
   * @param stages - how many stages have results.
   * @param resultsOf - those of one stage, in the order of its cells.
   */
  next(stages: number, resultsOf: (stage: number) => readonly CellResult[]): NextStep {
    if (this.#next === undefined || this.#stages === undefined || this.#given > stages) {
      this.#stages = this.#probe.stages();
      this.#next = this.#stages.next();
      this.#given = 0;
    }
    while (this.#given < stages) {
      if (this.#next.done === true) throw new Error("the experiment ended before its last stage");
      this.#next = this.#stages.next(resultsOf(this.#given));
      this.#given += 1;
    }
    return this.#next.done === true
      ? { kind: "finished", finished: this.#next.value }
      : { kind: "stage", stage: this.#next.value };
  }
}
