import type { Dataset } from "../schemas/dataset.ts";
import { ProblemError } from "./problem.ts";
import type { StoredDataset } from "./services/datasets.ts";

const DAY_MS = 86_400_000;

/** A data set as the wire shows it. */
export function wireDataset(
  { datasetId, kind, name, bytes, rows, columns, createdMs }: StoredDataset,
  retentionDays: number,
): Dataset {
  return {
    datasetId,
    kind,
    ...(name !== "" && { name }),
    bytes,
    ...(kind === "table" && { rows, columns }),
    createdAt: new Date(createdMs).toISOString(),
    expiresAt: new Date(createdMs + retentionDays * DAY_MS).toISOString(),
  };
}

export function noSuchDataset(): ProblemError {
  return new ProblemError("not-found", { detail: "There is no data set with this id." });
}
