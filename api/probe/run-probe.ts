import type { CellCheckpoint, CellResult, CellSpec, SliceProgress } from "./cell.ts";
import { criticalBatch } from "./experiments/critical-batch.ts";
import type { CriticalBatchResult } from "./experiments/critical-batch-fit.ts";
import { datasetSweep } from "./experiments/dataset-sweep.ts";
import { type LearningRateResult, learningRate } from "./experiments/learning-rate.ts";
import { type NoiseScaleResult, noiseScale } from "./experiments/noise-scale.ts";
import { quadraticSweep } from "./experiments/quadratic-sweep.ts";
import { chargedStages, type ExperimentProgress, runStages } from "./experiments/run-experiment.ts";
import type { Experiment } from "./experiments/stage.ts";
import { Budget, type Sweep } from "./experiments/sweep.ts";
import { countExamples } from "./model-shape.ts";
import {
  type EnginePlan,
  learningRateBatches,
  NOISE_BLOCKS,
  planProbe,
  runExamples,
} from "./plan-probe.ts";
import type { EngineName, ProbeSpec } from "./probe-spec.ts";
import { type CellDeps, runCell } from "./run-cell.ts";
import { buildTask, buildTaskInParts } from "./tasks/build-task.ts";
import type { BuiltTask } from "./tasks/task.ts";
import { sizesOfTask } from "./tasks/task-sizes.ts";
import type { ProbeDataset } from "./training-session.ts";

export type EngineAnswer =
  | { readonly experiment: "critical-batch"; readonly result: CriticalBatchResult }
  | { readonly experiment: "learning-rate"; readonly result: LearningRateResult }
  | { readonly experiment: "noise-scale"; readonly result: NoiseScaleResult };

export type FinishedProbe = {
  readonly answer: EngineAnswer;
  readonly flops: { readonly expected: number; readonly ceiling: number; readonly done: number };
};

/** A probe ready to run, or why its task cannot be run. */
export type OpenedProbe =
  | {
      readonly status: "ok";
      readonly engine: EngineName;
      readonly plan: EnginePlan;
      /** What is to be run: pure, so that a job which gives it stored results comes to the same stages. */
      readonly stages: () => Experiment<FinishedProbe>;
      /** One cell, from where an earlier run of it was cut. One at a time: the next takes the engine's memory. */
      readonly runCell: (
        cell: CellSpec,
        from?: CellCheckpoint,
      ) => Generator<SliceProgress, CellResult>;
      /** Work in slices of at most 1.5e8 FLOPs; stop it by not asking for the next. */
      readonly run: (
        onCell: (cell: CellSpec, result: CellResult) => void,
      ) => Generator<ExperimentProgress, FinishedProbe>;
    }
  | Extract<BuiltTask, { readonly status: "unusable" }>;

/** Engines of a probe, from the composition root. */
export type ProbeDeps = Pick<CellDeps, "engine" | "openQuadratic">;

function pickPilot(spec: ProbeSpec): number {
  const { batchExamples: batches } = spec;
  if (batches === undefined || batches.length === 0) return spec.protocol.pilotBatchExamples;
  return batches[Math.floor(batches.length / 2)]!;
}

function makeSweep(
  spec: ProbeSpec,
  built: Extract<BuiltTask, { status: "ok" }> | undefined,
  budget: Budget,
): Sweep {
  if (spec.task.kind === "quadratic" || built === undefined) {
    if (spec.task.kind !== "quadratic") throw new RangeError('"task" has no data set');
    return quadraticSweep(spec.task, spec.seed, budget, spec.batchExamples);
  }
  const { model, optimizer, protocol, seed, batchExamples } = spec;
  return datasetSweep(
    {
      model,
      optimizer,
      averaging: protocol.averaging,
      dataset: built.dataset,
      trivialLoss: built.trivialLoss,
      pilotBatchExamples: pickPilot(spec),
      evaluationExamples: protocol.evaluationExamples,
      warmupExamples: protocol.warmupExamples,
      seed,
      ...(batchExamples ? { batchExamples } : {}),
    },
    budget,
  );
}

