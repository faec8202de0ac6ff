import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { sizeOf } from "../../keras/layer-rules.ts";
import type { KerasLayer, KerasTopology } from "../../keras/read-topology.ts";
import { fillNormal } from "../../random.ts";
import type { TfjsModel } from "./tfjs-model.ts";

type Config = Record<string, unknown>;
type Build = (config: Config) => tfl.layers.Layer;

const build = (maker: (config: never) => unknown): Build => maker as unknown as Build;

/** The layers of TensorFlow.js by the names that a topology gives them; Dropout is the probe's own. */
const MAKERS: Readonly<Record<string, Build>> = {
  Dense: build(tfl.layers.dense),
  Embedding: build(tfl.layers.embedding),
  Conv1D: build(tfl.layers.conv1d),
  Conv2D: build(tfl.layers.conv2d),
  DepthwiseConv2D: build(tfl.layers.depthwiseConv2d),
  MaxPooling1D: build(tfl.layers.maxPooling1d),
  MaxPooling2D: build(tfl.layers.maxPooling2d),
  AveragePooling1D: build(tfl.layers.averagePooling1d),
  AveragePooling2D: build(tfl.layers.averagePooling2d),
  GlobalAveragePooling1D: build(tfl.layers.globalAveragePooling1d),
  GlobalAveragePooling2D: build(tfl.layers.globalAveragePooling2d),
  GlobalMaxPooling1D: build(tfl.layers.globalMaxPooling1d),
  GlobalMaxPooling2D: build(tfl.layers.globalMaxPooling2d),
  Flatten: build(tfl.layers.flatten),
  Reshape: build(tfl.layers.reshape),
  BatchNormalization: build(tfl.layers.batchNormalization),
  LayerNormalization: build(tfl.layers.layerNormalization),
  Activation: build(tfl.layers.activation),
  ReLU: build(tfl.layers.reLU),
  Softmax: build(tfl.layers.softmax),
  LSTM: build(tfl.layers.lstm),
  GRU: build(tfl.layers.gru),
  SimpleRNN: build(tfl.layers.simpleRNN),
  Add: build(tfl.layers.add),
  Multiply: build(tfl.layers.multiply),
  Concatenate: build(tfl.layers.concatenate),
};

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

// Weights are drawn below, from the probe's seed: what a layer would draw of its own is never used.
const ZEROS = { kernelInitializer: "zeros", recurrentInitializer: "zeros" };
const DEPTHWISE = { depthwiseInitializer: "zeros" };

function configOf({ className, name, config }: KerasLayer): Config {
  const settings = Object.entries(config).map(([key, value]) => {
    const isName = key.endsWith("activation") && value !== "gelu_new";
    return [camelCase(key), isName ? camelCase(String(value)) : value];
  });
  const drawn = className === "Embedding" ? { embeddingsInitializer: "zeros" } : ZEROS;
  const drawnToo = className === "DepthwiseConv2D" ? DEPTHWISE : {};
  return { ...Object.fromEntries(settings), name, ...drawn, ...drawnToo };
}

/** Inputs of one weight: all sizes but the last, channels included. */
function fanIn(shape: readonly number[]): number {
  return Math.max(1, sizeOf(shape.slice(0, -1)));
}

/**
 * Draws the first values of a weight by its name: matrices and windows normal with variance 2/fan-in before relu and
 * the like, 1/fan-in elsewhere; embeddings with deviation 0.05; gains and moving variances 1; the rest 0.
 */
function drawWeight(weight: tfl.LayerVariable, layer: KerasLayer, seed: number, index: number) {
  const shape = weight.shape as number[];
  const values = new Float32Array(sizeOf(shape));
  const { name } = weight;
  if (/(gamma|moving_variance)(_\d+)?$/.test(name)) values.fill(1);
  else if (/embeddings(_\d+)?$/.test(name)) fillNormal(values, seed, 100 + index, 0.05);
  else if (/kernel(_\d+)?$/.test(name)) {
    const rectified = /relu|gelu|elu|swish|mish/.test(String(layer.config["activation"] ?? ""));
    const window = /depthwise/.test(name) ? fanIn(shape.slice(0, -1)) : fanIn(shape);
    fillNormal(values, seed, 100 + index, Math.sqrt((rectified ? 2 : 1) / window));
  }
  tf.tidy(() => {
    weight.write(tf.tensor(values, shape, "float32"));
  });
}

/** The variable behind a weight of a layer. */
function variableOf(weight: tfl.LayerVariable): tf.Variable {
  return (weight as unknown as { readonly val: tf.Variable }).val;
}

