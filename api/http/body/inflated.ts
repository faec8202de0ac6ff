// One piece of a bomb becomes a thousand times as much, all of it before anything else is done.
const PIECE_BYTES = 4096;

/** The decompressed body. Its reader sets the pace, and stops it by reading no further. */
export function inflated(
  body: ReadableStream<Uint8Array>,
  coding: "gzip" | "deflate",
): ReadableStream<Uint8Array> {
  const pieces = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
        controller.enqueue(chunk.subarray(from, from + PIECE_BYTES));
      }
    },
  });
  const stream = new DecompressionStream(coding);
  return body
    .pipeThrough(pieces)
    .pipeThrough(stream as unknown as ReadableWritablePair<Uint8Array, Uint8Array>);
}
