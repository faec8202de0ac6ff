import type { Bucket, JobMarkers } from "../job-ports.ts";
import { type JobName, objectName, readObjectName } from "../object-name.ts";
import { listed } from "./listed.ts";

const FOLDER = "jobs/";

export interface ListedJobMarkers extends JobMarkers {
  /** All jobs that have a marker, ordered by probe, some at a time. */
  readonly pages: () => AsyncGenerator<readonly JobName[]>;
}

/** Markers of the job objects in the bucket, and how to list them. */
export function jobMarkers(bucket: Bucket): ListedJobMarkers {
  const keyOf = (job: JobName) => FOLDER + objectName(job);
  return {
    async put(job: JobName) {
      await bucket.put(keyOf(job), "");
    },
    async remove(job: JobName) {
      await bucket.delete(keyOf(job));
    },
    async *pages(): AsyncGenerator<readonly JobName[]> {
      for await (const objects of listed(bucket, FOLDER)) {
        yield objects.flatMap(({ key }) => readObjectName(key.slice(FOLDER.length)) ?? []);
      }
    },
  };
}
