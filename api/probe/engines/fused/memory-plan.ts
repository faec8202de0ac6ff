import * as at from "../../kernels/plan-layout.ts";
import type { ModelShape } from "../../model-shape.ts";
import type { ProbeDataset, TrainingSpec } from "../../training-session.ts";

/** Addresses (bytes) of everything a training run keeps in the kernels' memory, fixed before it starts. */
export type MemoryPlan = {
  /** The plan block, by the offsets of plan-layout.ts. */
  readonly words: Int32Array;
  readonly layerTable: Int32Array;
  readonly planAddress: number;
  readonly activationScratch: number;
  readonly microBatch: number;
  /** State that a checkpoint copies: scalars, weights, optimizer moments, average, gradient. */
  readonly stateStart: number;
  readonly stateEnd: number;
  readonly end: number;
};

export const RECORD_CAPACITY = 2048;
const MICRO_BATCH_FLOPS = 3e8;

// Matrix kernels read whole vectors at the end of a row: every buffer has room behind it.
const GUARD_BYTES = 64;

class Allocator {
  next: number;
  constructor(start: number) {
    this.next = (start + 63) & ~63;
  }
  take(bytes: number): number {
    const address = this.next;
    this.next = (address + bytes + GUARD_BYTES + 15) & ~15;
    return address;
  }
}

/** Micro-batch: at most 256 examples, fewer when that would be more than 3e8 FLOPs. */
function chooseMicroBatch(trainFlopsPerExample: number): number {
  let rows = 256;
  while (rows > 1 && rows * trainFlopsPerExample > MICRO_BATCH_FLOPS) rows /= 2;
  return rows;
}

/** Where the two halves of a data set stand in memory. */
export type DataAddresses = {
  readonly trainInput: number;
  readonly trainTarget: number;
  readonly evaluationInput: number;
  readonly evaluationTarget: number;
};

const OPTIMIZERS = { sgd: 0, momentum: 1, adam: 2, adamw: 3 } as const;
const ACTIVATIONS = { relu: 0, gelu: 1, tanh: 2 } as const;
const AVERAGINGS = { none: 0, exponential: 1, polynomial: 2 } as const;

function planMlp(
  words: Int32Array,
  memory: Allocator,
  shape: ModelShape,
  micro: number,
): Int32Array {
  if (shape.kind !== "mlp") return new Int32Array(0);
  const table = new Int32Array(shape.layers.length * at.TABLE_WORDS);
  words[at.INPUT_ROWS] = memory.take(micro * shape.layers[0]!.inputs * 4);
  const widest = Math.max(...shape.layers.slice(1).map(({ inputs }) => inputs), 0);
  words[at.SPARE_ROWS] = memory.take(micro * widest * 4);
  words[at.LAYERS] = shape.layers.length;
  words[at.LAYER_TABLE] = memory.take(table.byteLength);
  shape.layers.forEach((layer, l) => {
    const row = l * at.TABLE_WORDS;
    table[row + at.TABLE_INPUTS] = layer.inputs;
    table[row + at.TABLE_OUTPUTS] = layer.outputs;
    table[row + at.TABLE_WEIGHTS] = layer.weights;
    table[row + at.TABLE_BIAS] = layer.bias;
    table[row + at.TABLE_DERIVATIVE] = memory.take(micro * layer.outputs * 4);
    table[row + at.TABLE_OUTPUT] = memory.take(micro * layer.outputs * 4);
  });
  return table;
}

function planTransformer(words: Int32Array, memory: Allocator, shape: ModelShape): void {
  if (shape.kind !== "transformer") return;
  const { dModel: d, contextTokens: t, heads, layers, tiedHead } = shape.model;
  const activations = (16 * t * d + heads * t * t + 2 * t) * 4 + GUARD_BYTES;
  words[at.LAYERS] = layers;
  words[at.CONTEXT] = t;
  words[at.WIDTH] = d;
  words[at.HEADS] = heads;
  words[at.VOCABULARY] = shape.vocabulary;
  words[at.TIED] = tiedHead ? 1 : 0;
  words[at.LAYER_ACTIVATION_BYTES] = (activations + 15) & ~15;
  words[at.LAYER_ACTIVATIONS] = memory.take(words[at.LAYER_ACTIVATION_BYTES]! * layers);
  words[at.RESIDUAL] = memory.take(t * d * 4);
  words[at.LOGITS] = memory.take(t * shape.vocabulary * 4);
  words[at.RESIDUAL_GRADIENT] = memory.take(t * d * 4);
  words[at.WIDE] = memory.take(4 * t * d * 4);
  words[at.NARROW] = memory.take(t * d * 4);
  words[at.SCORES] = memory.take(t * t * 4);
  words[at.FINAL_NORMALISED] = memory.take(t * d * 4);
  words[at.FINAL_OUTPUT] = memory.take(t * d * 4);
  words[at.FINAL_SCALE] = memory.take(t * 4);
  words[at.SEQUENCE_GRADIENT] = memory.take(words[at.PARAM_COUNT]! * 4);
}

