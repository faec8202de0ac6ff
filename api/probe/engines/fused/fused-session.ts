import * as at from "../../kernels/plan-layout.ts";
import type {
  GradientMeasurement,
  StepRecord,
  TrainingSession,
  TrainingSpec,
} from "../../training-session.ts";
import {
  differenceRadius,
  foreignCheckpoint,
  insideStep,
  type RunSize,
  requireValidationRange,
  requireWeights,
  sessionEnded,
} from "../session-rules.ts";
import type { KernelExports } from "./kernel-exports.ts";
import { type MemoryPlan, RECORD_CAPACITY } from "./memory-plan.ts";

type SessionParts = {
  readonly kernels: KernelExports;
  readonly plan: MemoryPlan;
  readonly spec: TrainingSpec;
  readonly size: RunSize;
  readonly weights: Float32Array;
  readonly isOwner: () => boolean;
};

const CHECKPOINT_HEADER_WORDS = 4;

/** A training run inside the kernels' memory; see `TrainingSession`. */
export class FusedSession implements TrainingSession {
  readonly paramCount: number;
  readonly trainExamples: number;
  readonly validationExamples: number;
  readonly trainFlopsPerExample: number;
  readonly evaluationFlopsPerExample: number;
  readonly microBatchExamples: number;
  readonly #kernels: KernelExports;
  readonly #plan: MemoryPlan;
  readonly #isOwner: () => boolean;
  #records: StepRecord[] = [];

  constructor(parts: SessionParts) {
    this.paramCount = parts.size.paramCount;
    this.trainExamples = parts.size.trainExamples;
    this.validationExamples = parts.size.validationExamples;
    this.trainFlopsPerExample = parts.size.trainFlopsPerExample;
    this.evaluationFlopsPerExample = parts.size.evaluationFlopsPerExample;
    this.microBatchExamples = parts.plan.microBatch;
    this.#kernels = parts.kernels;
    this.#plan = parts.plan;
    this.#isOwner = parts.isOwner;
    this.#start(parts.spec, parts.weights);
  }

  get step(): number {
    return this.#words()[at.STEP]!;
  }

  get diverged(): boolean {
    return this.#words()[at.DIVERGED] !== 0;
  }

  advance(untilStep: number, microBatches: number): number {
    let worked = 0;
    while (worked < microBatches) {
      const words = this.#words();
      const step = words[at.STEP]!;
      if (step >= untilStep || words[at.DIVERGED] !== 0) break;
      const until = Math.min(untilStep, step + RECORD_CAPACITY);
      worked += this.#kernels.advance(this.#plan.planAddress, until, microBatches - worked);
      this.#drainRecords();
    }
    return worked;
  }

  takeRecords(): readonly StepRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  sumValidationLoss(weights: "current" | "average", first: number, count: number): number {
    requireValidationRange(this, first, count);
    this.#words();
    return this.#kernels.evaluate(this.#plan.planAddress, this.#address(weights), first, count);
  }

  measureGradient(indices: Uint32Array): GradientMeasurement {
    const exampleGradSqNorms = new Float64Array(indices.length);
    const params = this.#plan.words[at.PARAMS]!;
    const loss = this.#accumulate(indices, params, exampleGradSqNorms);
    return {
      meanLoss: loss / indices.length,
      gradient: this.#floats(at.GRADIENT).slice(0, this.paramCount),
      exampleGradSqNorms,
    };
  }

