import * as tf from "@tensorflow/tfjs-core";
import type { ProbeDataset } from "../../training-session.ts";
import type { TfjsModel } from "./tfjs-model.ts";

/** One part of a data set; only what a pass needs is copied to the backend's memory. */
export type Batches = {
  /**
   * Loss of every listed example, `[examples]`: of a row, or the mean over the positions of a text.
   *
   * @param pass - as in {@link TfjsModel.scores}.
   */
  readonly losses: (model: TfjsModel, indices: Int32Array, pass: number | undefined) => tf.Tensor1D;
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
  const { inputs, targets } = dataset[part];
  const { inputFeatures, outputs, loss } = dataset;
  return {
    losses: (model, indices, pass) => {
      const rows = new Float32Array(indices.length * inputFeatures);
      gatherRows(inputs, indices, rows);
      const scores = model.scores(tf.tensor2d(rows, [indices.length, inputFeatures]), pass);
      if (loss === "softmax-cross-entropy") {
        const labels = indices.map((example) => targets[example]!);
        return crossEntropy(scores, tf.tensor1d(labels, "int32"), model.givesProbabilities);
      }
      const wanted = new Float32Array(indices.length * outputs);
      gatherRows(targets, indices, wanted);
      const missed = tf.sub(scores, tf.tensor2d(wanted, [indices.length, outputs]));
      return tf.mul(0.5, tf.sum(tf.square(missed), -1));
    },
  };
}

/** The listed rows of `from`, one after another. */
function gatherRows(
  from: Float32Array | Int32Array,
  indices: Int32Array,
  rows: Float32Array,
): void {
  const width = rows.length / indices.length;
  indices.forEach((example, row) => {
    rows.set(from.subarray(example * width, (example + 1) * width), row * width);
  });
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
  };
}
