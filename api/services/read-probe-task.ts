import type { ProbeRequest } from "../../schemas/probe-request.ts";
import type { ProbeTask } from "../probe/tasks/task.ts";
import { readTable } from "./read-table.ts";

type WireTask = ProbeRequest["task"];

/** The task of a request with its defaults filled in and its text or table read. */
export function readProbeTask(task: WireTask): ProbeTask {
  switch (task.kind) {
    case "teacher":
      return {
        kind: "teacher",
        inputFeatures: task.inputFeatures ?? 64,
        classes: task.classes ?? 10,
        trainExamples: task.trainExamples ?? 32768,
        validationExamples: task.validationExamples ?? 2048,
        labelNoiseFraction: task.labelNoiseFraction ?? 0.1,
        covarianceExponent: task.covarianceExponent ?? 1,
      };
    case "language":
      return task.synthetic === undefined
        ? { kind: "language", text: new TextEncoder().encode(task.text ?? "") }
        : { kind: "language", synthetic: withDefaults(task.synthetic) };
    case "table":
      return readTable(task.csv, task.target);
    case "quadratic":
      return {
        kind: "quadratic",
        dimensions: task.dimensions ?? 100,
        spectrumExponent: task.spectrumExponent ?? 1,
        initialVariance: task.initialVariance ?? 1,
        replicas: task.replicas ?? 64,
        targetLoss: task.targetLoss ?? 0.05,
      };
  }
}

type Synthetic = NonNullable<Extract<WireTask, { kind: "language" }>["synthetic"]>;

function withDefaults(source: Synthetic) {
  return {
    vocabulary: source.vocabulary ?? 64,
    tokens: source.tokens ?? 262_144,
    zipfExponent: source.zipfExponent ?? 1,
    copyDistanceTokens: source.copyDistanceTokens ?? 16,
    copyFraction: source.copyFraction ?? 0.5,
  };
}
