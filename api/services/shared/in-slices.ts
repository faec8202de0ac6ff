import type { Sliced } from "../../numerics/slices.ts";
import { timerTurn } from "../../probe/timer-turn.ts";

/** Longer than this nothing else is kept waiting. */
const LONGEST_SLICE_MS = 15;

/** Runs a computation with a timer turn whenever it has held the loop for a while, so that other requests are served. */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  let begun = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - begun < LONGEST_SLICE_MS) continue;
    await timerTurn();
    begun = performance.now();
  }
}
