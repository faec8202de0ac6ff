import { BackendWasm } from "@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js";
import * as tf from "@tensorflow/tfjs-core";
import { contextTokens, initialWeights, shapeModel } from "../../model-shape.ts";
import type {
  MatrixEngine,
  ProbeDataset,
  TrainingSession,
  TrainingSpec,
} from "../../training-session.ts";
import { mlpModel, transformerModel } from "./built-in-models.ts";
import { kerasModel } from "./keras-model.ts";
import { type BackendName, FALLBACK_KERNELS, useBackend } from "./tfjs-backend.ts";
import { type Batches, rowBatches, textBatches } from "./tfjs-batches.ts";
import type { TfjsModel } from "./tfjs-model.ts";
import { TfjsSession } from "./tfjs-session.ts";

function openModel(spec: TrainingSpec, dataset: ProbeDataset): TfjsModel {
  const { model, seed } = spec;
  const shape = shapeModel(model, dataset);
  if (shape.kind === "keras") return kerasModel(shape.topology, seed);
  const weights = initialWeights(shape, model, seed);
  if (shape.kind === "transformer") return transformerModel(shape, weights);
  if (model.kind !== "mlp") throw new RangeError('"model" and its shape differ in kind');
  return mlpModel(shape, model.activation, weights);
}

function batchesOf(
  spec: TrainingSpec,
  dataset: ProbeDataset,
  part: "train" | "validation",
): Batches {
  if (dataset.kind === "rows") return rowBatches(dataset, part);
  return textBatches(dataset, part, contextTokens(spec.model));
}

/**
 * Opens the engine that trains by TensorFlow.js: any topology, and the built-in families for comparison.
 *
 * @param compiled - tfjs-backend-wasm-simd.wasm, from the composition root.
 * @param backend - `cpu` only to compare with.
 * @returns the engine; opening a session ends the one before and frees its tensors, as `close` does.
 */
export async function createTfjsEngine(
  compiled: WebAssembly.Module,
  backend: BackendName = "wasm",
): Promise<MatrixEngine & { readonly close: () => void }> {
  await useBackend(compiled, backend);
  let current: TfjsSession | undefined;
  const close = (): void => {
    current?.dispose();
    current = undefined;
  };
  const open = (spec: TrainingSpec, dataset: ProbeDataset): TrainingSession => {
    close();
    const model = openModel(spec, dataset);
    const train = batchesOf(spec, dataset, "train");
    const validation = batchesOf(spec, dataset, "validation");
    current = new TfjsSession({ spec, dataset, model, train, validation });
    return current;
  };
  const multiply = (a: Float32Array, b: Float32Array, size: number): Float32Array<ArrayBuffer> =>
    tf.tidy(() => {
      const shape: [number, number] = [size, size];
      const product = tf.matMul(tf.tensor2d(a, shape), tf.tensor2d(b, shape));
      return Float32Array.from(product.dataSync<"float32">());
    });
  return { name: "tfjs", open, multiply, close };
}

/** Tensors alive in the library, of whatever session. */
export function tensorsAlive(): number {
  return tf.memory().numTensors;
}

/** Memory of the WASM backend, bytes: it grows and never shrinks. */
export function kernelMemoryBytes(): number {
  const backend: unknown = tf.findBackend("wasm");
  if (!(backend instanceof BackendWasm)) return 0;
  // Its type leaves out the views of its memory.
  const { HEAPU8 } = backend.wasm as unknown as { readonly HEAPU8: Uint8Array };
  return HEAPU8.byteLength;
}

/** Names of the kernels that `work` ran, and the kernels that a fallback serves. */
export function kernelsOf(work: () => void) {
  const used = new Set<string>();
  const engine = tf.engine();
  const { runKernel } = engine;
  engine.runKernel = (name, ...rest) => {
    used.add(name);
    return runKernel.call(engine, name, ...rest) as never;
  };
  try {
    work();
  } finally {
    engine.runKernel = runKernel;
  }
  return { used, fallbacks: FALLBACK_KERNELS };
}