  hessianVectorProduct(indices: Uint32Array, direction: Float32Array): Float64Array {
    const { words, planAddress } = this.#plan;
    if (words[at.PERTURBED] === 0) throw new RangeError('"curvature" must be on in the spec');
    if (direction.length !== this.paramCount) {
      throw new RangeError(`"direction" must hold ${this.paramCount} values`);
    }
    if (this.#words(planAddress)[at.DONE_IN_STEP] !== 0) {
      throw new RangeError("a Hessian-vector product needs a whole number of steps");
    }
    const count = words[at.PARAM_COUNT]!;
    const params = words[at.PARAMS]!;
    const vector = this.#floats(at.DIRECTION);
    vector.fill(0);
    vector.set(direction);
    const size = Math.sqrt(this.#kernels.squareNorm(count, words[at.DIRECTION]!));
    if (!(size > 0)) return new Float64Array(this.paramCount);
    const radius = differenceRadius(size, Math.sqrt(this.#kernels.squareNorm(count, params)));
    const product = new Float64Array(this.paramCount);
    for (const sign of [1, -1]) {
      const perturbed = words[at.PERTURBED]!;
      this.#kernels.combine(count, params, words[at.DIRECTION]!, sign * radius, perturbed);
      this.#accumulate(indices, perturbed);
      const gradient = this.#floats(at.GRADIENT);
      for (let i = 0; i < product.length; i += 1) product[i]! += sign * gradient[i]!;
    }
    for (let i = 0; i < product.length; i += 1) product[i]! /= 2 * radius;
    return product;
  }

  readWeights(weights: "current" | "average"): Float32Array {
    const start = this.#address(weights);
    return new Float32Array(this.#buffer(), start, this.paramCount).slice();
  }

  writeWeights(values: Float32Array): void {
    requireWeights(this, values);
    this.#floats(at.PARAMS).set(values);
  }

  save(): Uint8Array<ArrayBuffer> {
    const words = this.#words();
    const state = new Uint8Array(this.#buffer(), this.#plan.stateStart, this.#stateBytes());
    const bytes = new Uint8Array(CHECKPOINT_HEADER_WORDS * 4 + state.length);
    const header = new Uint32Array(bytes.buffer, 0, CHECKPOINT_HEADER_WORDS);
    header.set([words[at.STEP]!, words[at.DONE_IN_STEP]!, words[at.DIVERGED]!, state.length]);
    bytes.set(state, CHECKPOINT_HEADER_WORDS * 4);
    return bytes;
  }

  restore(checkpoint: Uint8Array): void {
    const bytes = checkpoint.slice();
    const header = new Uint32Array(bytes.buffer, 0, CHECKPOINT_HEADER_WORDS);
    if (header[3] !== this.#stateBytes() || bytes.length !== 16 + this.#stateBytes()) {
      throw foreignCheckpoint();
    }
    const words = this.#words();
    words[at.STEP] = header[0]!;
    words[at.DONE_IN_STEP] = header[1]!;
    words[at.DIVERGED] = header[2]!;
    words[at.RECORD_COUNT] = 0;
    const state = new Uint8Array(this.#buffer(), this.#plan.stateStart, this.#stateBytes());
    state.set(bytes.subarray(CHECKPOINT_HEADER_WORDS * 4));
    this.#records = [];
  }

  #start(spec: TrainingSpec, weights: Float32Array): void {
    const { words, layerTable, planAddress, activationScratch } = this.#plan;
    const buffer = this.#kernels.memory.buffer;
    // Memory may hold an earlier run: what is not written here must be zero.
    new Uint8Array(buffer, planAddress, this.#plan.end - planAddress).fill(0);
    new Int32Array(buffer, planAddress, words.length).set(words);
    if (layerTable.length > 0) {
      new Int32Array(buffer, words[at.LAYER_TABLE]!, layerTable.length).set(layerTable);
    }
    this.#kernels.setActivationScratch(activationScratch);
    const scalars = new Float64Array(buffer, words[at.SCALARS]!, at.SCALAR_SLOTS);
    const { optimizer, averaging } = spec;
    scalars[at.LEARNING_RATE] = spec.peakLearningRate;
    scalars[at.WEIGHT_DECAY] = optimizer.weightDecay;
    scalars[at.BETA1_POWER] = 1;
    scalars[at.BETA2_POWER] = 1;
    if (optimizer.kind === "momentum") scalars[at.MOMENTUM_FACTOR] = optimizer.momentum;
    if (optimizer.kind === "adam" || optimizer.kind === "adamw") {
      scalars[at.BETA1] = optimizer.adamBeta1;
      scalars[at.BETA2] = optimizer.adamBeta2;
      scalars[at.EPSILON] = optimizer.adamEpsilon;
    }
    if (averaging.kind === "exponential") scalars[at.AVERAGING_PARAMETER] = averaging.emaDecay;
    if (averaging.kind === "polynomial") scalars[at.AVERAGING_PARAMETER] = averaging.power;
    this.#floats(at.PARAMS).set(weights);
    if (averaging.kind !== "none") this.#floats(at.AVERAGE).set(weights);
  }

  #accumulate(indices: Uint32Array, params: number, squares?: Float64Array): number {
    const { words, planAddress, microBatch } = this.#plan;
    if (this.#words()[at.DONE_IN_STEP] !== 0) {
      throw insideStep();
    }
    if (indices.length < 1) throw new RangeError('"indices" must not be empty');
    if (indices.some((index) => index >= this.trainExamples)) {
      throw new RangeError(`"indices" must lie below ${this.trainExamples}`);
    }
    let loss = 0;
    for (let first = 0; first < indices.length; first += microBatch) {
      const part = indices.subarray(first, first + microBatch);
      new Uint32Array(this.#buffer(), words[at.INDEX]!, part.length).set(part);
      const scale = 1 / indices.length;
      loss += this.#kernels.accumulateGradient(planAddress, params, part.length, scale, first > 0);
      const norms = new Float64Array(this.#buffer(), words[at.EXAMPLE_SQUARES]!, part.length);
      squares?.set(norms, first);
    }
    return loss;
  }

  #drainRecords(): void {
    const words = this.#words();
    const count = words[at.RECORD_COUNT]!;
    const values = new Float64Array(this.#buffer(), this.#plan.words[at.RECORDS]!, 3 * count);
    for (let i = 0; i < values.length; i += at.RECORD_VALUES) {
      this.#records.push({
        lossNats: values[i]!,
        batchGradSqNorm: values[i + 1]!,
        meanExampleGradSqNorm: values[i + 2]!,
      });
    }
    words[at.RECORD_COUNT] = 0;
  }

  #buffer(): ArrayBuffer {
    if (!this.#isOwner()) throw sessionEnded();
    return this.#kernels.memory.buffer;
  }

  #words(planAddress = this.#plan.planAddress): Int32Array {
    return new Int32Array(this.#buffer(), planAddress, at.PLAN_WORDS);
  }

  #floats(field: number): Float32Array {
    const count = this.#plan.words[at.PARAM_COUNT]!;
    return new Float32Array(this.#buffer(), this.#plan.words[field]!, count);
  }

  #address(weights: "current" | "average"): number {
    const average = this.#plan.words[at.AVERAGE]!;
    return weights === "average" && average !== 0 ? average : this.#plan.words[at.PARAMS]!;
  }

  #stateBytes(): number {
    return this.#plan.stateEnd - this.#plan.stateStart;
  }
}
