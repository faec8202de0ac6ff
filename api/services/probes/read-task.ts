import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import type { ProbeTask, TeacherTask } from "../../probe/tasks/task.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import type { Datasets } from "./datasets.ts";
import { readTable } from "./read-table.ts";

type WireTask = ProbeRequest["task"];

const DATASET = "/task/datasetId";

/**
 * The task of a request with its defaults filled in and its text or table read.
 *
 * @throws {InvalidRequest} when there is no such data set, or it is no table of numbers.
 */
export async function readProbeTask(
  task: WireTask,
  datasets: Pick<Datasets, "read">,
): Promise<ProbeTask> {
  switch (task.kind) {
    case "teacher":
      return readTeacher(task);
    case "language":
      return readLanguage(task, datasets);
    case "table": {
      const { csv = "", datasetId, target } = task;
      if (datasetId === undefined) return readTable(csv, target);
      const bytes = await readDataset(datasets, datasetId);
      return readTable(new TextDecoder().decode(bytes), target, DATASET);
    }
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

/** The teacher of a request with its defaults filled in. */
export function readTeacher(task: Extract<WireTask, { kind: "teacher" }>): TeacherTask {
  return {
    kind: "teacher",
    inputFeatures: task.inputFeatures ?? 64,
    classes: task.classes ?? 10,
    trainExamples: task.trainExamples ?? 32768,
    validationExamples: task.validationExamples ?? 2048,
    labelNoiseFraction: task.labelNoiseFraction ?? 0.1,
    covarianceExponent: task.covarianceExponent ?? 1,
  };
}

async function readLanguage(
  { text = "", datasetId, synthetic }: Extract<WireTask, { kind: "language" }>,
  datasets: Pick<Datasets, "read">,
): Promise<ProbeTask> {
  if (synthetic !== undefined) return { kind: "language", synthetic: withDefaults(synthetic) };
  const bytes =
    datasetId === undefined
      ? new TextEncoder().encode(text)
      : await readDataset(datasets, datasetId);
  return { kind: "language", text: bytes };
}

/** @throws {InvalidRequest} when there is no such data set. */
export async function requireDataset(
  datasets: Pick<Datasets, "get">,
  datasetId: string,
): Promise<void> {
  if ((await datasets.get(datasetId)) === undefined) throw unknownDataset();
}

async function readDataset(datasets: Pick<Datasets, "read">, datasetId: string) {
  const bytes = await datasets.read(datasetId);
  if (bytes === undefined) throw unknownDataset();
  return bytes;
}

function unknownDataset(): InvalidRequest {
  return new InvalidRequest([
    {
      pointer: DATASET,
      code: "unknown-dataset",
      message: "the id of a stored data set; POST /v1/datasets stores one",
    },
  ]);
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
