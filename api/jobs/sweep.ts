import type { Bucket } from "./job-ports.ts";
import { type JobName, objectName } from "./object-name.ts";
import type { JobObject } from "./probe-jobs.ts";
import type { DatasetStore } from "./stores/dataset-store.ts";
import type { IdempotencyStore } from "./stores/idempotency-store.ts";
import type { ListedJobMarkers } from "./stores/job-markers.ts";
import { listed } from "./stores/listed.ts";
import type { ProbeIndex } from "./stores/probe-index.ts";

// A job that was admitted so long ago and has not begun never will: its process has ended.
const BEGINNING_MS = 600_000;
const CHECKPOINTS = "checkpoints/";
// Every object that is asked takes descriptors for some seconds.
const OBJECTS_A_SWEEP = 100;

interface Parts {
  readonly index: ProbeIndex;
  readonly markers: ListedJobMarkers;
  readonly objectOf: (job: JobName) => Pick<JobObject, "mend">;
  readonly bucket: Bucket;
  readonly datasets: DatasetStore;
  readonly idempotency: IdempotencyStore;
  readonly nowMs: () => number;
  readonly reportFault: (where: string, fault: unknown) => void;
}

/**
 * The hourly sweep: deletes what has expired, and mends what an ended process or a lost file has left in halves. Each
 * part runs even if another fails.
 */
export async function sweep(parts: Parts): Promise<void> {
  const { datasets, idempotency } = parts;
  const tasks = {
    "data sets": () => datasets.sweep(),
    "idempotency records": () => idempotency.sweep(),
    "rows of probes": () => mendRows(parts),
    "objects of probes": () => mendObjects(parts),
    checkpoints: () => dropCheckpoints(parts),
  };
  for (const [name, task] of Object.entries(tasks)) {
    await task().catch((fault: unknown) => parts.reportFault(`sweep of ${name}`, fault));
  }
}

/** Rows whose object holds no job are removed; others are brought up to date. */
async function mendRows({ index, objectOf, nowMs }: Parts): Promise<void> {
  for (const job of await index.leastChecked(nowMs() - BEGINNING_MS, OBJECTS_A_SWEEP)) {
    if (await objectOf(job).mend()) await index.setChecked(job, nowMs());
    else await index.remove(job);
  }
}

/** Jobs that have no row get it back; the job forgets itself if its probe has a later run. */
async function mendObjects({ index, markers, objectOf }: Parts): Promise<void> {
  let left = OBJECTS_A_SWEEP;
  for await (const jobs of markers.pages()) {
    const [first, last] = [jobs[0], jobs[jobs.length - 1]];
    if (first === undefined || last === undefined) continue;
    const rows = await index.between(first.probeId, last.probeId);
    const known = new Set(rows.map(objectName));
    for (const job of jobs.filter((each) => !known.has(objectName(each)))) {
      if (left === 0) return;
      left -= 1;
      if (!(await objectOf(job).mend())) await markers.remove(job);
    }
  }
}

/** Checkpoints whose job is not active. */
async function dropCheckpoints({ bucket, index, nowMs }: Parts): Promise<void> {
  for await (const objects of listed(bucket, CHECKPOINTS)) {
    const active = new Set((await index.active()).map(objectName));
    for (const { key, uploaded } of objects) {
      const [name = ""] = key.slice(CHECKPOINTS.length).split("/");
      const isOld = uploaded.getTime() <= nowMs() - BEGINNING_MS;
      if (isOld && !active.has(name)) await bucket.delete(key);
    }
  }
}
