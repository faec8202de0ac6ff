import * as tf from "@tensorflow/tfjs-core";
import { passFlops, SLICE_FLOPS } from "../../flop-count.ts";
import { permutedIndex } from "../../random.ts";
import type {
  GradientMeasurement,
  ProbeDataset,
  StepRecord,
  TrainingSession,
  TrainingSpec,
} from "../../training-session.ts";
import {
  differenceRadius,
  foreignCheckpoint,
  insideStep,
  requireValidationRange,
  requireWeights,
  runSize,
  sessionEnded,
} from "../session-rules.ts";
import { valuesOf } from "./tensor-values.ts";
import type { Batches } from "./tfjs-batches.ts";
import { readFlat, type TfjsModel, writeFlat } from "./tfjs-model.ts";
import { type Moments, momentsFor, updateVariables } from "./tfjs-optimizer.ts";

type SessionParts = {
  readonly spec: TrainingSpec;
  readonly dataset: ProbeDataset;
  readonly model: TfjsModel;
  readonly train: Batches;
  readonly validation: Batches;
};

/** What is summed while the micro-batches of one step are worked on. */
type Sums = {
  examples: number;
  loss: number;
  /** Squared norms of the micro-batches' mean gradients, and 1 / their sizes. */
  squares: number;
  inverses: number;
  parts: number;
  gradients: tf.Tensor[];
};

// Micro-batches of a step whose noise is measured: enough for the two-batch estimator, few enough to be quick.
const NOISE_PARTS = 8;
// A pass takes half a millisecond or more, whatever its FLOPs.
const SLICE_PASSES = 16;
// Tensors of one pass, forward and backward with what each operation leaves, stay below some 64 MB.
const MOST_PASS_VALUES = 1e6;

const emptySums = (): Sums => ({
  examples: 0,
  loss: 0,
  squares: 0,
  inverses: 0,
  parts: 0,
  gradients: [],
});

function microBatchOf({ spec, dataset }: SessionParts, flopsPerExample: number): number {
  const { model, batchExamples, exampleNorms } = spec;
  const kept =
    model.kind === "keras"
      ? model.topology.activations
      : Math.sqrt(flopsPerExample) * (dataset.kind === "tokens" ? 16 : 1);
  const fitting = Math.min(SLICE_FLOPS / SLICE_PASSES / flopsPerExample, MOST_PASS_VALUES / kept);
  const wanted = exampleNorms ? Math.ceil(batchExamples / NOISE_PARTS) : batchExamples;
  return Math.max(1, Math.min(wanted, Math.floor(fitting)));
}

/**
 * A training run by TensorFlow.js; see `TrainingSession`.
 *
 * TensorFlow.js gives no per-example norms: with `exampleNorms` every step is cut into micro-batches, and
 * `meanExampleGradSqNorm` is the unbiased estimate |G|^2 + tr(Sigma) of the two-batch estimator (arXiv:1510.01799;
 * arXiv:1812.06162, appendix A.1).
 */
export class TfjsSession implements TrainingSession {
  readonly paramCount: number;
  readonly trainExamples: number;
  readonly validationExamples: number;
  readonly trainFlopsPerExample: number;
  readonly evaluationFlopsPerExample: number;
  readonly microBatchExamples: number;
  readonly mostMicroBatches = SLICE_PASSES;
  readonly passFlops = passFlops("tfjs");
  step = 0;
  diverged = false;
  readonly #parts: SessionParts;
  readonly #moments: Moments;
  #average: Float32Array | undefined;
  #sums = emptySums();
  #records: StepRecord[] = [];
  #disposed = false;

  constructor(parts: SessionParts) {
    const { spec, dataset } = parts;
    const size = runSize(spec, dataset);
    this.#parts = parts;
    this.paramCount = size.paramCount;
    this.trainExamples = size.trainExamples;
    this.validationExamples = size.validationExamples;
    this.trainFlopsPerExample = size.trainFlopsPerExample;
    this.evaluationFlopsPerExample = size.evaluationFlopsPerExample;
    this.microBatchExamples = microBatchOf(parts, this.trainFlopsPerExample);
    this.#moments = momentsFor(spec.optimizer, parts.model.variables);
    if (spec.averaging.kind !== "none") this.#average = this.readWeights("current");
  }

