import {
  countExamples,
  exampleMultiplyAdds,
  initialWeights,
  type ModelShape,
  shapeModel,
} from "../../../api/probe/model-shape.ts";
import { permutedIndex } from "../../../api/probe/random.ts";
import type {
  GradientMeasurement,
  ProbeDataset,
  ProbeEngine,
  StepRecord,
  TrainingSession,
  TrainingSpec,
} from "../../../api/probe/training-session.ts";
import { type LossAndGradient, mlpExample } from "./reference-mlp.ts";
import { transformerExample } from "./reference-transformer.ts";

const squareNorm = (x: Float64Array): number => x.reduce((sum, value) => sum + value * value, 0);

/** The same training run in plain TypeScript and float64, one example at a time: the tests' twin. */
export class ReferenceSession implements TrainingSession {
  readonly paramCount: number;
  readonly trainExamples: number;
  readonly validationExamples: number;
  readonly trainFlopsPerExample: number;
  readonly evaluationFlopsPerExample: number;
  readonly microBatchExamples: number;
  step = 0;
  diverged = false;
  readonly #shape: ModelShape;
  readonly #spec: TrainingSpec;
  readonly #dataset: ProbeDataset;
  #weights: Float64Array;
  #average: Float64Array;
  #first: Float64Array;
  #second: Float64Array;
  #records: StepRecord[] = [];

