/** A computation that yields wherever it may be interrupted, and returns its result. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** Runs a computation to its end without a break. */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
