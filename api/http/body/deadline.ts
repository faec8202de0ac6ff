import { ProblemError } from "../problem.ts";

// What a slow connection may take before its first byte, and how slow it may be after that.
const GRACE_MS = 10_000;
const LEAST_BYTES_PER_SECOND = 65_536;

/** The time within which a body of so many bytes must have arrived; milliseconds. */
function longestMs(bytes: number): number {
  return GRACE_MS + (1000 * bytes) / LEAST_BYTES_PER_SECOND;
}

export function tooSlow(): ProblemError {
  return new ProblemError("body-timeout", {
    detail:
      `The body has not arrived in time: ${GRACE_MS / 1000} s and a second for every ` +
      `${LEAST_BYTES_PER_SECOND} bytes.`,
  });
}

/** Waits for a whole body that may have so many bytes. @throws {ProblemError} when it takes too long. */
export async function inTime<T>(body: Promise<T>, mostBytes: number): Promise<T> {
  const late = deadline(longestMs(mostBytes));
  try {
    return await Promise.race([body, late.passed]);
  } finally {
    late.stop();
  }
}

/**
 * A body that has to keep coming: it fails once it falls behind the least rate, however much of it is still to come.
 *
 * @param graceMs - before its first byte.
 */
export function steadily(
  body: ReadableStream<Uint8Array>,
  graceMs: number = GRACE_MS,
): { readonly stream: ReadableStream<Uint8Array>; readonly isLate: () => boolean } {
  const reader = body.getReader();
  const begun = performance.now();
  let received = 0;
  let isLate = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const allowedMs = graceMs + longestMs(received) - GRACE_MS - (performance.now() - begun);
        const late = deadline(Math.max(0, allowedMs));
        try {
          const { done, value } = await Promise.race([reader.read(), late.passed]);
          if (done) return controller.close();
          received += value.byteLength;
          controller.enqueue(value);
        } catch (failure) {
          isLate = failure instanceof ProblemError;
          reader.cancel(failure).catch(() => undefined);
          throw failure;
        } finally {
          late.stop();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { stream, isLate: () => isLate };
}

function deadline(ms: number): { readonly passed: Promise<never>; readonly stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooSlow()), ms);
  });
  const stop = () => {
    if (timer !== undefined) clearTimeout(timer);
  };
  return { passed, stop };
}
