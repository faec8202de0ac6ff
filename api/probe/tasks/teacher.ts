import { portablePow, portableTanh } from "../portable-math.ts";
import { fillNormal, uniformAt } from "../random.ts";
import type { ExampleRows } from "../training-session.ts";
import type { BuiltTask, TeacherTask } from "./task.ts";
import { priorLoss } from "./trivial-loss.ts";

const HIDDEN = 32;
const STREAMS = { hidden: 11, output: 12, train: 13, validation: 15, noise: 17 } as const;

type Teacher = { readonly hidden: Float64Array; readonly output: Float64Array };

function scaleFeatures(task: TeacherTask): Float64Array {
  const scales = new Float64Array(task.inputFeatures);
  let total = 0;
  for (let j = 0; j < scales.length; j += 1) {
    scales[j] = portablePow(j + 1, -task.covarianceExponent);
    total += scales[j]!;
  }
  // The variances add up to the number of features, so a network's first layer is scaled as usual.
  return scales.map((variance) => Math.sqrt((variance * scales.length) / total));
}

function label(
  teacher: Teacher,
  classes: number,
  inputs: Float32Array,
  at: number,
  features: number,
  hidden: Float64Array,
) {
  hidden.fill(0);
  for (let j = 0; j < features; j += 1) {
    const x = inputs[at + j]!;
    for (let k = 0; k < HIDDEN; k += 1) hidden[k]! += x * teacher.hidden[j * HIDDEN + k]!;
  }
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < HIDDEN; k += 1) hidden[k] = portableTanh(hidden[k]!);
  for (let c = 0; c < classes; c += 1) {
    let score = 0;
    for (let k = 0; k < HIDDEN; k += 1) score += hidden[k]! * teacher.output[c * HIDDEN + k]!;
    if (score > top) {
      top = score;
      best = c;
    }
  }
  return best;
}

// Values drawn between two chances for other work: some five milliseconds.
const PART_VALUES = 16_384;

function* drawRows(
  task: TeacherTask,
  teacher: Teacher,
  scales: Float64Array,
  count: number,
  seed: number,
  stream: number,
): Generator<void, ExampleRows> {
  const features = task.inputFeatures;
  const inputs = new Float32Array(count * features);
  const targets = new Int32Array(count);
  const hidden = new Float64Array(HIDDEN);
  // Four rows begin where the stream can be entered, whatever their width.
  const part = 4 * Math.ceil(PART_VALUES / features / 4);
  for (let first = 0; first < count; first += part) {
    const end = Math.min(count, first + part);
    fillNormal(inputs, seed, stream, 1, first * features, end * features);
    for (let i = first * features; i < end * features; i += 1) inputs[i]! *= scales[i % features]!;
    for (let i = first; i < end; i += 1) {
      const noisy = uniformAt(seed, stream + 1, 2 * i) < task.labelNoiseFraction;
      targets[i] = noisy
        ? Math.floor(uniformAt(seed, stream + 1, 2 * i + 1) * task.classes)
        : label(teacher, task.classes, inputs, i * features, features, hidden);
    }
    yield;
  }
  return { count, inputs, targets };
}

/**
 * Draws a classification data set labelled by a random two-layer tanh network.
 *
 * @param seed - uint32; the same seed gives the same bits.
 * @returns part by part; other work may be done in between.
 */
export function* buildTeacherTask(task: TeacherTask, seed: number): Generator<void, BuiltTask> {
  if (task.trainExamples < 1 || task.validationExamples < 1) {
    return {
      status: "unusable",
      reason: "empty-split",
      detail: "the training or the validation part has no example",
    };
  }
  if (task.classes < 2) {
    return { status: "unusable", reason: "one-class", detail: "a teacher needs two classes" };
  }
  const teacher: Teacher = {
    hidden: new Float64Array(task.inputFeatures * HIDDEN),
    output: new Float64Array(task.classes * HIDDEN),
  };
  fillNormal(teacher.hidden, seed, STREAMS.hidden, 1 / Math.sqrt(task.inputFeatures));
  fillNormal(teacher.output, seed, STREAMS.output, 1);
  const scales = scaleFeatures(task);
  const train = yield* drawRows(task, teacher, scales, task.trainExamples, seed, STREAMS.train);
  const validation = yield* drawRows(
    task,
    teacher,
    scales,
    task.validationExamples,
    seed,
    STREAMS.validation,
  );
  return {
    status: "ok",
    dataset: {
      kind: "rows",
      inputFeatures: task.inputFeatures,
      outputs: task.classes,
      loss: "softmax-cross-entropy",
      train,
      validation,
    },
    trivialLoss: priorLoss(train.targets, validation.targets, task.classes),
  };
}
