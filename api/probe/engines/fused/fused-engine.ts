import * as at from "../../kernels/plan-layout.ts";
import { initialWeights, shapeModel } from "../../model-shape.ts";
import type {
  ExampleRows,
  MatrixEngine,
  ProbeDataset,
  TrainingSession,
  TrainingSpec,
} from "../../training-session.ts";
import { runSize } from "../session-rules.ts";
import { FusedSession } from "./fused-session.ts";
import { instantiateKernels, type KernelExports, reserveMemory } from "./kernel-exports.ts";
import { type DataAddresses, placeDataset, planMemory } from "./memory-plan.ts";

function copyDataset(kernels: KernelExports, dataset: ProbeDataset, to: DataAddresses): void {
  const buffer = kernels.memory.buffer;
  if (dataset.kind === "tokens") {
    new Uint8Array(buffer, to.trainInput, dataset.train.length).set(dataset.train);
    new Uint8Array(buffer, to.evaluationInput, dataset.validation.length).set(dataset.validation);
    return;
  }
  const copy = (address: number, values: Float32Array | Int32Array): void => {
    if (values instanceof Float32Array) {
      new Float32Array(buffer, address, values.length).set(values);
    } else {
      new Int32Array(buffer, address, values.length).set(values);
    }
  };
  copy(to.trainInput, dataset.train.inputs);
  copy(to.trainTarget, dataset.train.targets);
  copy(to.evaluationInput, dataset.validation.inputs);
  copy(to.evaluationTarget, dataset.validation.targets);
}

type RowsDataset = Extract<ProbeDataset, { kind: "rows" }>;

function requireDataset(dataset: ProbeDataset): void {
  if (dataset.kind === "tokens") {
    for (const tokens of [dataset.train, dataset.validation]) {
      if (tokens.some((token) => token >= dataset.vocabulary)) {
        throw new RangeError(`"tokens" must lie below the vocabulary of ${dataset.vocabulary}`);
      }
    }
    return;
  }
  requireRowsPart(dataset, dataset.train);
  requireRowsPart(dataset, dataset.validation);
}

function requireRowsPart(dataset: RowsDataset, part: ExampleRows): void {
  const perRow = dataset.loss === "squared-error" ? dataset.outputs : 1;
  if (part.inputs.length !== part.count * dataset.inputFeatures) {
    throw new RangeError(`"inputs" must hold ${part.count} rows of ${dataset.inputFeatures}`);
  }
  if (part.targets.length !== part.count * perRow) {
    throw new RangeError(`"targets" must hold ${part.count * perRow} values`);
  }
  if (dataset.loss === "squared-error") {
    if (part.targets instanceof Float32Array) return;
    throw new RangeError('"targets" of a regression must be float32');
  }
  const isLabel = (label: number): boolean => label >= 0 && label < dataset.outputs;
  if (!(part.targets instanceof Int32Array) || !part.targets.every(isLabel)) {
    throw new RangeError(`"targets" must be int32 in 0 .. ${dataset.outputs - 1}`);
  }
}

function requireSpec(spec: TrainingSpec): void {
  const batch = spec.batchExamples;
  if (!Number.isInteger(batch) || batch < 1 || batch > 2 ** 24) {
    throw new RangeError(`"batchExamples" must be an integer in 1 .. 2^24, received ${batch}`);
  }
  if (!(spec.peakLearningRate >= 0) || !Number.isFinite(spec.peakLearningRate)) {
    throw new RangeError(`"peakLearningRate" must be finite, received ${spec.peakLearningRate}`);
  }
}

/** The engine whose whole train step runs in WASM, in an instance of its own. */
export function createFusedEngine(module: WebAssembly.Module): MatrixEngine {
  return fusedEngineOn(instantiateKernels(module));
}

/**
 * The same engine on kernels that the caller holds, to count or time their calls.
 *
 * One instance serves one session at a time; a data set stays in its memory while sessions use it.
 *
 * @param kernels - an instance that nothing else writes to.
 */
export function fusedEngineOn(kernels: KernelExports): MatrixEngine {
  let loaded: ProbeDataset | undefined;
  let placed = { addresses: {} as DataAddresses, end: 0 };
  let owner = 0;
  const loadDataset = (dataset: ProbeDataset): void => {
    if (loaded === dataset) return;
    requireDataset(dataset);
    placed = placeDataset(dataset, kernels.firstFreeAddress());
    reserveMemory(kernels, placed.end);
    copyDataset(kernels, dataset, placed.addresses);
    loaded = dataset;
  };
  const open = (spec: TrainingSpec, dataset: ProbeDataset): TrainingSession => {
    requireSpec(spec);
    const shape = shapeModel(spec.model, dataset);
    if (shape.kind === "keras") throw new RangeError('"model" keras needs "engine" tfjs');
    loadDataset(dataset);
    const size = runSize(spec, dataset);
    const { trainExamples, trainFlopsPerExample } = size;
    const plan = planMemory(placed.end, kernels.gemmWorkBytes(), spec, shape, trainFlopsPerExample);
    if (trainExamples < 1) throw new RangeError('"dataset" holds no training example');
    plan.words[at.TRAIN_COUNT] = trainExamples;
    plan.words[at.TRAIN_INPUT] = placed.addresses.trainInput;
    plan.words[at.TRAIN_TARGET] = placed.addresses.trainTarget;
    plan.words[at.EVALUATION_INPUT] = placed.addresses.evaluationInput;
    plan.words[at.EVALUATION_TARGET] = placed.addresses.evaluationTarget;
    const squared = dataset.kind === "rows" && dataset.loss === "squared-error";
    plan.words[at.LOSS] = squared ? 1 : 0;
    reserveMemory(kernels, plan.end);
    owner += 1;
    const mine = owner;
    return new FusedSession({
      kernels,
      plan,
      spec,
      size,
      weights: initialWeights(shape, spec.model, spec.seed),
      isOwner: () => owner === mine,
    });
  };
  const multiply = (a: Float32Array, b: Float32Array, size: number): Float32Array<ArrayBuffer> => {
    const bytes = 4 * size * size;
    const at = (kernels.firstFreeAddress() + 15) & ~15;
    const work = at + 3 * bytes;
    reserveMemory(kernels, work + kernels.gemmWorkBytes());
    // What lay there is gone: the next session brings its data anew.
    loaded = undefined;
    owner += 1;
    const { buffer } = kernels.memory;
    new Float32Array(buffer, at, size * size).set(a);
    new Float32Array(buffer, at + bytes, size * size).set(b);
    const c = at + 2 * bytes;
    kernels.gemmNN(size, size, size, at, size, at + bytes, size, c, size, false, work);
    return new Float32Array(buffer, c, size * size).slice();
  };
  return { name: "fused", open, multiply };
}
