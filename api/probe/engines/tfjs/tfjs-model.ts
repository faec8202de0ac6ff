import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../keras/layer-rules.ts";
import { valuesOf } from "./tensor-values.ts";

/** A model as the session trains it. */
export type TfjsModel = {
  /** What gradients reach, in the order of the flat parameters. */
  readonly variables: readonly tf.Variable[];
  /** Statistics that a pass in training changes; part of a checkpoint. */
  readonly statistics: readonly tf.Variable[];
  /**
   * Scores of a batch: `[rows, outputs]`, or `[rows x positions, vocabulary]` of a text.
   *
   * @param inputs - `[rows, features]` float32, or `[rows, contextTokens]` int32.
   * @param pass - in training a number that names this pass, for what is random in it; undefined in evaluation.
   */
  readonly scores: (inputs: tf.Tensor2D, pass: number | undefined) => tf.Tensor2D;
  /** Whether scores are probabilities already. */
  readonly givesProbabilities: boolean;
  /** Positions of one example that have a target, counted from its end; undefined: all of a text, or a row. */
  readonly lastPositionOnly: boolean;
  readonly dispose: () => void;
};

/** Cuts flat parameters into variables of the given shapes. */
export function variablesOf(
  weights: Float32Array,
  shapes: readonly (readonly number[])[],
): tf.Variable[] {
  let at = 0;
  return shapes.map((shape) => {
    const size = sizeOf(shape);
    const part = weights.slice(at, at + size);
    at += size;
    return tf.tidy(() => tf.variable(tf.tensor(part, [...shape], "float32")));
  });
}

/** Values of variables, one after another. */
export function readFlat(variables: readonly tf.Tensor[], count: number): Float32Array {
  const values = new Float32Array(count);
  let at = 0;
  for (const variable of variables) {
    values.set(valuesOf(variable), at);
    at += variable.size;
  }
  return values;
}

export function writeFlat(variables: readonly tf.Variable[], values: Float32Array): void {
  let at = 0;
  for (const variable of variables) {
    const part = values.slice(at, at + variable.size);
    at += variable.size;
    tf.tidy(() => variable.assign(tf.tensor(part, variable.shape, "float32")));
  }
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);

/** The tanh form: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
export function gelu<T extends tf.Tensor>(x: T): T {
  const inner = tf.mul(GELU_SCALE, tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner))) as T;
}
