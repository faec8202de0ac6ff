import { z } from "@hono/zod-openapi";
import { modelVersion, quantity } from "../common.ts";
import { probeAnswer, probeFlops } from "./answer.ts";
import { experiment } from "./request.ts";

const count = (unit: string, description: string, example: number) =>
  quantity({ unit, lower: 0, upper: 1e9, description, example, integer: true });

export const probeId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .openapi({
    description: "First 32 hex digits of the SHA-256 of specification, seed and version.",
    example: "3f2a9c00b1d84e6f9a7c5d2e1f003344",
  });

/** A moment on the wire. */
export const moment = (description: string) =>
  z.iso.datetime().openapi({ description, example: "2026-11-27T20:00:00.000Z" });

const described = {
  probeId,
  experiment,
  engine: z.string().openapi({ description: "The engine that runs it.", example: "fused" }),
  flops: probeFlops,
  cellsDone: count("cells", "Training runs that have ended.", 12),
  cells: count("cells", "Training runs known so far; later stages may add more.", 40),
  createdAt: moment("When the job began."),
  modelVersion,
};

const active = z
  .strictObject({
    status: z.enum(["queued", "running"]).openapi({
      description: "queued: no training run has begun; running: training runs have begun.",
      example: "running",
    }),
    ...described,
    stage: z
      .string()
      .openapi({ description: "The stage that runs now.", example: "rate search" })
      .optional(),
  })
  .openapi("ActiveProbeJob", { description: "A probe that runs as a job." });

const cancelled = z
  .strictObject({
    status: z
      .literal("cancelled")
      .openapi({ description: "Cancelled by its owner.", example: "cancelled" }),
    ...described,
  })
  .openapi("CancelledProbeJob", { description: "A probe that its owner cancelled." });

const JOB_FAILURES = [
  "cell-failed",
  "cell-lost",
  "nondeterministic-cell",
  "dataset-deleted",
  "too-many-cells",
  "wall-time",
  "model-version-changed",
  "planning-failed",
] as const;

export const jobFailure = z
  .strictObject({
    code: z.enum(JOB_FAILURES).openapi({
      description:
        "cell-failed: a training run failed at every attempt; cell-lost: its runner stopped at every attempt; " +
        "nondeterministic-cell: two runs of it gave different results; dataset-deleted: its data set was deleted; too-many-cells, " +
        "wall-time: it passed a limit; model-version-changed: another version of the service took over; planning-failed: " +
        "the next stage could not be planned.",
      example: "cell-failed",
    }),
    detail: z.string().openapi({ description: "What happened.", example: "out of memory" }),
    cellId: z
      .string()
      .openapi({ description: "The training run that failed.", example: "b32-r0.1-s0-n400" })
      .optional(),
  })
  .openapi("JobFailure", { description: "Why a job ended without a result." });
export type JobFailure = z.infer<typeof jobFailure>;

const failed = z
  .strictObject({
    status: z
      .literal("failed")
      .openapi({ description: "Ended without a result.", example: "failed" }),
    ...described,
    failure: jobFailure,
  })
  .openapi("FailedProbeJob", { description: "A probe whose job ended without a result." });

/** A probe as a job that has no result, or none yet. */
export const probeJob = z
  .discriminatedUnion("status", [active, cancelled, failed])
  .openapi("ProbeJob", { description: "A probe as a job without a result." });
export type ProbeJob = z.infer<typeof probeJob>;

/** Answer of GET /v1/probes/{probeId}. */
export const probeState = z
  .discriminatedUnion("status", [active, cancelled, failed, probeAnswer])
  .openapi("ProbeState", { description: "A probe: its result, or the state of its job." });