function* answerOf(
  spec: ProbeSpec,
  sweep: Sweep,
  dataset: ProbeDataset | undefined,
): Experiment<EngineAnswer> {
  const { experiment, protocol, intervalLevel, task } = spec;
  const examples = dataset
    ? runExamples(spec, countExamples(spec.model, dataset, "train"))
    : protocol.runExamples;
  const steps = Math.max(1, Math.ceil(examples / sweep.pilotBatchExamples));
  switch (experiment) {
    case "critical-batch": {
      const target = task.kind === "quadratic" ? { targetLoss: task.targetLoss } : {};
      const { targetDepth } = protocol;
      const options = {
        pilotSteps: steps,
        targetDepth,
        seeds: spec.seeds,
        intervalLevel,
        ...target,
      };
      return { experiment, result: yield* criticalBatch(sweep, options) };
    }
    case "learning-rate": {
      const options = {
        batchExamples: learningRateBatches(spec),
        examples,
        ...(spec.peakLearningRates && { peakLearningRates: spec.peakLearningRates }),
      };
      return { experiment, result: yield* learningRate(sweep, options) };
    }
    case "noise-scale": {
      const options = { steps, blocks: NOISE_BLOCKS, intervalLevel };
      return { experiment, result: yield* noiseScale(sweep, options) };
    }
  }
}

/**
 * Builds the task of a probe and plans it.
 *
 * @returns `unusable` with the reason when the task holds nothing to learn from.
 * @throws {RangeError} when model, task and data do not go together.
 */
export function openProbe(deps: ProbeDeps, spec: ProbeSpec): OpenedProbe {
  const { task, model, seed } = spec;
  return openBuilt(
    deps,
    spec,
    task.kind === "quadratic" ? undefined : buildTask(task, model, seed),
  );
}

/** The same with turns in between, in which other work is done. */
export async function openProbeInTurns(
  deps: ProbeDeps,
  spec: ProbeSpec,
  turn: () => Promise<void>,
): Promise<OpenedProbe> {
  const { task, model, seed } = spec;
  if (task.kind === "quadratic") return openBuilt(deps, spec, undefined);
  const key = task.kind === "teacher" ? JSON.stringify([task, seed]) : "";
  const known = key !== "" && key === recent?.key ? recent.built.deref() : undefined;
  if (known !== undefined) return openBuilt(deps, spec, known);
  const parts = buildTaskInParts(task, model, seed);
  for (let next = parts.next(); ; next = parts.next()) {
    if (next.done) {
      recent = { key, built: new WeakRef(next.value) };
      return openBuilt(deps, spec, next.value);
    }
    await turn();
  }
}

/** The data drawn last, while anybody holds them: a job opens its probe where it is planned and where it is run. */
let recent: { readonly key: string; readonly built: WeakRef<BuiltTask> } | undefined;

function openBuilt(deps: ProbeDeps, spec: ProbeSpec, built: BuiltTask | undefined): OpenedProbe {
  if (built?.status === "unusable") return built;
  const plan = planProbe({ ...spec, task: sizesOfTask(spec.task) });
  if (plan.status === "unusable") return plan;
  const dataset = built?.dataset;
  const cellDeps: CellDeps = dataset ? { ...deps, dataset } : deps;
  const runOne = (cell: CellSpec, from?: CellCheckpoint) => runCell(cellDeps, cell, from);
  const stages = function* (): Experiment<FinishedProbe> {
    const budget = new Budget(plan.flops.ceiling);
    const experiment = answerOf(spec, makeSweep(spec, built, budget), dataset);
    try {
      const answer = yield* chargedStages(experiment, budget);
      return { answer, flops: { ...plan.flops, done: budget.doneFlops } };
    } finally {
      deps.engine.close?.();
    }
  };
  return {
    status: "ok",
    engine: spec.engine,
    plan,
    stages,
    runCell: runOne,
    run: (onCell) => runStages(stages(), runOne, onCell),
  };
}
