import type { ProbePlan } from "../../schemas/probes/answer.ts";
import type { JobView } from "../services/probes/jobs.ts";
import { ANSWER, type JobRow, type JobTables } from "./job-tables.ts";

export function planOf(job: JobRow): ProbePlan {
  return JSON.parse(job.plan) as ProbePlan;
}

export function viewOf(tables: JobTables, job: JobRow): JobView {
  if (job.status === "succeeded") return { kind: "answer", text: tables.text(ANSWER) ?? "" };
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
