import type { ProbePlan } from "../../schemas/probes/answer.ts";
import type { JobView } from "../services/probes/jobs.ts";
import type { JobRow, JobTables } from "./job-tables.ts";
import type { IndexRow } from "./stores/probe-index.ts";

// Progress events of a job that takes as many FLOPs as expected.
const PROGRESS_EVENTS = 500;

export function isActive({ status }: Pick<JobRow, "status">): boolean {
  return status === "queued" || status === "running";
}

export function planOf(job: JobRow): ProbePlan {
  return JSON.parse(job.plan) as ProbePlan;
}

/** What a client sees of the job. */
export function viewOf(tables: JobTables, job: JobRow): JobView {
  if (job.status === "succeeded") return { kind: "answer", text: tables.answer() };
  const { probeId, experiment, engine, flops, modelVersion } = planOf(job);
  const { cells, done, flops: doneFlops } = tables.countCells();
  const described = {
    probeId,
    experiment,
    engine,
    flops: { ...flops, done: doneFlops },
    cellsDone: done,
    cells,
    createdAt: new Date(job.createdMs).toISOString(),
    modelVersion,
  };
  if (job.status === "cancelled") {
    return { kind: "job", job: { status: "cancelled", ...described } };
  }
  if (job.status === "failed") {
    const failure = job.failure ?? { code: "cell-failed" as const, detail: "" };
    return { kind: "job", job: { status: "failed", ...described, failure } };
  }
  const stage = job.stageName === "" ? {} : { stage: job.stageName };
  return { kind: "job", job: { status: job.status, ...described, ...stage } };
}

/** What the index is told of the job. */
export function indexRowOf(tables: JobTables, job: JobRow): IndexRow {
  const { probeId, run, status, createdMs, endedMs } = job;
  const { experiment, flops } = planOf(job);
  const progress = { expectedFlops: flops.expected, doneFlops: tables.countCells().flops };
  return { probeId, run, experiment, status, createdMs, endedMs, ...progress };
}

/** Appends a progress event. */
export function appendProgress(tables: JobTables, job: JobRow, stage: string): void {
  const { cells, done, flops: flopsDone } = tables.countCells();
  const losses = tables.losses();
  tables.append("progress", {
    stage,
    flopsDone,
    flopsExpected: planOf(job).flops.expected,
    cellsDone: done,
    cells,
    ...(losses.length > 0 && { losses }),
  });
  tables.setToldFlops(flopsDone);
}

/** Appends a progress event if enough has been done since the last one. */
export function appendProgressIfDue(tables: JobTables): void {
  const job = tables.job();
  if (job === undefined) return;
  const { flops } = tables.countCells();
  const step = planOf(job).flops.expected / PROGRESS_EVENTS;
  if (flops - job.toldFlops >= step) appendProgress(tables, job, job.stageName);
}
