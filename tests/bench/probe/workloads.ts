import { initialWeights, shapeModel } from "../../../api/probe/model-shape.ts";
import { permutedIndex } from "../../../api/probe/random.ts";
import type {
  ProbeDataset,
  ProbeModel,
  TrainingSpec,
} from "../../../api/probe/training-session.ts";
import { randomRows, randomTokens } from "../../probe/random-data.ts";

/** One model, data set and batch: what every contestant trains by plain SGD. */
export interface Workload {
  readonly id: string;
  readonly family: string;
  readonly spec: TrainingSpec;
  readonly dataset: ProbeDataset;
}

/** Steps whose losses all contestants must agree on; also the batches that a rival trains on in turn. */
export const CHECKED_STEPS = 4;
const SEED = 1;
const TRAIN_EXAMPLES = 4096;
const VOCABULARY = 64;

export interface Family {
  readonly id: string;
  readonly model: ProbeModel;
  readonly dataset: () => ProbeDataset;
  readonly batches: readonly number[];
  readonly learningRate: number;
}

const MLP_BATCHES = [1, 4, 16, 64, 256, 1024];

function perceptron(inputs: number, hidden: number, outputs: number): Family {
  return {
    id: `mlp ${inputs}-${hidden}-${outputs}`,
    model: { kind: "mlp", hiddenWidths: [hidden], activation: "relu" },
    dataset: () => randomRows(inputs, outputs, TRAIN_EXAMPLES),
    batches: MLP_BATCHES,
    learningRate: 0.005,
  };
}

// Batches whose step takes seconds are left out: beyond a few thousand tokens the ratio stands still.
function decoder(
  dModel: number,
  layers: number,
  contextTokens: number,
  batches: readonly number[],
): Family {
  return {
    id: `transformer d=${dModel} layers=${layers} context=${contextTokens}`,
    model: {
      kind: "transformer",
      layers,
      dModel,
      heads: dModel / 16,
      contextTokens,
      tiedHead: true,
    },
    dataset: () => randomTokens(VOCABULARY, TRAIN_EXAMPLES * contextTokens + 1),
    batches,
    learningRate: 0.01,
  };
}

export const PERCEPTRONS: readonly Family[] = [
  perceptron(64, 128, 10),
  perceptron(784, 128, 10),
  perceptron(256, 256, 64),
];

export const DECODERS: readonly Family[] = [
  decoder(32, 1, 32, [1, 4, 16, 64, 256]),
  decoder(64, 2, 64, [1, 4, 16, 64]),
  decoder(128, 4, 128, [1, 4, 16]),
];

/** The workloads of a family, by growing batch; they share one data set. */
export function workloadsOf({ id, model, dataset, batches, learningRate }: Family): Workload[] {
  const data = dataset();
  return batches.map((batchExamples) => ({
    id: `${id} batch=${batchExamples}`,
    family: id,
    spec: {
      model,
      optimizer: { kind: "sgd", weightDecay: 0 },
      batchExamples,
      peakLearningRate: learningRate,
      warmupSteps: 0,
      averaging: { kind: "none" },
      seed: SEED,
      exampleNorms: true,
      curvature: false,
    },
    dataset: data,
  }));
}

/** What a rival needs to repeat the first steps: the same weights and the same examples in the same order. */
export interface RivalData {
  readonly weights: Float32Array;
  /** [CHECKED_STEPS, batch, features], or tokens [CHECKED_STEPS, batch, context + 1]. */
  readonly inputs: Float32Array | Uint8Array;
  /** Labels [CHECKED_STEPS, batch]; none for a text. */
  readonly labels: Int32Array;
}

export function rivalData({ spec, dataset }: Workload): RivalData {
  const { model, batchExamples, seed } = spec;
  const shape = shapeModel(model, dataset);
  if (shape.kind === "keras") throw new RangeError("the fused engine trains no Keras model");
  const weights = initialWeights(shape, model, seed);
  const drawn = Array.from({ length: CHECKED_STEPS * batchExamples }, (_, i) =>
    permutedIndex(i % TRAIN_EXAMPLES, TRAIN_EXAMPLES, seed, Math.floor(i / TRAIN_EXAMPLES)),
  );
  if (dataset.kind === "tokens" && model.kind === "transformer") {
    const context = model.contextTokens;
    const inputs = new Uint8Array(drawn.length * (context + 1));
    drawn.forEach((row, i) => {
      const from = row * context;
      inputs.set(dataset.train.subarray(from, from + context + 1), i * (context + 1));
    });
    return { weights, inputs, labels: new Int32Array(0) };
  }
  if (dataset.kind !== "rows") throw new RangeError("a perceptron trains on rows");
  const features = dataset.inputFeatures;
  const inputs = new Float32Array(drawn.length * features);
  drawn.forEach((row, i) => {
    inputs.set(dataset.train.inputs.subarray(row * features, (row + 1) * features), i * features);
  });
  const { targets } = dataset.train;
  return { weights, inputs, labels: Int32Array.from(drawn, (row) => targets[row] ?? 0) };
}
