import * as tf from "@tensorflow/tfjs-core";
import { transformerModel } from "../../../../api/probe/engines/tfjs/built-in-models.ts";
import { variablesOf } from "../../../../api/probe/engines/tfjs/tfjs-model.ts";
import { shapeModel } from "../../../../api/probe/model-shape.ts";
import type { TrainingLoop } from "../contestant.ts";
import { CHECKED_STEPS, type RivalData, rivalData, type Workload } from "../workloads.ts";

type Batch = { readonly inputs: tf.Tensor2D; readonly targets: tf.Tensor };
type Predict = (inputs: tf.Tensor2D) => tf.Tensor2D;
type Variant = { readonly predict: Predict; readonly weights: tf.Variable[] };

/** The loops of one workload and what frees their tensors. */
export interface TfjsLoops {
  readonly loops: readonly TrainingLoop[];
  close(): void;
}

/**
 * Plain loops on the current backend: variables that stay, one `tidy` a step, batches made before, the loss read once
 * a sample. A perceptron in separate and in fused operations: whoever times them takes the faster.
 */
export function openTfjsLoops(workload: Workload): TfjsLoops {
  const data = rivalData(workload);
  const batches = makeBatches(workload, data);
  const variants = Object.entries(variantsOf(workload, data));
  const { peakLearningRate } = workload.spec;
  const optimizers: tf.Optimizer[] = [];
  const loops = variants.map(([name, { predict, weights }]): TrainingLoop => {
    const optimizer = tf.train.sgd(peakLearningRate);
    optimizers.push(optimizer);
    const loss = ({ inputs, targets }: Batch) =>
      tf.losses.softmaxCrossEntropy(targets, predict(inputs)) as tf.Scalar;
    let step = 0;
    const train = (steps: number): number => {
      let last: tf.Tensor | null = null;
      for (const end = step + steps; step < end; step += 1) {
        last?.dispose();
        const batch = batches[step % batches.length] as Batch;
        last = tf.tidy(() => optimizer.minimize(() => loss(batch), true, weights) as tf.Scalar);
      }
      const value = last?.dataSync()[0] ?? Number.NaN;
      last?.dispose();
      return value;
    };
    return { name: `tfjs ${name}`, firstLosses: batches.map(() => train(1)), train };
  });
  const close = () => {
    tf.dispose(batches);
    for (const optimizer of optimizers) optimizer.dispose();
    for (const [, { weights }] of variants) tf.dispose(weights);
  };
  return { loops, close };
}

function variantsOf({ spec, dataset }: Workload, { weights }: RivalData): Record<string, Variant> {
  const shape = shapeModel(spec.model, dataset);
  if (shape.kind === "transformer") {
    const { variables, scores } = transformerModel(shape, weights);
    return { plain: { predict: (inputs) => scores(inputs, 0), weights: [...variables] } };
  }
  if (shape.kind !== "mlp") throw new RangeError("no loop for such a model");
  const shapes = shape.layers.flatMap(({ inputs, outputs }) => [[inputs, outputs], [outputs]]);
  const [plain, fused] = [variablesOf(weights, shapes), variablesOf(weights, shapes)];
  return {
    plain: { predict: separate(plain), weights: plain },
    fused: { predict: fusedOperations(fused), weights: fused },
  };
}

function separate(weights: readonly tf.Variable[]): Predict {
  return (inputs) => {
    let x = inputs;
    for (let l = 0; l < weights.length; l += 2) {
      const [matrix, bias] = [weights[l] as tf.Tensor2D, weights[l + 1] as tf.Tensor];
      const z = tf.add<tf.Tensor2D>(tf.matMul(x, matrix), bias);
      x = l + 2 < weights.length ? tf.relu(z) : z;
    }
    return x;
  };
}

function fusedOperations(weights: readonly tf.Variable[]): Predict {
  return (inputs) => {
    let x = inputs;
    for (let l = 0; l < weights.length; l += 2) {
      const activation = l + 2 < weights.length ? "relu" : "linear";
      const [b, bias] = [weights[l] as tf.Tensor2D, weights[l + 1] as tf.Tensor];
      x = tf.fused.matMul({ a: x, b, bias, activation }) as tf.Tensor2D;
    }
    return x;
  };
}

function makeBatches({ spec, dataset }: Workload, data: RivalData): Batch[] {
  const { batchExamples: batch, model } = spec;
  const width = data.inputs.length / (CHECKED_STEPS * batch);
  return Array.from({ length: CHECKED_STEPS }, (_, step) => {
    const inputs = data.inputs.slice(step * batch * width, (step + 1) * batch * width);
    if (dataset.kind === "rows") {
      const labels = data.labels.slice(step * batch, (step + 1) * batch);
      return {
        inputs: tf.tensor2d(inputs, [batch, width]),
        targets: oneHot(labels, dataset.outputs),
      };
    }
    if (model.kind !== "transformer") throw new RangeError("a text is for a transformer");
    const context = model.contextTokens;
    const windows = Array.from({ length: batch }, (_, i) =>
      inputs.slice(i * width, (i + 1) * width),
    );
    const tokens = Int32Array.from(windows.flatMap((window) => [...window.subarray(0, context)]));
    const next = Int32Array.from(windows.flatMap((window) => [...window.subarray(1)]));
    return {
      inputs: tf.tensor2d(tokens, [batch, context], "int32"),
      targets: oneHot(next, dataset.vocabulary),
    };
  });
}

// oneHot on the wasm backend writes integers whatever type is asked.
function oneHot(labels: Int32Array, classes: number): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classes), "float32"));
}
