import type { CellSpec } from "../../../api/probe/cell.ts";
import { createFusedEngine } from "../../../api/probe/engines/fused/fused-engine.ts";
import { instantiateKernels } from "../../../api/probe/engines/fused/kernel-exports.ts";
import { openQuadraticRun } from "../../../api/probe/engines/fused/quadratic-run.ts";
import { digestCell } from "../../../api/probe/fingerprint.ts";
import { runCell } from "../../../api/probe/run-cell.ts";
import { buildTask } from "../../../api/probe/tasks/build-task.ts";
import type { DatasetTask } from "../../../api/probe/tasks/task.ts";
import type {
  ProbeModel,
  ProbeOptimizer,
  TrainingSpec,
} from "../../../api/probe/training-session.ts";

const adamw: ProbeOptimizer = {
  kind: "adamw",
  adamBeta1: 0.9,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  weightDecay: 0.01,
};
const decoder: ProbeModel = {
  kind: "transformer",
  layers: 1,
  dModel: 16,
  heads: 2,
  contextTokens: 16,
  tiedHead: true,
};
const teacher: DatasetTask = {
  kind: "teacher",
  inputFeatures: 20,
  classes: 5,
  trainExamples: 600,
  validationExamples: 100,
  labelNoiseFraction: 0.1,
  covarianceExponent: 1,
};
const language: DatasetTask = {
  kind: "language",
  synthetic: {
    vocabulary: 40,
    tokens: 8000,
    zipfExponent: 1.1,
    copyDistanceTokens: 7,
    copyFraction: 0.4,
  },
};

function cellOf(id: string, model: ProbeModel, optimizer: ProbeOptimizer, rate: number): CellSpec {
  const training: TrainingSpec = {
    model,
    optimizer,
    batchExamples: 10,
    peakLearningRate: rate,
    warmupSteps: 3,
    averaging: { kind: "polynomial", power: 8 },
    seed: 77,
    exampleNorms: true,
    curvature: true,
  };
  return {
    kind: "training",
    id,
    training,
    stop: { maxSteps: 40, startLoss: 4 },
    evaluationExamples: 50,
    curvature: { atSteps: [20], probes: 4, gradientExamples: 40, hessianExamples: 16 },
  };
}

/** Digests of a few cells that touch every kernel; equal in every runtime. */
export async function digestCells(module: WebAssembly.Module): Promise<readonly string[]> {
  const engine = createFusedEngine(module);
  const kernels = instantiateKernels(module);
  const sgd: ProbeOptimizer = { kind: "sgd", weightDecay: 0 };
  const momentum: ProbeOptimizer = { kind: "momentum", momentum: 0.9, weightDecay: 0 };
  const mlp = (activation: "relu" | "gelu" | "tanh"): ProbeModel => ({
    kind: "mlp",
    hiddenWidths: [33, 9],
    activation,
  });
  const plans: readonly (readonly [DatasetTask, CellSpec])[] = [
    [teacher, cellOf("relu", mlp("relu"), sgd, 0.1)],
    [teacher, cellOf("gelu", mlp("gelu"), momentum, 0.02)],
    [teacher, cellOf("tanh", mlp("tanh"), adamw, 0.01)],
    [language, cellOf("decoder", decoder, adamw, 0.01)],
  ];
  const digests: string[] = [];
  const finish = async (cell: CellSpec, task?: DatasetTask): Promise<void> => {
    const model = cell.kind === "training" ? cell.training.model : mlp("relu");
    const built = task && buildTask(task, model, 5);
    const dataset = built?.status === "ok" ? { dataset: built.dataset } : {};
    const work = runCell(
      { engine, openQuadratic: (...run) => openQuadraticRun(kernels, ...run), ...dataset },
      cell,
    );
    let next = work.next();
    while (!next.done) next = work.next();
    const sha256 = (bytes: Uint8Array<ArrayBuffer>) => crypto.subtle.digest("SHA-256", bytes);
    digests.push(`${cell.id} ${await digestCell(sha256, next.value.fingerprint)}`);
  };
  for (const [task, cell] of plans) await finish(cell, task);
  await finish({
    kind: "quadratic",
    id: "quadratic",
    task: {
      kind: "quadratic",
      dimensions: 30,
      spectrumExponent: 1.3,
      initialVariance: 1,
      replicas: 64,
      targetLoss: 0.1,
    },
    batchExamples: 8,
    peakLearningRate: 0.5,
    seed: 3,
    stop: { maxSteps: 200, startLoss: 2, targetLoss: 0.1 },
  });
  return digests;
}