  advance(untilStep: number, microBatches: number): number {
    this.#requireOpen();
    const { batchExamples } = this.#parts.spec;
    let worked = 0;
    while (worked < microBatches && this.step < untilStep && !this.diverged) {
      const rows = Math.min(this.microBatchExamples, batchExamples - this.#sums.examples);
      this.#accumulate(this.#draw(rows));
      worked += 1;
      if (this.#sums.examples === batchExamples) this.#finishStep();
    }
    return worked;
  }

  takeRecords(): readonly StepRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  sumValidationLoss(weights: "current" | "average", first: number, count: number): number {
    this.#requireOpen();
    requireValidationRange(this, first, count);
    const { model, validation } = this.#parts;
    const most = Math.max(1, this.microBatchExamples);
    return this.#at(weights, () => {
      let sum = 0;
      for (let done = 0; done < count; done += most) {
        const rows = Math.min(most, count - done);
        const indices = Int32Array.from({ length: rows }, (_, i) => first + done + i);
        sum += tf.tidy(
          () => tf.sum(validation.losses(model, indices, undefined)).dataSync()[0] ?? Number.NaN,
        );
      }
      return sum;
    });
  }

  measureGradient(indices: Uint32Array): GradientMeasurement {
    this.#requireWholeStep();
    const gradient = new Float32Array(this.paramCount);
    let loss = 0;
    for (let first = 0; first < indices.length; first += this.microBatchExamples) {
      const part = Int32Array.from(indices.subarray(first, first + this.microBatchExamples));
      const { value, gradients } = this.#gradients(part, this.step);
      let at = 0;
      for (const values of gradients.map(valuesOf)) {
        for (const slope of values) gradient[at++]! += slope / indices.length;
      }
      loss += value;
      tf.dispose(gradients);
    }
    return { meanLoss: loss / indices.length, gradient };
  }

  hessianVectorProduct(indices: Uint32Array, direction: Float32Array): Float64Array {
    this.#requireWholeStep();
    const weights = this.readWeights("current");
    let [size, length] = [0, 0];
    for (const value of direction) size += value * value;
    for (const value of weights) length += value * value;
    const product = new Float64Array(this.paramCount);
    if (!(size > 0)) return product;
    const radius = differenceRadius(Math.sqrt(size), Math.sqrt(length));
    for (const sign of [1, -1]) {
      const moved = weights.map((value, i) => value + sign * radius * direction[i]!);
      this.writeWeights(moved);
      const { gradient } = this.measureGradient(indices);
      for (let i = 0; i < product.length; i += 1)
        product[i]! += (sign * gradient[i]!) / (2 * radius);
    }
    this.writeWeights(weights);
    return product;
  }

