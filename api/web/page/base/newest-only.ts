import { ApiProblemError, TransportError } from "../../../../sdk/errors.ts";

/** Runs the newest question only: each call cancels the one before, and waits for a pause in typing. */
export function newestOnly(pauseMs: number): {
  readonly run: (work: (signal: AbortSignal) => Promise<void>) => void;
  readonly cancel: () => void;
} {
  let controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = false;
  const cancel = () => {
    clearTimeout(timer);
    controller.abort();
  };
  return {
    cancel,
    run: (work) => {
      cancel();
      controller = new AbortController();
      const { signal } = controller;
      // The first question was not typed: it is sent at once.
      if (asked) timer = setTimeout(() => void work(signal), pauseMs);
      else void work(signal);
      asked = true;
    },
  };
}

/** What to say about a failure that belongs to no field. */
export function explain(failure: unknown): string {
  if (failure instanceof ApiProblemError) return failure.detail;
  if (failure instanceof TransportError) {
    return "The service did not answer. Check that it is running, then change a field to ask again.";
  }
  return failure instanceof Error ? failure.message : String(failure);
}
