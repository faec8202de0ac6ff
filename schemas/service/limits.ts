import { z } from "@hono/zod-openapi";
import { modelVersion, quantity } from "../common.ts";

const limit = (unit: string, description: string, example: number) =>
  quantity({ unit, lower: 0, upper: 1e18, description, example });

/** Answer of GET /v1/limits. */
export const limits = z
  .strictObject({
    bodyBytes: limit("bytes", "Largest body of a call without a limit of its own.", 1048576),
    noiseScaleBodyBytes: limit("bytes", "Largest body of a noise scale.", 4194304),
    probeBodyBytes: limit("bytes", "Largest body of a probe.", 8388608),
    probeRequestFlops: limit("FLOP", "Largest ceiling of a probe inside one request.", 3e12),
    probesAtOnce: limit("probes", "Probes that run at the same time; more are 503.", 2),
    jobFlops: limit("FLOP", "Largest ceiling of a probe that runs as a job.", 1e15),
    jobCells: limit("cells", "Training runs of one job.", 5000),
    jobWallSeconds: limit("seconds", "A job that has not ended by then fails.", 604800),
    jobsAtOnce: limit("jobs", "Jobs that are queued or running; more are 429.", 16),
    jobCellFlops: limit(
      "FLOP",
      "A training run above this is split and continues elsewhere.",
      4e10,
    ),
    jobLeaseSeconds: limit(
      "seconds",
      "A training run whose runner has stopped responding for this long goes to another.",
      60,
    ),
    jobRetentionDays: limit("days", "How long ended jobs and results are kept.", 30),
    datasetBytes: limit("bytes", "Largest data set, unpacked.", 16777216),
    datasetQuotaBytes: limit("bytes", "All data sets together.", 1073741824),
    datasetRetentionDays: limit("days", "How long data sets are kept.", 90),
    idempotencyHours: limit("hours", "How long answers are kept by Idempotency-Key.", 24),
    idempotencyRecords: limit(
      "records",
      "Answers kept by Idempotency-Key; beyond, the oldest are dropped.",
      10000,
    ),
    idempotencyBytes: limit(
      "bytes",
      "Size of all answers kept by Idempotency-Key; beyond, the oldest are dropped.",
      67108864,
    ),
    modelVersion,
  })
  .openapi("Limits", { description: "Limits of this service." });
