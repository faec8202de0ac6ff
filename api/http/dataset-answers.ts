import type { Dataset } from "../../schemas/datasets/dataset.ts";
import type { StoredDataset } from "../services/probes/datasets.ts";
import { DAY_MS } from "../services/shared/durations.ts";
import { ProblemError } from "./problem.ts";

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
