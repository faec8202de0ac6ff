import type { DatasetShape, ProbeModel } from "../training-session.ts";
import { countSymbols, splitText, unusableText } from "./language.ts";
import { countHeldRows, countOutputs } from "./table.ts";
import type { ProbeTask, QuadraticTask, TaskSizes, UnusableTask } from "./task.ts";

/** The sizes of a task; draws nothing. A synthetic text is taken to use its whole vocabulary. */
export function sizesOfTask(task: ProbeTask): TaskSizes {
  switch (task.kind) {
    case "teacher":
    case "quadratic":
      return task;
    case "language": {
      if ("text" in task) {
        return { kind: "language", bytes: task.text.length, symbols: countSymbols(task.text) };
      }
      const { tokens, vocabulary } = task.synthetic;
      return { kind: "language", bytes: tokens, symbols: vocabulary };
    }
    case "table": {
      const { targets, columns } = task;
      return { kind: "table", rows: targets.length, columns, outputs: countOutputs(task) };
    }
  }
}

/** Symbols that one example of a text has by the model. */
export function segmentContext(model: ProbeModel): number {
  return model.kind === "transformer" ? model.contextTokens : 1;
}

/** The shape of the data set that a task becomes, or why it cannot be learned from as far as sizes tell. */
export function shapeOfTask(
  task: Exclude<TaskSizes, QuadraticTask>,
  model: ProbeModel,
): DatasetShape | UnusableTask {
  switch (task.kind) {
    case "teacher": {
      const { inputFeatures, classes, trainExamples, validationExamples } = task;
      return {
        kind: "rows",
        inputFeatures,
        outputs: classes,
        train: { count: trainExamples },
        validation: { count: validationExamples },
      };
    }
    case "language": {
      const unusable = unusableText(task.bytes, task.symbols, segmentContext(model));
      if (unusable !== undefined) return unusable;
      const { trainLength, validationLength } = splitText(task.bytes, segmentContext(model));
      return {
        kind: "tokens",
        vocabulary: task.symbols,
        train: { length: trainLength },
        validation: { length: validationLength },
      };
    }
    case "table": {
      const held = countHeldRows(task.rows);
      if (held < 1) {
        const detail = `${task.rows} rows are too few to split`;
        return { status: "unusable", reason: "empty-split", detail };
      }
      return {
        kind: "rows",
        inputFeatures: task.columns,
        outputs: task.outputs,
        train: { count: task.rows - held },
        validation: { count: held },
      };
    }
  }
}
