import * as tf from "@tensorflow/tfjs-core";
import type { ProbeOptimizer } from "../../training-session.ts";
import { valuesOf } from "./tensor-values.ts";

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
 * Moments and moves are written in place: at a million weights every tensor more counts. The variables themselves get
 * new tensors, since the backend keeps repacked copies of old ones.
 *
 * @param gradients - overwritten by what is taken off.
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
  const { kind, weightDecay } = optimizer;
  variables.forEach((variable, i) => {
    const gradient = gradients[i]!;
    const slopes = valuesOf(gradient);
    if (kind !== "adamw" && weightDecay !== 0) addDecay(slopes, valuesOf(variable), weightDecay);
    if (kind === "adam" || kind === "adamw") {
      const [first, second] = [valuesOf(moments.first[i]!), valuesOf(moments.second[i]!)];
      moveByAdam(optimizer, slopes, first, second, rate, step);
    } else {
      const velocity = kind === "momentum" ? valuesOf(moments.first[i]!) : undefined;
      moveByMomentum(slopes, velocity, kind === "momentum" ? optimizer.momentum : 0, rate);
    }
    tf.tidy(() => {
      const shrinks = kind === "adamw" && weightDecay !== 0;
      const kept = shrinks ? tf.mul(variable, 1 - rate * weightDecay) : variable;
      variable.assign(tf.sub(kept, gradient));
    });
  });
}

/** g += decay p. */
function addDecay(slopes: Float32Array, weights: Float32Array, decay: number): void {
  for (let i = 0; i < slopes.length; i += 1) slopes[i]! += decay * weights[i]!;
}

/** u = momentum u + g; the move is rate u. */
function moveByMomentum(
  slopes: Float32Array,
  velocity: Float32Array | undefined,
  momentum: number,
  rate: number,
): void {
  for (let i = 0; i < slopes.length; i += 1) {
    let along = slopes[i]!;
    if (velocity !== undefined) {
      along += momentum * velocity[i]!;
      velocity[i] = along;
    }
    slopes[i] = rate * along;
  }
}

/** m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2; the move is rate (m / c1) / (sqrt(v / c2) + epsilon), c = 1 - b^t. */
function moveByAdam(
  { adamBeta1, adamBeta2, adamEpsilon }: Extract<ProbeOptimizer, { kind: "adam" | "adamw" }>,
  slopes: Float32Array,
  first: Float32Array,
  second: Float32Array,
  rate: number,
  step: number,
): void {
  const scaled = rate / (1 - adamBeta1 ** (step + 1));
  const correction = 1 - adamBeta2 ** (step + 1);
  for (let i = 0; i < slopes.length; i += 1) {
    const slope = slopes[i]!;
    const m = adamBeta1 * first[i]! + (1 - adamBeta1) * slope;
    const v = adamBeta2 * second[i]! + (1 - adamBeta2) * slope * slope;
    first[i] = m;
    second[i] = v;
    slopes[i] = (scaled * m) / (Math.sqrt(v / correction) + adamEpsilon);
  }
}
