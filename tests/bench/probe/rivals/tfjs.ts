import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import type { Contestant } from "../contestant.ts";
import { CHECKED_STEPS, rivalData, type Workload } from "../workloads.ts";

type Batch = { readonly inputs: tf.Tensor2D; readonly targets: tf.Tensor };
type Predict = (inputs: tf.Tensor2D, weights: readonly tf.Variable[]) => tf.Tensor2D;

/** The wasm backend of tfjs, its SIMD binary on one thread. */
export async function startTfjs(): Promise<string> {
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend of tfjs does not start");
  await tf.ready();
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("tfjs without SIMD");
  return tf.version_core;
}

const plain: Predict = (inputs, weights) => {
  let x = inputs;
  for (let l = 0; l < weights.length; l += 2) {
    const [matrix, bias] = [weights[l] as tf.Tensor2D, weights[l + 1] as tf.Tensor];
    const z = tf.add<tf.Tensor2D>(tf.matMul(x, matrix), bias);
    x = l + 2 < weights.length ? tf.relu(z) : z;
  }
  return x;
};

const fused: Predict = (inputs, weights) => {
  let x = inputs;
  for (let l = 0; l < weights.length; l += 2) {
    const activation = l + 2 < weights.length ? "relu" : "linear";
    const [b, bias] = [weights[l] as tf.Tensor2D, weights[l + 1] as tf.Tensor];
    x = tf.fused.matMul({ a: x, b, bias, activation }) as tf.Tensor2D;
  }
  return x;
};

/**
 * A plain loop: variables that stay, one `tidy` a step, batches made before, the loss read once a sample.
 * Separate and fused operations are both tried; the faster is timed.
 */
export async function openTfjs(workload: Workload): Promise<Contestant> {
  const batches = makeBatches(workload);
  const { peakLearningRate } = workload.spec;
  const runs = Object.entries({ plain, fused }).map(([name, predict]) => {
    const weights = makeWeights(workload);
    const optimizer = tf.train.sgd(peakLearningRate);
    const loss = ({ inputs, targets }: Batch) =>
      tf.losses.softmaxCrossEntropy(targets, predict(inputs, weights)) as tf.Scalar;
    const train = (steps: number, first: number): number => {
      let last: tf.Tensor | null = null;
      for (let step = first; step < first + steps; step += 1) {
        last?.dispose();
        const batch = batches[step % batches.length] as Batch;
        last = tf.tidy(() => optimizer.minimize(() => loss(batch), true, weights) as tf.Scalar);
      }
      const value = last?.dataSync()[0] ?? Number.NaN;
      last?.dispose();
      return value;
    };
    const firstLosses = batches.map((_, step) => train(1, step));
    return { name, train, firstLosses, weights, optimizer };
  });
  const speeds = runs.map(({ train }) => trialSeconds(train));
  const best = runs[speeds.indexOf(Math.min(...speeds))] ?? runs[0];
  if (best === undefined) throw new Error("no variant of the tfjs loop");
  return {
    name: `tfjs ${best.name}`,
    firstLosses: best.firstLosses,
    time: async (steps) => {
      const start = performance.now();
      best.train(steps, 0);
      return (performance.now() - start) / 1000;
    },
    close: () => {
      for (const { weights, optimizer } of runs) {
        tf.dispose([...weights]);
        optimizer.dispose();
      }
      tf.dispose(batches);
    },
  };
}

function trialSeconds(train: (steps: number, first: number) => number): number {
  train(2, 0);
  let best = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < 3; trial += 1) {
    const start = performance.now();
    let steps = 0;
    while (steps < 50 && performance.now() - start < 20) train(1, steps++);
    best = Math.min(best, (performance.now() - start) / steps);
  }
  return best;
}

function makeBatches(workload: Workload): Batch[] {
  const { spec, dataset } = workload;
  if (dataset.kind !== "rows") throw new RangeError("the tfjs loop trains perceptrons");
  const { inputs, labels } = rivalData(workload);
  const { batchExamples: batch } = spec;
  const { inputFeatures, outputs } = dataset;
  const size = batch * inputFeatures;
  return Array.from({ length: CHECKED_STEPS }, (_, step) => ({
    inputs: tf.tensor2d((inputs as Float32Array).slice(step * size, (step + 1) * size), [
      batch,
      inputFeatures,
    ]),
    // oneHot on the wasm backend writes integers whatever type is asked.
    targets: tf.tidy(() =>
      tf
        .oneHot(tf.tensor1d(labels.slice(step * batch, (step + 1) * batch), "int32"), outputs)
        .toFloat(),
    ),
  }));
}

function makeWeights(workload: Workload): tf.Variable[] {
  const { spec, dataset } = workload;
  if (dataset.kind !== "rows" || spec.model.kind !== "mlp") throw new RangeError("no perceptron");
  const widths = [dataset.inputFeatures, ...spec.model.hiddenWidths, dataset.outputs];
  const { weights } = rivalData(workload);
  let at = 0;
  return widths.slice(1).flatMap((outputs, l) => {
    const inputs = widths[l] ?? 0;
    const matrix = tf.variable(
      tf.tensor2d(weights.slice(at, at + inputs * outputs), [inputs, outputs]),
    );
    const bias = tf.variable(tf.tensor1d(weights.slice(at + inputs * outputs).slice(0, outputs)));
    at += inputs * outputs + outputs;
    return [matrix, bias];
  });
}