function planOptions(words: Int32Array, spec: TrainingSpec, micro: number): void {
  words[at.OPTIMIZER] = OPTIMIZERS[spec.optimizer.kind];
  words[at.BATCH] = spec.batchExamples;
  words[at.MICRO] = micro;
  words[at.SEED] = spec.seed | 0;
  words[at.WARMUP_STEPS] = spec.warmupSteps;
  words[at.AVERAGING] = AVERAGINGS[spec.averaging.kind];
  words[at.ACTIVATION] = spec.model.kind === "mlp" ? ACTIVATIONS[spec.model.activation] : 1;
  words[at.EXAMPLE_NORMS] = spec.exampleNorms ? 1 : 0;
}

/**
 * Lays out one training run behind `start`; nothing is allocated after this.
 *
 * @param workBytes - scratch of the matrix kernels.
 */
export function planMemory(
  start: number,
  workBytes: number,
  spec: TrainingSpec,
  shape: ModelShape,
  trainFlopsPerExample: number,
): MemoryPlan {
  const memory = new Allocator(start);
  const words = new Int32Array(at.PLAN_WORDS);
  const micro = chooseMicroBatch(trainFlopsPerExample);
  const kind = spec.optimizer.kind;
  const adaptive = kind === "adam" || kind === "adamw";
  words[at.KIND] = shape.kind === "mlp" ? 0 : 1;
  words[at.PARAM_COUNT] = (shape.paramCount + 3) & ~3;
  planOptions(words, spec, micro);
  const bytes = words[at.PARAM_COUNT]! * 4;
  const planAddress = memory.take(at.PLAN_WORDS * 4);
  const activationScratch = memory.take(96);
  words[at.SCALARS] = memory.take(at.SCALAR_SLOTS * 8);
  words[at.PARAMS] = memory.take(bytes);
  words[at.FIRST_MOMENT] = kind === "sgd" ? 0 : memory.take(bytes);
  words[at.SECOND_MOMENT] = adaptive ? memory.take(bytes) : 0;
  words[at.AVERAGE] = spec.averaging.kind === "none" ? 0 : memory.take(bytes);
  words[at.GRADIENT] = memory.take(bytes);
  const stateEnd = memory.next;
  words[at.WORK] = memory.take(workBytes);
  words[at.INDEX] = memory.take(micro * 4);
  words[at.EXAMPLE_SQUARES] = memory.take(micro * 8);
  words[at.RECORDS] = memory.take(RECORD_CAPACITY * at.RECORD_VALUES * 8);
  if (spec.curvature) {
    words[at.PERTURBED] = memory.take(bytes);
    words[at.DIRECTION] = memory.take(bytes);
  }
  const layerTable = planMlp(words, memory, shape, micro);
  planTransformer(words, memory, shape);
  return {
    words,
    layerTable,
    planAddress,
    activationScratch,
    microBatch: micro,
    stateStart: words[at.SCALARS]!,
    stateEnd,
    end: memory.next,
  };
}

/** Bytes of the four arrays of a data set and their places behind `start`. */
export function placeDataset(
  dataset: ProbeDataset,
  start: number,
): { readonly addresses: DataAddresses; readonly end: number } {
  const memory = new Allocator(start);
  if (dataset.kind === "tokens") {
    const trainInput = memory.take(dataset.train.length);
    const evaluationInput = memory.take(dataset.validation.length);
    const addresses = { trainInput, trainTarget: 0, evaluationInput, evaluationTarget: 0 };
    return { addresses, end: memory.next };
  }
  const addresses = {
    trainInput: memory.take(dataset.train.inputs.length * 4),
    trainTarget: memory.take(dataset.train.targets.length * 4),
    evaluationInput: memory.take(dataset.validation.inputs.length * 4),
    evaluationTarget: memory.take(dataset.validation.targets.length * 4),
  };
  return { addresses, end: memory.next };
}
