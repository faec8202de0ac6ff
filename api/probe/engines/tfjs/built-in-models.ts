import * as tf from "@tensorflow/tfjs-core";
import type { ModelShape } from "../../model-shape.ts";
import type { MlpModel } from "../../training-session.ts";
import { gelu, type TfjsModel, variablesOf } from "./tfjs-model.ts";

const ACTIVATIONS = {
  relu: (x: tf.Tensor2D): tf.Tensor2D => tf.relu(x),
  tanh: (x: tf.Tensor2D): tf.Tensor2D => tf.tanh(x),
  gelu: (x: tf.Tensor2D): tf.Tensor2D => gelu(x),
} as const;

function builtIn(variables: readonly tf.Variable[], scores: TfjsModel["scores"]): TfjsModel {
  return {
    variables,
    statistics: [],
    scores,
    givesProbabilities: false,
    lastPositionOnly: false,
    dispose: () => tf.dispose([...variables]),
  };
}

/** The perceptron of the fused engine in tensor operations. */
export function mlpModel(
  shape: Extract<ModelShape, { kind: "mlp" }>,
  activation: MlpModel["activation"],
  weights: Float32Array,
): TfjsModel {
  const shapes = shape.layers.flatMap(({ inputs, outputs }) => [[inputs, outputs], [outputs]]);
  const variables = variablesOf(weights, shapes);
  const activate = ACTIVATIONS[activation];
  return builtIn(variables, (inputs) => {
    let x = inputs;
    for (let l = 0; l < shape.layers.length; l += 1) {
      const z = tf.add(tf.matMul(x, variables[2 * l] as tf.Tensor2D), variables[2 * l + 1]!);
      x = (l === shape.layers.length - 1 ? z : activate(z as tf.Tensor2D)) as tf.Tensor2D;
    }
    return x;
  });
}

/** Added to the scores of later positions. */
const MASKED = -1e9;

/** The decoder of the fused engine in tensor operations. */
export function transformerModel(
  shape: Extract<ModelShape, { kind: "transformer" }>,
  weights: Float32Array,
): TfjsModel {
  const { vocabulary, model } = shape;
  const { layers, dModel: d, heads, contextTokens: t, tiedHead } = model;
  const variables = variablesOf(weights, [
    [vocabulary, d],
    [t, d],
    ...Array.from({ length: layers }, () => [
      [d],
      [d, 3 * d],
      [d, d],
      [d],
      [d, 4 * d],
      [4 * d, d],
    ]).flat(),
    [d],
    ...(tiedHead ? [] : [[vocabulary, d]]),
  ]);
  const mask = tf.tidy(() => tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([t, t]), -1, 0)), MASKED));
  const normalise = (x: tf.Tensor2D, gain: tf.Tensor): tf.Tensor2D => {
    const square = tf.mean(tf.square(x), -1, true);
    return tf.mul(tf.mul(x, tf.rsqrt(tf.add(square, 1e-5))), gain);
  };
  const attend = (qkv: tf.Tensor2D, rows: number): tf.Tensor2D => {
    const split = tf.transpose(tf.reshape(qkv, [rows, t, 3, heads, d / heads]), [2, 0, 3, 1, 4]);
    const [q, k, v] = tf.unstack(split, 0) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d / heads));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows * t, d]);
  };
  const head = variables[tiedHead ? 0 : variables.length - 1] as tf.Tensor2D;
  const scores = (tokens: tf.Tensor2D): tf.Tensor2D => {
    const rows = tokens.shape[0];
    const embedded = tf.gather(variables[0]!, tf.reshape(tokens, [rows * t]));
    const placed = tf.add(tf.reshape(embedded, [rows, t, d]), variables[1]!);
    let x = tf.reshape(placed, [rows * t, d]) as tf.Tensor2D;
    for (let l = 0; l < layers; l += 1) {
      const [gain1, qkv, out, gain2, up, down] = variables.slice(
        2 + 6 * l,
        8 + 6 * l,
      ) as tf.Tensor2D[];
      const attended = attend(tf.matMul(normalise(x, gain1!), qkv!), rows);
      x = tf.add(x, tf.matMul(attended, out!));
      x = tf.add(x, tf.matMul(gelu(tf.matMul(normalise(x, gain2!), up!)), down!));
    }
    return tf.matMul(normalise(x, variables[2 + 6 * layers]!), head, false, true);
  };
  const built = builtIn(variables, scores);
  return { ...built, dispose: () => tf.dispose([mask, ...variables]) };
}
