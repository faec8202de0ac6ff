/** Longest delay that timers take; anything above fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs under a signal that aborts with `timeout()` after `timeoutMs`, or as `parent` does. Settles at
 * that moment even when what it runs does not listen to the signal.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  timeout: () => Error,
  parent: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const follow = () => controller.abort(parent?.reason);
  parent?.addEventListener("abort", follow, { once: true });
  const timer =
    timeoutMs <= LONGEST_TIMER_MS
      ? setTimeout(() => controller.abort(timeout()), timeoutMs)
      : undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([aborted, run(signal)]);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", follow);
  }
}

/** Waits; an abort of the signal ends the wait with its reason. */
export function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", stop, { once: true });
  });
}