  readWeights(weights: "current" | "average"): Float32Array {
    if (weights === "average" && this.#average !== undefined) return this.#average.slice();
    return readFlat(this.#parts.model.variables, this.paramCount);
  }

  writeWeights(values: Float32Array): void {
    requireWeights(this, values);
    writeFlat(this.#parts.model.variables, values);
  }

  /** Step, place in the step, sums; then weights, moments, statistics, average and the step's gradient so far. */
  save(): Uint8Array<ArrayBuffer> {
    const { examples, loss, squares, inverses, parts, gradients } = this.#sums;
    const head = [this.step, this.diverged ? 1 : 0, examples, loss, squares, inverses, parts];
    const floats = [
      ...this.#state().map(valuesOf),
      ...(this.#average === undefined ? [] : [this.#average]),
      ...gradients.map(valuesOf),
    ];
    const count = floats.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(8 * head.length + 4 * count);
    new Float64Array(bytes.buffer, 0, head.length).set(head);
    const values = new Float32Array(bytes.buffer, 8 * head.length, count);
    let at = 0;
    for (const part of floats) {
      values.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  restore(checkpoint: Uint8Array): void {
    const { buffer } = checkpoint.slice();
    const [step = 0, diverged, examples = 0, loss = 0, squares = 0, inverses = 0, parts = 0] =
      new Float64Array(buffer, 0, 7);
    const values = new Float32Array(buffer, 56);
    const state = this.#state();
    const sizes = state.reduce((sum, { size }) => sum + size, 0);
    const average = this.#average === undefined ? 0 : this.paramCount;
    const partial = examples > 0 ? this.paramCount : 0;
    if (values.length !== sizes + average + partial) {
      throw foreignCheckpoint();
    }
    writeFlat(state, values);
    if (average > 0) this.#average = values.slice(sizes, sizes + average);
    tf.dispose(this.#sums.gradients);
    let at = sizes + average;
    const gradients =
      partial === 0
        ? []
        : this.#parts.model.variables.map(({ shape, size }) => {
            at += size;
            return tf.tensor(values.slice(at - size, at), shape, "float32");
          });
    this.#sums = { examples, loss, squares, inverses, parts, gradients };
    this.step = step;
    this.diverged = diverged === 1;
    this.#records = [];
  }

  /** Frees every tensor of the run. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    tf.dispose([...this.#sums.gradients, ...this.#moments.first, ...this.#moments.second]);
    this.#parts.model.dispose();
  }

  #state(): tf.Variable[] {
    const { variables, statistics } = this.#parts.model;
    return [...variables, ...this.#moments.first, ...this.#moments.second, ...statistics];
  }

  /** The examples of the next micro-batch: the same as the fused engine draws. */
  #draw(rows: number): Int32Array {
    const { batchExamples, seed } = this.#parts.spec;
    const start = this.step * batchExamples + this.#sums.examples;
    return Int32Array.from({ length: rows }, (_, i) => {
      const epoch = Math.floor((start + i) / this.trainExamples);
      const position = start + i - epoch * this.trainExamples;
      return permutedIndex(position, this.trainExamples, seed, epoch);
    });
  }

  /** Sum of the losses and its gradient. */
  #gradients(indices: Int32Array, pass: number) {
    const { model, train } = this.#parts;
    const list = model.variables as tf.Variable[];
    const loss = () => tf.sum(train.losses(model, indices, pass)) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, list);
    const gradients = list.map((variable) => grads[variable.name]!);
    const sum = value.dataSync()[0] ?? Number.NaN;
    value.dispose();
    return { value: sum, gradients };
  }

  #accumulate(indices: Int32Array): void {
    const sums = this.#sums;
    const pass = this.step * 65_536 + sums.parts;
    const { value, gradients } = this.#gradients(indices, pass);
    sums.loss += value;
    sums.examples += indices.length;
    sums.parts += 1;
    if (this.#parts.spec.exampleNorms) {
      sums.squares += squareNorm(gradients) / indices.length ** 2;
      sums.inverses += 1 / indices.length;
    }
    if (sums.gradients.length === 0) {
      sums.gradients = gradients;
      return;
    }
    sums.gradients = sums.gradients.map((sum, i) => {
      const next = tf.add(sum, gradients[i]!);
      tf.dispose([sum, gradients[i]!]);
      return next;
    });
  }

  #finishStep(): void {
    const { spec, model } = this.#parts;
    const sums = this.#sums;
    const batch = spec.batchExamples;
    const means = sums.gradients.map((sum) => {
      const mean = tf.tidy(() => tf.div(sum, batch));
      sum.dispose();
      return mean;
    });
    const batchGradSqNorm = squareNorm(means);
    const lossNats = sums.loss / batch;
    this.#records.push({
      lossNats,
      batchGradSqNorm,
      meanExampleGradSqNorm: spec.exampleNorms ? exampleSquare(sums, batchGradSqNorm, batch) : 0,
    });
    this.diverged = !Number.isFinite(lossNats) || !Number.isFinite(batchGradSqNorm);
    if (!this.diverged) {
      const { warmupSteps, peakLearningRate } = spec;
      const warm = Math.min(1, (this.step + 1) / Math.max(1, warmupSteps));
      const rate = peakLearningRate * warm;
      updateVariables(spec.optimizer, model.variables, means, this.#moments, rate, this.step);
      this.#updateAverage();
      this.step += 1;
    }
    tf.dispose(means);
    this.#sums = emptySums();
  }

  #updateAverage(): void {
    const { averaging } = this.#parts.spec;
    const average = this.#average;
    if (averaging.kind === "none" || average === undefined) return;
    const weight = Math.fround(
      averaging.kind === "exponential"
        ? 1 - averaging.emaDecay
        : (averaging.power + 1) / (this.step + 1 + averaging.power),
    );
    const weights = this.readWeights("current");
    for (let i = 0; i < average.length; i += 1) average[i]! += weight * (weights[i]! - average[i]!);
  }

  /** Evaluates with other weights than those that are trained. */
  #at<T>(weights: "current" | "average", work: () => T): T {
    if (weights === "current" || this.#average === undefined) return work();
    const current = this.readWeights("current");
    this.writeWeights(this.#average);
    try {
      return work();
    } finally {
      this.writeWeights(current);
    }
  }

  #requireOpen(): void {
    if (this.#disposed) throw sessionEnded();
  }

  #requireWholeStep(): void {
    this.#requireOpen();
    if (this.#sums.examples === 0) return;
    throw insideStep();
  }
}

function squareNorm(tensors: readonly tf.Tensor[]): number {
  let sum = 0;
  for (const tensor of tensors) {
    for (const value of valuesOf(tensor)) sum += value * value;
  }
  return sum;
}

/** |G|^2 + tr(Sigma) from the squared norms of micro-batch means and of the whole batch's. */
function exampleSquare({ squares, inverses, parts }: Sums, whole: number, batch: number): number {
  const inverse = inverses / parts;
  if (parts < 2) return whole;
  const traceSigma = (squares / parts - whole) / (inverse - 1 / batch);
  return whole - traceSigma / batch + traceSigma;
}
