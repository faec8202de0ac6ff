import { permutedIndex } from "../random.ts";
import type { ExampleRows } from "../training-session.ts";
import type { BuiltTask, TableTask } from "./task.ts";
import { meanLoss, priorLoss } from "./trivial-loss.ts";

const VALIDATION_FRACTION = 0.2;
const MOST_VALIDATION = 2048;

type Moments = { readonly mean: Float64Array; readonly scale: Float64Array };

function moments(values: Float64Array, columns: number, rows: Uint32Array): Moments {
  const mean = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (const row of rows) {
    for (let j = 0; j < columns; j += 1) mean[j]! += values[row * columns + j]! / rows.length;
  }
  for (const row of rows) {
    for (let j = 0; j < columns; j += 1) {
      scale[j]! += (values[row * columns + j]! - mean[j]!) ** 2 / rows.length;
    }
  }
  for (let j = 0; j < columns; j += 1) {
    const flat = scale[j]! <= 1e-20 * (mean[j]! ** 2 + 1e-280);
    scale[j] = flat ? 0 : 1 / Math.sqrt(scale[j]!);
  }
  return { mean, scale };
}

function takeRows(
  task: TableTask,
  rows: Uint32Array,
  inputs: Moments,
  target: Moments | undefined,
): ExampleRows {
  const { columns } = task;
  const values = new Float32Array(rows.length * columns);
  const targets = target ? new Float32Array(rows.length) : new Int32Array(rows.length);
  rows.forEach((row, i) => {
    for (let j = 0; j < columns; j += 1) {
      const centred = task.features[row * columns + j]! - inputs.mean[j]!;
      values[i * columns + j] = centred * inputs.scale[j]!;
    }
    const value = task.targets[row]!;
    targets[i] = target ? (value - target.mean[0]!) * target.scale[0]! : value;
  });
  return { count: rows.length, inputs: values, targets };
}

/** Rows that go to validation. */
export function countHeldRows(rows: number): number {
  return Math.min(MOST_VALIDATION, Math.floor(rows * VALIDATION_FRACTION));
}

/** Outputs of a model of the table: one for a regression, else one a class. */
export function countOutputs({ target, targets }: TableTask): number {
  return target === "regression" ? 1 : countClasses(targets);
}

function countClasses(targets: Float64Array): number {
  let most = -1;
  for (const value of targets) {
    if (!Number.isInteger(value) || value < 0 || value > 4095) {
      throw new RangeError(`"targets" must be labels in 0 .. 4095, received ${value}`);
    }
    most = Math.max(most, value);
  }
  return most + 1;
}

function unusable(
  reason: Extract<BuiltTask, { status: "unusable" }>["reason"],
  detail: string,
): BuiltTask {
  return { status: "unusable", reason, detail };
}

/**
 * Standardises a table by its training part and gives a keyed fifth (at most 2,048 rows) to validation.
 *
 * Constant columns become zeros. A regression target is standardised too: its trivial loss is near 1/2.
 *
 * @param seed - uint32, key of the split.
 * @throws {RangeError} when shapes do not match or a label is no integer in 0 .. 4095.
 */
export function buildTableTask(task: TableTask, seed: number): BuiltTask {
  const count = task.targets.length;
  if (task.columns < 1 || task.features.length !== count * task.columns) {
    throw new RangeError(`"features" must hold ${count} rows of ${task.columns} columns`);
  }
  if (!task.features.every(Number.isFinite) || !task.targets.every(Number.isFinite)) {
    return unusable("non-finite-value", "the table holds a value that is not finite");
  }
  const held = countHeldRows(count);
  if (held < 1) return unusable("empty-split", `${count} rows are too few to split`);
  const order = Uint32Array.from({ length: count }, (_, i) => permutedIndex(i, count, seed, 0x7f));
  const validationRows = order.subarray(0, held);
  const trainRows = order.subarray(held);
  const inputs = moments(task.features, task.columns, trainRows);
  if (inputs.scale.every((scale) => scale === 0)) {
    return unusable("constant-features", "no column varies in the training rows");
  }
  const regression = task.target === "regression";
  const target = regression ? moments(task.targets, 1, trainRows) : undefined;
  if (target?.scale[0] === 0) return unusable("constant-target", "the target does not vary");
  const classes = countOutputs(task);
  const train = takeRows(task, trainRows, inputs, target);
  const validation = takeRows(task, validationRows, inputs, target);
  if (!regression && new Set(train.targets).size < 2) {
    return unusable("one-class", "the training rows have one class only");
  }
  return {
    status: "ok",
    dataset: {
      kind: "rows",
      inputFeatures: task.columns,
      outputs: classes,
      loss: regression ? "squared-error" : "softmax-cross-entropy",
      train,
      validation,
    },
    trivialLoss: regression
      ? meanLoss(train.targets, validation.targets)
      : priorLoss(train.targets, validation.targets, classes),
  };
}
