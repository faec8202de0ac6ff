import * as tf from "@tensorflow/tfjs-core";

type HeapBackend = { readonly typedArrayFromHeap: (tensor: tf.TensorInfo) => Float32Array };

/**
 * Values of a tensor without a copy where that can be had: to be read at once, before anything else is computed.
 * Copies of a million weights a pass would fill the memory faster than it is swept.
 */
export function valuesOf(tensor: tf.Tensor): Float32Array {
  const backend = tf.backend() as unknown as Partial<HeapBackend>;
  return backend.typedArrayFromHeap?.(tensor) ?? tensor.dataSync<"float32">();
}
