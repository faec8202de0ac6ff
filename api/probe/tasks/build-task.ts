import type { ProbeModel } from "../training-session.ts";
import { buildLanguageTask } from "./language.ts";
import { buildTableTask } from "./table.ts";
import type { BuiltTask, DatasetTask } from "./task.ts";
import { segmentContext } from "./task-sizes.ts";
import { buildTeacherTask } from "./teacher.ts";

/**
 * Builds the data set of a task.
 *
 * @param model - its context length cuts a text into examples.
 * @param seed - uint32; task, split and synthetic sources depend on nothing else.
 */
export function buildTask(task: DatasetTask, model: ProbeModel, seed: number): BuiltTask {
  const parts = buildTaskInParts(task, model, seed);
  for (let next = parts.next(); ; next = parts.next()) if (next.done) return next.value;
}

/** The same part by part: what takes long to draw lets other work be done in between. */
export function* buildTaskInParts(
  task: DatasetTask,
  model: ProbeModel,
  seed: number,
): Generator<void, BuiltTask> {
  switch (task.kind) {
    case "teacher":
      return yield* buildTeacherTask(task, seed);
    case "language":
      return buildLanguageTask(task, segmentContext(model), seed);
    case "table":
      return buildTableTask(task, seed);
  }
}
