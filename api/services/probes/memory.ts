import type { SizedProbe } from "../../probe/plan-probe.ts";
import type { QuadraticTask, TaskSizes } from "../../probe/tasks/task.ts";
import type { ProbeModel } from "../../probe/training-session.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";

type DatasetSizes = Exclude<TaskSizes, QuadraticTask>;

// A Worker has 128 MB for everything; a probe takes half of it at most.
const MOST_BYTES = 64 * 2 ** 20;
const FLOAT_BYTES = 4;
// Weights, gradient, two moments, average, best so far, checkpoint, direction.
const COPIES_OF_PARAMS = 8;
// The data stand once where they are made and once in the kernels' memory.
const COPIES_OF_DATA = 2;
const BYTE_VOCABULARY = 256;

/**
 * Refuses a probe whose data and model would not fit, before any of it is made.
 *
 * @throws {InvalidRequest} above 64 MiB, by the larger of data and model.
 */
export function requireModestProbe({ task, model }: Pick<SizedProbe, "task" | "model">): void {
  if (task.kind === "quadratic") return;
  const data = COPIES_OF_DATA * dataBytes(task);
  const params = COPIES_OF_PARAMS * FLOAT_BYTES * countParams(model, task);
  if (data + params <= MOST_BYTES) return;
  const pointer = data > params ? "/task" : "/model";
  const message = `a probe of at most ${MOST_BYTES} bytes; its data take ${data}, its model ${params}`;
  throw new InvalidRequest([{ pointer, code: "too-large", message }]);
}

function dataBytes(task: DatasetSizes): number {
  switch (task.kind) {
    case "teacher":
      return FLOAT_BYTES * task.inputFeatures * (task.trainExamples + task.validationExamples);
    case "table":
      return FLOAT_BYTES * task.rows * task.columns;
    case "language":
      return task.bytes;
  }
}

function countParams(model: ProbeModel, task: DatasetSizes): number {
  if (model.kind === "transformer") {
    const { layers, dModel, contextTokens } = model;
    return 12 * layers * dModel * dModel + (2 * BYTE_VOCABULARY + contextTokens) * dModel;
  }
  if (model.kind === "keras") return model.topology.trainableParams + model.topology.otherParams;
  const widths = [inputFeatures(task), ...model.hiddenWidths, outputs(task)];
  let params = 0;
  for (let layer = 1; layer < widths.length; layer++) {
    params += ((widths[layer - 1] ?? 0) + 1) * (widths[layer] ?? 0);
  }
  return params;
}

function inputFeatures(task: DatasetSizes): number {
  if (task.kind === "teacher") return task.inputFeatures;
  return task.kind === "table" ? task.columns : 0;
}

function outputs(task: DatasetSizes): number {
  if (task.kind === "teacher") return task.classes;
  return task.kind === "table" ? task.outputs : 1;
}
