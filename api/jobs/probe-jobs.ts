import type { ProbePlan } from "../../schemas/probes/answer.ts";
import type { IndexedProbe, JobStart, JobView, ProbeJobs } from "../services/probes/jobs.ts";
import type { JobName } from "./object-name.ts";
import { type Owner, ownedId, probeIdOnWire } from "./owned-id.ts";
import type { ProbeJobObject } from "./probe-job.ts";
import type { IndexRow, ProbeIndex } from "./stores/probe-index.ts";

/** A job's object as it is reached from any isolate. */
export type JobObject = Pick<ProbeJobObject, keyof ProbeJobObject>;

interface Parts {
  readonly index: ProbeIndex;
  readonly objectOf: (job: JobName) => JobObject;
  /** A number that no earlier run has. */
  readonly newRun: (earlier: JobName | undefined) => number;
  readonly nowMs: () => number;
  readonly jobsAtOnce: number;
  readonly owner: Owner;
  readonly reportFault: (where: string, fault: unknown) => void;
}

/** Jobs of one owner by the id of their probe. The index says whether there is one: an unknown id never makes an object. */
export function probeJobs(parts: Parts): ProbeJobs {
  const { index, objectOf, newRun, nowMs, jobsAtOnce, owner } = parts;
  /** The run that a later one has replaced. What fails here the sweep completes. */
  const forget = async (earlier: JobName | undefined) => {
    if (earlier === undefined) return;
    await objectOf(earlier)
      .forget()
      .catch((fault: unknown) => parts.reportFault(`earlier run of ${earlier.probeId}`, fault));
  };
  const begin = async (job: JobName, start: JobStart, earlier: JobName | undefined) => {
    const view: JobView = await objectOf(job).start(job, start);
    await forget(earlier);
    return view;
  };
  return {
    async find(probeId) {
      const job = await index.find(ownedId(probeId, owner));
      return job === undefined ? undefined : objectOf(job);
    },
    async admit(wireStart) {
      const start = ownedStart(wireStart, owner);
      const earlier = await index.find(start.probeId);
      const row = rowOf(start, newRun(earlier), "queued", nowMs());
      const admission = await index.admit(row, jobsAtOnce);
      if (admission.kind === "full") return { kind: "full", jobsAtOnce };
      const { job } = admission;
      const found = await (admission.kind === "active" ? objectOf(job).view() : undefined);
      if (found !== undefined) return { kind: "active", view: found };
      // Admitted here, or by a call that has not begun the job yet: whoever comes first begins it.
      const replaced = earlier?.run === job.run ? undefined : earlier;
      return {
        kind: "admitted",
        begin: () => begin(job, start, replaced),
        release: async () => {
          await index.remove(job);
          if (replaced !== undefined) await objectOf(replaced).mend();
        },
      };
    },
    async keep(wireStart, answer, digest) {
      const start = ownedStart(wireStart, owner);
      const earlier = await index.find(start.probeId);
      // It comes to the same answer.
      if (earlier?.status === "queued" || earlier?.status === "running") return;
      const job: JobName = { probeId: start.probeId, run: newRun(earlier) };
      await objectOf(job).keep(job, start, answer, digest);
      await forget(earlier);
    },
    async list(filter, size, cursor) {
      const page = await index.list(owner, filter, size, cursor);
      if (page === undefined) return undefined;
      const items = page.items.map((item) => ({ ...item, probeId: probeIdOnWire(item.probeId) }));
      return { ...page, items };
    },
  };
}

function ownedStart(start: JobStart, owner: Owner): JobStart {
  return { ...start, probeId: ownedId(start.probeId, owner) };
}

/** Numbers of runs: the time, or one more than an earlier number. */
export function runNumbers(nowMs: () => number): Parts["newRun"] {
  let lastRun = 0;
  return (earlier) => {
    lastRun = Math.max(nowMs(), lastRun + 1, (earlier?.run ?? 0) + 1);
    return lastRun;
  };
}

function rowOf(
  { probeId, plan }: JobStart,
  run: number,
  status: IndexedProbe["status"],
  createdMs: number,
): IndexRow {
  const { experiment, flops } = JSON.parse(plan) as ProbePlan;
  const progress = { expectedFlops: flops.expected, doneFlops: 0 };
  return { probeId, run, experiment, status, createdMs, endedMs: 0, ...progress };
}
