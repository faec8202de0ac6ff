import type { DenseLayer } from "../../../api/probe/model-shape.ts";
import type { MlpModel } from "../../../api/probe/training-session.ts";

export type LossAndGradient = { readonly loss: number; readonly gradient: Float64Array };

const GELU_SCALE = Math.sqrt(2 / Math.PI);

export function activate(kind: MlpModel["activation"], x: number): readonly [number, number] {
  if (kind === "relu") return x <= 0 ? [0, 0] : [x, 1];
  if (kind === "tanh") {
    const t = Math.tanh(x);
    return [t, 1 - t * t];
  }
  const t = Math.tanh(GELU_SCALE * (x + 0.044715 * x ** 3));
  const slope = GELU_SCALE * (1 + 3 * 0.044715 * x * x);
  return [0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope];
}

export function softmaxLoss(logits: Float64Array, label: number): LossAndGradient {
  let top = Number.NEGATIVE_INFINITY;
  for (const z of logits) top = Math.max(top, z);
  let sum = 0;
  for (const z of logits) sum += Math.exp(z - top);
  const gradient = logits.map((z) => Math.exp(z - top) / sum);
  gradient[label]! -= 1;
  return { loss: Math.log(sum) + top - logits[label]!, gradient };
}

function squaredLoss(prediction: Float64Array, target: ArrayLike<number>): LossAndGradient {
  let loss = 0;
  const gradient = prediction.map((value, j) => {
    const error = value - target[j]!;
    loss += 0.5 * error * error;
    return error;
  });
  return { loss, gradient };
}

/** Loss and gradient of one row, plain loops in float64. */
export function mlpExample(
  layers: readonly DenseLayer[],
  activation: MlpModel["activation"],
  loss: "softmax-cross-entropy" | "squared-error",
  weights: Float64Array,
  input: ArrayLike<number>,
  target: ArrayLike<number>,
): LossAndGradient {
  const inputs: Float64Array[] = [Float64Array.from(input)];
  const slopes: Float64Array[] = [];
  layers.forEach((layer, l) => {
    const x = inputs[l]!;
    const h = new Float64Array(layer.outputs);
    const slope = new Float64Array(layer.outputs);
    for (let j = 0; j < layer.outputs; j += 1) {
      let z = weights[layer.bias + j]!;
      for (let i = 0; i < layer.inputs; i += 1) {
        z += x[i]! * weights[layer.weights + i * layer.outputs + j]!;
      }
      [h[j], slope[j]] = l === layers.length - 1 ? [z, 1] : activate(activation, z);
    }
    inputs.push(h);
    slopes.push(slope);
  });
  const output = inputs[layers.length]!;
  const end =
    loss === "softmax-cross-entropy"
      ? softmaxLoss(output, target[0]!)
      : squaredLoss(output, target);
  const gradient = new Float64Array(weights.length);
  let delta = end.gradient;
  for (let l = layers.length - 1; l >= 0; l -= 1) {
    const layer = layers[l]!;
    const x = inputs[l]!;
    const back = new Float64Array(layer.inputs);
    for (let j = 0; j < layer.outputs; j += 1) {
      const d = delta[j]! * slopes[l]![j]!;
      gradient[layer.bias + j] = d;
      for (let i = 0; i < layer.inputs; i += 1) {
        const at = layer.weights + i * layer.outputs + j;
        gradient[at] = d * x[i]!;
        back[i]! += d * weights[at]!;
      }
    }
    delta = back;
  }
  return { loss: end.loss, gradient };
}
