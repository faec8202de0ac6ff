import { requireInRange } from "../numerics/guards.ts";
import { sizeOf } from "./keras/layer-rules.ts";
import type { KerasTopology } from "./keras/read-topology.ts";
import { fillNormal } from "./random.ts";
import type { DatasetShape, ProbeModel, TransformerModel } from "./training-session.ts";

/** One dense layer of an MLP: weights `[inputs, outputs]` and bias, as offsets into the parameters. */
export type DenseLayer = {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
};

export type ModelShape =
  | { readonly kind: "mlp"; readonly layers: readonly DenseLayer[]; readonly paramCount: number }
  | {
      readonly kind: "transformer";
      readonly model: TransformerModel;
      readonly vocabulary: number;
      readonly paramCount: number;
    }
  | {
      readonly kind: "keras";
      readonly topology: KerasTopology;
      readonly paramCount: number;
    };

function requireCount(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value)) throw new RangeError(`"${name}" must be an integer, got ${value}`);
  return requireInRange(name, value, least, most);
}

/**
 * Lays out the parameters of a model for a data set.
 *
 * @throws {RangeError} when model and data set do not go together or a size is out of range.
 */
export function shapeModel(model: ProbeModel, dataset: DatasetShape): ModelShape {
  if (model.kind === "mlp") {
    if (dataset.kind !== "rows") throw new RangeError('"model" mlp needs a data set of rows');
    const widths = [dataset.inputFeatures, ...model.hiddenWidths, dataset.outputs];
    const layers: DenseLayer[] = [];
    let offset = 0;
    for (let l = 0; l + 1 < widths.length; l += 1) {
      const inputs = requireCount("width", widths[l]!, 1, 8192);
      const outputs = requireCount("width", widths[l + 1]!, 1, 8192);
      layers.push({ inputs, outputs, weights: offset, bias: offset + inputs * outputs });
      offset += inputs * outputs + outputs;
    }
    return { kind: "mlp", layers, paramCount: offset };
  }
  if (model.kind === "keras") return shapeTopology(model.topology, dataset);
  if (dataset.kind !== "tokens") throw new RangeError('"model" transformer needs a text');
  const d = requireCount("dModel", model.dModel, 1, 1024);
  const context = requireCount("contextTokens", model.contextTokens, 1, 1024);
  requireCount("layers", model.layers, 1, 16);
  requireCount("heads", model.heads, 1, d);
  if (d % model.heads !== 0) throw new RangeError('"heads" must divide "dModel"');
  const vocabulary = requireCount("vocabulary", dataset.vocabulary, 2, 256);
  const heads = model.tiedHead ? 0 : vocabulary * d;
  const paramCount = (vocabulary + context) * d + model.layers * (12 * d * d + 2 * d) + d + heads;
  return { kind: "transformer", model, vocabulary, paramCount };
}

/** Inputs are rows, or texts of symbols; outputs are scores of the classes, at every position of a text or its end. */
function shapeTopology(topology: KerasTopology, dataset: DatasetShape): ModelShape {
  const { inputShape, outputShape } = topology;
  const received = `received input [${inputShape.join(", ")}] and output [${outputShape.join(", ")}]`;
  if (dataset.kind === "rows") {
    const features = sizeOf(inputShape);
    if (features !== dataset.inputFeatures || String(outputShape) !== String([dataset.outputs])) {
      const { inputFeatures, outputs } = dataset;
      const expected = `an input of ${inputFeatures} numbers in all and an output of [${outputs}]`;
      throw new RangeError(`"model" keras must have ${expected} for this task; ${received}`);
    }
  } else {
    const [context, ...more] = inputShape;
    const fits = String(outputShape) === String([context, dataset.vocabulary]);
    const fitsEnd = String(outputShape) === String([dataset.vocabulary]);
    if (more.length > 0 || !(fits || fitsEnd)) {
      const expected = `an input of [contextTokens] and an output of [contextTokens, ${dataset.vocabulary}] or [${dataset.vocabulary}]`;
      throw new RangeError(`"model" keras must have ${expected} for this text; ${received}`);
    }
  }
  return { kind: "keras", topology, paramCount: topology.trainableParams };
}

