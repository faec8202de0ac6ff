import * as tf from "@tensorflow/tfjs-core";
import type { ProbeOptimizer } from "../../training-session.ts";

/** Moments of an optimizer, one variable for each of the model's. */
export type Moments = {
  readonly first: readonly tf.Variable[];
  readonly second: readonly tf.Variable[];
};

export function momentsFor(optimizer: ProbeOptimizer, variables: readonly tf.Variable[]): Moments {
  const zeros = () => variables.map(({ shape }) => tf.tidy(() => tf.variable(tf.zeros(shape))));
  const { kind } = optimizer;
  return {
    first: kind === "sgd" ? [] : zeros(),
    second: kind === "adam" || kind === "adamw" ? zeros() : [],
  };
}

/**
 * One update of every variable, by the same formulas as the fused engine's kernels.
 *
 * @param step - updates done before this one.
 */
export function updateVariables(
  optimizer: ProbeOptimizer,
  variables: readonly tf.Variable[],
  gradients: readonly tf.Tensor[],
  moments: Moments,
  rate: number,
  step: number,
): void {
  variables.forEach((variable, i) => {
    tf.tidy(() => {
      const gradient = gradients[i]!;
      const { weightDecay } = optimizer;
      if (optimizer.kind === "adamw" || optimizer.kind === "adam") {
        updateByAdam(
          optimizer,
          variable,
          gradient,
          moments.first[i]!,
          moments.second[i]!,
          rate,
          step,
        );
        return;
      }
      const slope = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(variable, weightDecay));
      let move = slope;
      if (optimizer.kind === "momentum") {
        move = tf.add(tf.mul(moments.first[i]!, optimizer.momentum), slope);
        moments.first[i]!.assign(move);
      }
      variable.assign(tf.sub(variable, tf.mul(move, rate)));
    });
  });
}

/** m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, p -= rate (m / c1) / (sqrt(v / c2) + epsilon), c = 1 - b^t. */
function updateByAdam(
  optimizer: Extract<ProbeOptimizer, { kind: "adam" | "adamw" }>,
  variable: tf.Variable,
  gradient: tf.Tensor,
  first: tf.Variable,
  second: tf.Variable,
  rate: number,
  step: number,
): void {
  const { kind, adamBeta1: b1, adamBeta2: b2, adamEpsilon, weightDecay } = optimizer;
  const coupled = kind === "adam" ? weightDecay : 0;
  const slope = coupled === 0 ? gradient : tf.add(gradient, tf.mul(variable, coupled));
  const m = tf.add(tf.mul(first, b1), tf.mul(slope, 1 - b1));
  const v = tf.add(tf.mul(second, b2), tf.mul(tf.square(slope), 1 - b2));
  first.assign(m);
  second.assign(v);
  const scale = tf.add(tf.sqrt(tf.div(v, 1 - b2 ** (step + 1))), adamEpsilon);
  const move = tf.div(tf.mul(m, rate / (1 - b1 ** (step + 1))), scale);
  const kept =
    kind === "adamw" && weightDecay !== 0 ? tf.mul(variable, 1 - rate * weightDecay) : variable;
  variable.assign(tf.sub(kept, move));
}
