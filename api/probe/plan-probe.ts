import { passFlops, SLICE_FLOPS } from "./flop-count.ts";
import { countExamples, exampleMultiplyAdds, shapeModel } from "./model-shape.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import type { QuadraticTask, TaskSizes, UnusableTask } from "./tasks/task.ts";
import { shapeOfTask } from "./tasks/task-sizes.ts";
import type { DatasetShape } from "./training-session.ts";

/** A probe whose task is given by its sizes. */
export type SizedProbe = ProbeSpec<TaskSizes>;

export type EnginePlan = {
  readonly status: "ok";
  readonly flops: { readonly expected: number; readonly ceiling: number };
  /** Stages in the order they come; later ones depend on what the earlier ones find. */
  readonly stages: readonly string[];
};

// What a stage might cost at worst is reserved before it begins: with less room a search would be refused that in the
// end costs what was expected. The rates of a quadratic are sought from farther away.
const CEILING_RATIO = 3;
const QUADRATIC_CEILING_RATIO = 4;
// Six batches, the fewest for a rule of two constants, in 32nds of the pilot's.
const LEARNING_RATE_BATCHES = [2, 8, 32, 128, 512, 2048];
export const NOISE_BLOCKS = 8;

/** Batches of a learning-rate experiment. */
export function learningRateBatches(
  spec: Pick<ProbeSpec, "protocol" | "batchExamples">,
): readonly number[] {
  const { pilotBatchExamples } = spec.protocol;
  return spec.batchExamples ?? LEARNING_RATE_BATCHES.map((b) => (b * pilotBatchExamples) / 32);
}

/** Examples of one full-length run: never more than four epochs. */
export function runExamples(spec: Pick<ProbeSpec, "protocol">, trainExamples: number): number {
  return Math.min(spec.protocol.runExamples, 4 * trainExamples);
}

// Measured on the default specs: a critical-batch probe costs so many pilot runs (a table's target is reached early) and
// 1,500 evaluations, a rate search 7.5 runs a batch with 60 evaluations each.
const CRITICAL_BATCH_RUNS = { teacher: 38, language: 45, table: 14 } as const;
const CRITICAL_BATCH_EVALUATIONS = 1500;
const RATE_RUNS = 7.5;
const RUN_EVALUATIONS = 60;
const PILOT_RUNS = 5.5;
const QUADRATIC_STEPS = 16000;
const CURVATURE_PRODUCTS = 20;
const GRADIENT_EXAMPLES = 2048;

function expectedFlops(
  spec: SizedProbe,
  taskKind: keyof typeof CRITICAL_BATCH_RUNS,
  dataset: DatasetShape,
): number {
  const cost = exampleMultiplyAdds(shapeModel(spec.model, dataset));
  const train = 2 * (cost.forward + cost.backward);
  const examples = runExamples(spec, countExamples(spec.model, dataset, "train"));
  const pass = passFlops(spec.engine);
  const run = examples * train + (examples / spec.protocol.pilotBatchExamples) * pass;
  const evaluated = Math.min(
    spec.protocol.evaluationExamples,
    countExamples(spec.model, dataset, "validation"),
  );
  const evaluation = evaluated * 2 * cost.forward + pass;
  const product = Math.min(256 * train, SLICE_FLOPS);
  const curvature = GRADIENT_EXAMPLES * train + CURVATURE_PRODUCTS * product;
  switch (spec.experiment) {
    case "critical-batch":
      return (
        CRITICAL_BATCH_RUNS[taskKind] * run + CRITICAL_BATCH_EVALUATIONS * evaluation + curvature
      );
    case "learning-rate":
      return (
        learningRateBatches(spec).length *
        (spec.peakLearningRates?.length ?? RATE_RUNS) *
        (run + RUN_EVALUATIONS * evaluation)
      );
    case "noise-scale": {
      const pilot = PILOT_RUNS * (run / 4) + 13 * RUN_EVALUATIONS * evaluation;
      return pilot + run + RUN_EVALUATIONS * evaluation + NOISE_BLOCKS * curvature;
    }
  }
}

const STAGES = {
  "critical-batch": [
    "pilot: learning rate by successive halving, target loss",
    "rate search per batch, range widened to B_c/16 .. 16 B_c",
    "seeds at the ends and the middle",
    "noise at the target",
  ],
  "learning-rate": ["rate search per batch"],
  "noise-scale": ["pilot: learning rate by successive halving", "noise along a tuned run"],
} as const;

const GIVEN_RATES = ["the given rates at each batch"];

/**
 * What a probe will cost, from the sizes of its task. The ceiling is never passed: a stage that could pass it is not
 * begun.
 *
 * @returns `unusable` with the reason when the sizes show that there is nothing to learn from.
 * @throws {RangeError} when model and task do not go together.
 */
export function planProbe(spec: SizedProbe): EnginePlan | UnusableTask {
  const { task } = spec;
  const expected =
    task.kind === "quadratic"
      ? 4 * task.dimensions * ((task.replicas + 3) & ~3) * QUADRATIC_STEPS
      : expectedOfTask(spec, task);
  if (typeof expected !== "number") return expected;
  const ceiling =
    spec.budgetFlops ??
    expected * (task.kind === "quadratic" ? QUADRATIC_CEILING_RATIO : CEILING_RATIO);
  return {
    status: "ok",
    flops: { expected: Math.min(expected, ceiling), ceiling },
    stages: spec.peakLearningRates ? GIVEN_RATES : STAGES[spec.experiment],
  };
}

function expectedOfTask(
  spec: SizedProbe,
  task: Exclude<TaskSizes, QuadraticTask>,
): number | UnusableTask {
  const dataset = shapeOfTask(task, spec.model);
  return "status" in dataset ? dataset : expectedFlops(spec, task.kind, dataset);
}
