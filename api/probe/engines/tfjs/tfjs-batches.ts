import * as tf from "@tensorflow/tfjs-core";
import type { ProbeDataset } from "../../training-session.ts";
import type { TfjsModel } from "./tfjs-model.ts";

/** One part of a data set in the backend's memory. */
export type Batches = {
  /**
   * Loss of every listed example, `[examples]`: of a row, or the mean over the positions of a text.
   *
   * @param pass - as in {@link TfjsModel.scores}.
   */
  readonly losses: (model: TfjsModel, indices: Int32Array, pass: number | undefined) => tf.Tensor1D;
  readonly dispose: () => void;
};

// Below it a probability is taken as this: Keras clips at the same.
const LEAST_PROBABILITY = 1e-7;

/** -ln p of the targets under the scores, `[rows]`. */
function crossEntropy(
  scores: tf.Tensor2D,
  targets: tf.Tensor1D,
  probabilities: boolean,
): tf.Tensor1D {
  const classes = scores.shape[1];
  const chosen = tf.cast(tf.oneHot(targets, classes), "float32");
  const logProbabilities = probabilities
    ? tf.log(tf.maximum(scores, LEAST_PROBABILITY))
    : tf.logSoftmax(scores);
  return tf.neg(tf.sum(tf.mul(chosen, logProbabilities), -1) as tf.Tensor1D);
}

export function rowBatches(
  dataset: Extract<ProbeDataset, { kind: "rows" }>,
  part: "train" | "validation",
): Batches {
  const { count, inputs, targets } = dataset[part];
  const features = tf.tensor2d(inputs, [count, dataset.inputFeatures]);
  const regression = dataset.loss === "squared-error";
  const wanted = regression
    ? tf.tensor2d(targets as Float32Array, [count, dataset.outputs])
    : tf.tensor1d(targets as Int32Array, "int32");
  return {
    losses: (model, indices, pass) => {
      const rows = tf.tensor1d(indices, "int32");
      const scores = model.scores(tf.gather(features, rows), pass);
      const chosen = tf.gather(wanted, rows);
      if (!regression) {
        return crossEntropy(scores, chosen as tf.Tensor1D, model.givesProbabilities);
      }
      return tf.mul(0.5, tf.sum(tf.square(tf.sub(scores, chosen)), -1));
    },
    dispose: () => tf.dispose([features, wanted]),
  };
}

export function textBatches(
  dataset: Extract<ProbeDataset, { kind: "tokens" }>,
  part: "train" | "validation",
  contextTokens: number,
): Batches {
  const text = dataset[part];
  const cut = (indices: Int32Array, shift: number): Int32Array => {
    const tokens = new Int32Array(indices.length * contextTokens);
    indices.forEach((example, row) => {
      const from = example * contextTokens + shift;
      tokens.set(text.subarray(from, from + contextTokens), row * contextTokens);
    });
    return tokens;
  };
  return {
    losses: (model, indices, pass) => {
      const rows = indices.length;
      const inputs = tf.tensor2d(cut(indices, 0), [rows, contextTokens], "int32");
      const scores = model.scores(inputs, pass);
      if (model.lastPositionOnly) {
        const last = indices.map((example) => text[(example + 1) * contextTokens]!);
        return crossEntropy(scores, tf.tensor1d(last, "int32"), model.givesProbabilities);
      }
      const targets = tf.tensor1d(cut(indices, 1), "int32");
      const losses = crossEntropy(scores, targets, model.givesProbabilities);
      return tf.mean(tf.reshape(losses, [rows, contextTokens]), -1);
    },
    dispose: () => {},
  };
}
