import { requireInRange } from "../numerics/guards.ts";
import type { ProbeTask } from "./tasks/task.ts";
import type { IterateAveraging, ProbeModel, ProbeOptimizer } from "./training-session.ts";

/** A task, or its sizes alone. */
type TaskKind = Pick<ProbeTask, "kind">;

export type EngineName = "fused" | "tfjs";

export type ExperimentName = "noise-scale" | "learning-rate" | "critical-batch";

/** What a probe is asked to do; everything but experiment and task has a default. */
export type EngineRequest<Task extends TaskKind = ProbeTask> = {
  readonly experiment: ExperimentName;
  readonly task: Task;
  readonly model?: ProbeModel;
  readonly optimizer?: ProbeOptimizer;
  /** Batches to use; ascending order is made. Without it `critical-batch` finds its own range. */
  readonly batchExamples?: readonly number[];
  /** Rates that `learning-rate` runs in place of its search; ascending order is made, rates alike to six digits count once. */
  readonly peakLearningRates?: readonly number[];
  readonly seed?: number;
  readonly seeds?: number;
  readonly engine?: EngineName;
  readonly budgetFlops?: number;
  readonly intervalLevel?: number;
};

/** Numbers that a protocol needs and a request does not name. */
export type ProbeProtocol = {
  readonly averaging: IterateAveraging;
  readonly pilotBatchExamples: number;
  /** Examples of one run at full length. */
  readonly runExamples: number;
  readonly targetDepth: number;
  readonly evaluationExamples: number;
  readonly warmupExamples: number;
};

export type ProbeSpec<Task extends TaskKind = ProbeTask> = {
  readonly experiment: ExperimentName;
  readonly task: Task;
  readonly model: ProbeModel;
  readonly optimizer: ProbeOptimizer;
  readonly batchExamples?: readonly number[];
  readonly peakLearningRates?: readonly number[];
  readonly seed: number;
  readonly seeds: number;
  readonly intervalLevel: number;
  readonly engine: EngineName;
  readonly budgetFlops?: number;
  readonly protocol: ProbeProtocol;
};

const DECODER: ProbeModel = {
  kind: "transformer",
  layers: 1,
  dModel: 32,
  heads: 2,
  contextTokens: 32,
  tiedHead: true,
};
const PERCEPTRON: ProbeModel = { kind: "mlp", hiddenWidths: [128], activation: "relu" };
const SGD: ProbeOptimizer = { kind: "sgd", weightDecay: 0 };
const ADAMW: ProbeOptimizer = {
  kind: "adamw",
  adamBeta1: 0.9,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  weightDecay: 0,
};

// Averaging over the last ninth or so of the run: it need not know its length (arXiv:2410.21676).
const TAIL_AVERAGE: IterateAveraging = { kind: "polynomial", power: 8 };

function protocolFor(model: ProbeModel, task: TaskKind, engine: EngineName): ProbeProtocol {
  const text = task.kind === "language";
  const runExamples = text ? 4096 : 131072;
  return {
    averaging: TAIL_AVERAGE,
    pilotBatchExamples: text ? 16 : 32,
    // A run of a family that is built in is the same on both engines.
    runExamples: model.kind === "keras" && engine === "tfjs" ? runExamples / 16 : runExamples,
    // A teacher can be learned almost whole; real data is learned slowly near its end.
    targetDepth: task.kind === "teacher" ? 0.9 : 0.7,
    evaluationExamples: text ? 128 : 1024,
    warmupExamples: 0,
  };
}

function engineFor(model: ProbeModel, asked: EngineName | undefined): EngineName {
  if (model.kind !== "keras") return asked ?? "fused";
  if (asked === "fused") throw new RangeError('"model" keras needs "engine" tfjs');
  return "tfjs";
}

function requireInteger(name: string, value: number, lower: number, upper: number): void {
  if (!Number.isInteger(value)) throw new RangeError(`"${name}" must be an integer, got ${value}`);
  requireInRange(name, value, lower, upper);
}

/** Ascending; a run is named by six digits of its rate. */
function distinctRates(rates: readonly number[]): readonly number[] {
  for (const rate of rates) requireInRange("peakLearningRates", rate, 1e-9, 1e3);
  const byName = new Map(rates.map((rate) => [rate.toPrecision(6), rate]));
  return [...byName.values()].sort((a, b) => a - b);
}

/**
 * Fills in the defaults of a request.
 *
 * @throws {RangeError} when seed, seeds, level, a batch or a rate is out of range, or the experiment does not fit
 *   the task.
 */
export function resolveProbe<Task extends TaskKind>(request: EngineRequest<Task>): ProbeSpec<Task> {
  const { experiment, task, seed = 1, seeds = 3, intervalLevel = 0.8 } = request;
  requireInteger("seed", seed, 0, 0xffffffff);
  requireInteger("seeds", seeds, 1, 16);
  requireInRange("intervalLevel", intervalLevel, 0.5, 0.99);
  if (task.kind === "quadratic" && experiment !== "critical-batch") {
    throw new RangeError('"task" quadratic goes with "experiment" critical-batch only');
  }
  const model = request.model ?? (task.kind === "language" ? DECODER : PERCEPTRON);
  const wanted = task.kind === "language" ? "transformer" : "mlp";
  if (model.kind !== wanted && model.kind !== "keras") {
    throw new RangeError(`"model" ${model.kind} does not go with "task" ${task.kind}`);
  }
  const optimizer = request.optimizer ?? (task.kind === "language" ? ADAMW : SGD);
  const engine = engineFor(model, task.kind === "quadratic" ? undefined : request.engine);
  const batches = request.batchExamples;
  for (const batch of batches ?? []) requireInteger("batchExamples", batch, 1, 2 ** 20);
  const rates = request.peakLearningRates;
  return {
    experiment,
    task,
    model,
    optimizer,
    ...(batches ? { batchExamples: [...new Set(batches)].sort((a, b) => a - b) } : {}),
    ...(rates ? { peakLearningRates: distinctRates(rates) } : {}),
    seed,
    seeds,
    intervalLevel,
    engine,
    ...(request.budgetFlops === undefined ? {} : { budgetFlops: request.budgetFlops }),
    protocol: protocolFor(model, task, engine),
  };
}
