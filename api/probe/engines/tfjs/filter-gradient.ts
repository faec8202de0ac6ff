import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js";
import * as tf from "@tensorflow/tfjs-core";

type Shape4 = [number, number, number, number];
type Values = { readonly length: number; readonly [at: number]: number };
type Attributes = {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape: Shape4;
};

/**
 * Registers Conv2DBackpropFilter: dw[r, c, i, o] = sum over examples and places of x[.., y + r, z + c, i] dy[.., y, z, o].
 *
 * The WASM backend of TensorFlow.js 4.22 has none; that of the CPU backend looks every factor up by its four indices.
 */
export function registerFilterGradient(): void {
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, dy } = inputs as Record<"x" | "dy", tf.TensorInfo>;
      const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as Attributes;
      const wasm = backend as unknown as BackendWasm;
      const info = tf.backend_util.computeConv2DInfo(
        x.shape as Shape4,
        filterShape,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const output = wasm.makeOutput(filterShape, "float32");
      // Views of the heap, taken after the last allocation that may move it.
      const gradient = wasm.typedArrayFromHeap(output);
      gradient.set(filterGradient(info, wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(dy)));
      return output;
    },
  });
}

function filterGradient(
  info: tf.backend_util.Conv2DInfo,
  x: Values,
  dy: Values,
): Float64Array<ArrayBuffer> {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const gradient = new Float64Array(filterHeight * filterWidth * inChannels * outChannels);
  for (let place = 0; place < batchSize * outHeight * outWidth; place += 1) {
    const example = Math.floor(place / (outHeight * outWidth));
    const top = (Math.floor(place / outWidth) % outHeight) * strideHeight - padInfo.top;
    const left = (place % outWidth) * strideWidth - padInfo.left;
    for (let window = 0; window < filterHeight * filterWidth; window += 1) {
      const row = top + Math.floor(window / filterWidth);
      const column = left + (window % filterWidth);
      if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
      const from = ((example * inHeight + row) * inWidth + column) * inChannels;
      for (let i = 0; i < inChannels; i += 1) {
        const factor = x[from + i]!;
        const to = (window * inChannels + i) * outChannels;
        for (let o = 0; o < outChannels; o += 1) {
          gradient[to + o]! += factor * dy[place * outChannels + o]!;
        }
      }
    }
  }
  return gradient;
}
