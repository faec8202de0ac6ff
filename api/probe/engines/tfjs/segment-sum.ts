import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Registers UnsortedSegmentSum, the gradient of an embedding: out[ids[i]] += x[i].
 *
 * The WASM backend of TensorFlow.js 4.22 has none; that of the CPU backend goes through all of x once a segment, a
 * hundred times as long at 64 segments.
 */
export function registerSegmentSum(): void {
  tf.registerKernel({
    kernelName: "UnsortedSegmentSum",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as Record<"x" | "segmentIds", tf.TensorInfo>;
      const { numSegments } = attrs as unknown as { readonly numSegments: number };
      const wasm = backend as unknown as BackendWasm;
      const output = wasm.makeOutput([numSegments, ...x.shape.slice(1)], x.dtype);
      // Views of the heap, taken after the last allocation that may move it.
      const sums = wasm.typedArrayFromHeap(output);
      sumSegments(wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(segmentIds), sums);
      return output;
    },
  });
}

type Values = { readonly length: number; [at: number]: number };

/** Rows of `x` are as long as `x` holds of them for each id; ids outside of `sums` are left out. */
function sumSegments(x: Values, ids: Values, sums: Values): void {
  const width = x.length / Math.max(1, ids.length);
  for (let at = 0; at < sums.length; at += 1) sums[at] = 0;
  for (let row = 0; row < ids.length; row += 1) {
    const to = ids[row]! * width;
    if (to < 0 || to >= sums.length) continue;
    for (let column = 0; column < width; column += 1)
      sums[to + column]! += x[row * width + column]!;
  }
}