/**
 * Draws initial weights: He (relu, gelu) or Glorot-like 1/inputs variance for an MLP; 1/sqrt(inputs)
 * for a transformer's matrices, divided by sqrt(2 layers) where they write to the residual stream.
 *
 * @param seed - uint32; the same seed gives the same weights in every engine.
 */
export function initialWeights(
  shape: Exclude<ModelShape, { kind: "keras" }>,
  model: ProbeModel,
  seed: number,
): Float32Array {
  const weights = new Float32Array(shape.paramCount);
  if (shape.kind === "mlp") {
    const gain = model.kind === "mlp" && model.activation !== "tanh" ? 2 : 1;
    shape.layers.forEach((layer, l) => {
      const variance = (l === shape.layers.length - 1 ? 1 : gain) / layer.inputs;
      const part = weights.subarray(layer.weights, layer.bias);
      fillNormal(part, seed, 100 + l, Math.sqrt(variance));
    });
    return weights;
  }
  fillTransformer(weights, shape.model, shape.vocabulary, seed);
  return weights;
}

function fillTransformer(
  weights: Float32Array,
  model: TransformerModel,
  vocabulary: number,
  seed: number,
): void {
  const d = model.dModel;
  let at = 0;
  let stream = 100;
  const normal = (count: number, deviation: number): void => {
    fillNormal(weights.subarray(at, at + count), seed, stream, deviation);
    at += count;
    stream += 1;
  };
  const ones = (count: number): void => {
    weights.fill(1, at, at + count);
    at += count;
  };
  const matrix = 1 / Math.sqrt(d);
  const residual = 1 / Math.sqrt(2 * model.layers);
  normal(vocabulary * d, 0.05);
  normal(model.contextTokens * d, 0.05);
  for (let l = 0; l < model.layers; l += 1) {
    ones(d);
    normal(3 * d * d, matrix);
    normal(d * d, matrix * residual);
    ones(d);
    normal(4 * d * d, matrix);
    normal(4 * d * d, 0.5 * matrix * residual);
  }
  ones(d);
  if (!model.tiedHead) normal(vocabulary * d, 0.05);
}

/** Multiply-adds of one example. */
export type ExampleCost = { readonly forward: number; readonly backward: number };

/**
 * What one value between two layers of a topology is charged forward: in the time of its activation, normalisation or
 * pooling about this could have been multiplied.
 */
const ACTIVATION_MULTIPLY_ADDS = 7;

/**
 * Multiply-adds of the matrix products of one example (one sequence for a transformer); of a topology with a charge for
 * what is no product.
 */
export function exampleMultiplyAdds(shape: ModelShape): ExampleCost {
  if (shape.kind === "mlp") {
    let forward = 0;
    for (const layer of shape.layers) forward += layer.inputs * layer.outputs;
    const first = shape.layers[0]!;
    return { forward, backward: 2 * forward - first.inputs * first.outputs };
  }
  if (shape.kind === "keras") {
    const { multiplyAdds, activations } = shape.topology;
    const forward = multiplyAdds + ACTIVATION_MULTIPLY_ADDS * activations;
    return { forward, backward: 2 * forward };
  }
  const { dModel: d, contextTokens: t, layers } = shape.model;
  const forward = layers * (12 * d * d * t + 2 * t * t * d) + t * d * shape.vocabulary;
  return { forward, backward: 2 * forward };
}

/** Number of training examples of a data set for a model. */
export function countExamples(
  model: ProbeModel,
  dataset: DatasetShape,
  part: "train" | "validation",
): number {
  if (dataset.kind === "rows") return dataset[part].count;
  const context = contextTokens(model);
  return Math.max(0, Math.floor((dataset[part].length - 1) / context));
}

/** Symbols of one example of a text. */
export function contextTokens(model: ProbeModel): number {
  if (model.kind === "keras") return model.topology.inputShape[0]!;
  return model.kind === "transformer" ? model.contextTokens : 1;
}
