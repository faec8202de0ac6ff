import type { ProbeModel } from "../training-session.ts";
import { buildLanguageTask } from "./language.ts";
import { buildTableTask } from "./table.ts";
import type { BuiltTask, DatasetTask } from "./task.ts";
import { buildTeacherTask } from "./teacher.ts";

/**
 * Builds the data set of a task.
 *
 * @param model - its context length cuts a text into examples.
 * @param seed - uint32; task, split and synthetic sources depend on nothing else.
 */
export function buildTask(task: DatasetTask, model: ProbeModel, seed: number): BuiltTask {
  switch (task.kind) {
    case "teacher":
      return buildTeacherTask(task, seed);
    case "language":
      return buildLanguageTask(task, model.kind === "transformer" ? model.contextTokens : 1, seed);
    case "table":
      return buildTableTask(task, seed);
  }
}