  constructor(spec: TrainingSpec, dataset: ProbeDataset) {
    this.#shape = shapeModel(spec.model, dataset);
    this.#spec = spec;
    this.#dataset = dataset;
    if (this.#shape.kind === "keras") throw new RangeError('"model" keras has no twin here');
    const cost = exampleMultiplyAdds(this.#shape);
    this.paramCount = this.#shape.paramCount;
    this.trainExamples = countExamples(spec.model, dataset, "train");
    this.validationExamples = countExamples(spec.model, dataset, "validation");
    this.trainFlopsPerExample = 2 * (cost.forward + cost.backward);
    this.evaluationFlopsPerExample = 2 * cost.forward;
    this.microBatchExamples = spec.batchExamples;
    this.#weights = Float64Array.from(initialWeights(this.#shape, spec.model, spec.seed));
    this.#average = this.#weights.slice();
    this.#first = new Float64Array(this.paramCount);
    this.#second = new Float64Array(this.paramCount);
  }

  example(part: "train" | "validation", index: number, weights = this.#weights): LossAndGradient {
    const { model } = this.#spec;
    const data = this.#dataset;
    if (this.#shape.kind === "transformer" && data.kind === "tokens") {
      const context = this.#shape.model.contextTokens;
      const tokens = data[part].subarray(index * context, (index + 1) * context + 1);
      return transformerExample(this.#shape.model, this.#shape.vocabulary, weights, tokens);
    }
    if (this.#shape.kind !== "mlp" || data.kind !== "rows" || model.kind !== "mlp")
      throw new Error();
    const perRow = data.loss === "squared-error" ? data.outputs : 1;
    const { inputs, targets } = data[part];
    const x = inputs.subarray(index * data.inputFeatures, (index + 1) * data.inputFeatures);
    const y = targets.subarray(index * perRow, (index + 1) * perRow);
    return mlpExample(this.#shape.layers, model.activation, data.loss, weights, x, y);
  }

  advance(untilStep: number, microBatches: number): number {
    let worked = 0;
    while (worked < microBatches && this.step < untilStep && !this.diverged) {
      const { batchExamples, seed } = this.#spec;
      const indices = Uint32Array.from({ length: batchExamples }, (_, i) => {
        const position = this.step * batchExamples + i;
        const epoch = Math.floor(position / this.trainExamples);
        return permutedIndex(position % this.trainExamples, this.trainExamples, seed, epoch);
      });
      const { loss, mean, norms } = this.#measure(indices, this.#weights);
      this.#records.push({
        lossNats: loss,
        batchGradSqNorm: squareNorm(mean),
        meanExampleGradSqNorm: norms.reduce((a, b) => a + b, 0) / batchExamples,
      });
      this.diverged = !Number.isFinite(loss);
      if (!this.diverged) this.#update(mean);
      worked += 1;
    }
    return worked;
  }

  takeRecords(): readonly StepRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  sumValidationLoss(weights: "current" | "average", first: number, count: number): number {
    const none = this.#spec.averaging.kind === "none";
    const at = weights === "average" && !none ? this.#average : this.#weights;
    let sum = 0;
    for (let i = first; i < first + count; i += 1) sum += this.example("validation", i, at).loss;
    return sum;
  }

  measureGradient(indices: Uint32Array): GradientMeasurement {
    const { loss, mean, norms } = this.#measure(indices, this.#weights);
    return { meanLoss: loss, gradient: Float32Array.from(mean), exampleGradSqNorms: norms };
  }

  hessianVectorProduct(indices: Uint32Array, direction: Float32Array): Float64Array {
    const radius = 1e-5 / Math.sqrt(squareNorm(Float64Array.from(direction)));
    const [plus, minus] = [radius, -radius].map((r) => {
      const at = this.#weights.map((value, i) => value + r * direction[i]!);
      return this.#measure(indices, at).mean;
    });
    return plus!.map((value, i) => (value - minus![i]!) / (2 * radius));
  }

  readWeights(weights: "current" | "average"): Float32Array {
    const none = this.#spec.averaging.kind === "none";
    return Float32Array.from(weights === "average" && !none ? this.#average : this.#weights);
  }

  writeWeights(values: Float32Array): void {
    this.#weights = Float64Array.from(values);
  }

  save(): Uint8Array<ArrayBuffer> {
    const parts = [this.#weights, this.#average, this.#first, this.#second];
    const values = new Float64Array([this.step, ...parts.flatMap((part) => Array.from(part))]);
    return new Uint8Array(values.buffer);
  }

  restore(checkpoint: Uint8Array): void {
    const values = new Float64Array(checkpoint.slice().buffer);
    const n = this.paramCount;
    this.step = values[0]!;
    this.#weights = values.slice(1, 1 + n);
    this.#average = values.slice(1 + n, 1 + 2 * n);
    this.#first = values.slice(1 + 2 * n, 1 + 3 * n);
    this.#second = values.slice(1 + 3 * n);
  }

  #measure(
    indices: Uint32Array,
    weights: Float64Array,
  ): { loss: number; mean: Float64Array; norms: Float64Array } {
    const mean = new Float64Array(this.paramCount);
    let loss = 0;
    const norms = Float64Array.from(indices, (index) => {
      const one = this.example("train", index, weights);
      loss += one.loss / indices.length;
      one.gradient.forEach((value, i) => {
        mean[i]! += value / indices.length;
      });
      return squareNorm(one.gradient);
    });
    return { loss, mean, norms };
  }

  #update(gradient: Float64Array): void {
    const { optimizer, averaging, peakLearningRate, warmupSteps } = this.#spec;
    const t = this.step + 1;
    const rate = t < warmupSteps ? (peakLearningRate * t) / warmupSteps : peakLearningRate;
    const decoupled = optimizer.kind === "adamw";
    gradient.forEach((slope, i) => {
      const w = this.#weights[i]!;
      const g = slope + (decoupled ? 0 : optimizer.weightDecay * w);
      const kept = decoupled ? 1 - rate * optimizer.weightDecay : 1;
      this.#weights[i] = w * kept - rate * this.#direction(i, g, t);
    });
    if (averaging.kind !== "none") {
      const power = averaging.kind === "polynomial" ? averaging.power : 0;
      const weight =
        averaging.kind === "exponential" ? 1 - averaging.emaDecay : (power + 1) / (t + power);
      this.#average.forEach((value, i) => {
        this.#average[i] = value + weight * (this.#weights[i]! - value);
      });
    }
    this.step = t;
  }

  #direction(i: number, g: number, t: number): number {
    const { optimizer } = this.#spec;
    if (optimizer.kind === "sgd") return g;
    if (optimizer.kind === "momentum") {
      this.#first[i] = optimizer.momentum * this.#first[i]! + g;
      return this.#first[i]!;
    }
    const { adamBeta1: b1, adamBeta2: b2, adamEpsilon } = optimizer;
    this.#first[i] = b1 * this.#first[i]! + (1 - b1) * g;
    this.#second[i] = b2 * this.#second[i]! + (1 - b2) * g * g;
    const scale = Math.sqrt(this.#second[i]! / (1 - b2 ** t)) + adamEpsilon;
    return this.#first[i]! / (1 - b1 ** t) / scale;
  }
}

export type ReferenceEngine = Omit<ProbeEngine, "open"> & {
  readonly open: (spec: TrainingSpec, dataset: ProbeDataset) => ReferenceSession;
};

export function createReferenceEngine(): ReferenceEngine {
  return { name: "reference", open: (spec, dataset) => new ReferenceSession(spec, dataset) };
}