type Node = { readonly layer: KerasLayer; readonly built: tfl.layers.Layer | undefined };

/**
 * Builds the layers of a topology and draws their weights from the seed.
 *
 * Dropout draws its mask from the seed, the pass and the layer, so that a run can be repeated.
 */
export function kerasModel(topology: KerasTopology, seed: number): TfjsModel {
  const nodes = topology.layers.map((layer): Node => {
    const maker = MAKERS[layer.className];
    return { layer, built: maker?.(configOf(layer)) };
  });
  const shapes = new Map(topology.layers.map(({ name, figures }) => [name, figures.shape]));
  const weights: tfl.LayerVariable[][] = [[], []];
  nodes.forEach(({ layer, built }, index) => {
    if (built === undefined) return;
    const inputs = layer.inputs.map((name) => [null, ...shapes.get(name)!]);
    built.build((inputs.length === 1 ? inputs[0] : inputs) as never);
    (built as unknown as { built: boolean }).built = true;
    for (const [w, weight] of built.trainableWeights.entries()) {
      drawWeight(weight, layer, seed, 64 * index + w);
    }
    for (const weight of built.nonTrainableWeights) drawWeight(weight, layer, seed, 0);
    weights[0]!.push(...built.trainableWeights);
    weights[1]!.push(...built.nonTrainableWeights);
  });
  const variables = weights[0]!.map(variableOf);
  const statistics = weights[1]!.map(variableOf);
  const last = topology.layers.at(-1)!;
  const positions = topology.outputShape.length === 2 ? topology.outputShape[0]! : 1;
  const classes = topology.outputShape.at(-1)!;
  const scores = (inputs: tf.Tensor2D, pass: number | undefined): tf.Tensor2D => {
    const rows = inputs.shape[0];
    const values = new Map<string, tf.Tensor>();
    nodes.forEach(({ layer, built }, index) => {
      const given = layer.inputs.map((name) => values.get(name)!);
      values.set(layer.name, run(layer, built, given, inputs, pass, seed + index));
    });
    return tf.reshape(values.get(last.name)!, [rows * positions, classes]);
  };
  return {
    variables,
    statistics,
    scores,
    givesProbabilities: topology.endsInSoftmax,
    lastPositionOnly: topology.outputShape.length === 1,
    dispose: () => tf.dispose([...variables, ...statistics]),
  };
}

function run(
  layer: KerasLayer,
  built: tfl.layers.Layer | undefined,
  given: readonly tf.Tensor[],
  inputs: tf.Tensor2D,
  pass: number | undefined,
  seed: number,
): tf.Tensor {
  if (layer.className === "InputLayer") {
    return tf.reshape(inputs, [inputs.shape[0], ...layer.figures.shape]);
  }
  if (built === undefined) {
    const rate = layer.config["rate"] as number;
    return pass === undefined ? given[0]! : dropped(given[0]!, rate, `${seed} ${pass}`);
  }
  if (layer.className === "LayerNormalization") return layerNormalised(given[0]!, layer, built);
  const call = given.length === 1 ? given[0]! : [...given];
  return built.call(call as never, { training: pass !== undefined }) as tf.Tensor;
}

const LAYER_NORMALIZATION_EPSILON = 1e-3;

/**
 * (x - mean) / sqrt(variance + epsilon) gamma + beta over the last axis. The layer of TensorFlow.js 4.22 tiles all four to
 * the size of x; the gradient of that takes a pass of thousands of operations.
 */
function layerNormalised(
  x: tf.Tensor,
  { config }: KerasLayer,
  { trainableWeights }: tfl.layers.Layer,
): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const epsilon = (config["epsilon"] as number | undefined) ?? LAYER_NORMALIZATION_EPSILON;
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  const weight = (name: string) =>
    trainableWeights.find((candidate) => new RegExp(`${name}(_\\d+)?$`).test(candidate.name));
  const [gamma, beta] = [weight("gamma"), weight("beta")];
  const scaled = gamma === undefined ? normal : tf.mul(normal, variableOf(gamma));
  return beta === undefined ? scaled : tf.add(scaled, variableOf(beta));
}

function dropped(x: tf.Tensor, rate: number, seed: string): tf.Tensor {
  if (rate === 0) return x;
  const kept = tf.greaterEqual(tf.randomUniform(x.shape, 0, 1, "float32", seed), rate);
  return tf.mul(tf.div(x, 1 - rate), tf.cast(kept, "float32"));
}
