import type { OpenedProbe } from "../probe/run-probe.ts";
import type { JobName } from "./object-name.ts";

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What a job needs of a Durable Object's storage. */
export interface JobStorage {
  readonly sql: {
    readonly exec: (query: string, ...bindings: SqlValue[]) => { readonly toArray: () => SqlRow[] };
  };
  readonly transactionSync: <T>(change: () => T) => T;
  /** Replaces the alarm that is set. */
  readonly setAlarm: (timeMs: number) => Promise<void>;
  /** Deletes everything, including the alarm. */
  readonly deleteAll: () => Promise<void>;
}

/** One cell to run. Whether it still has to run is for the job to say. */
export interface CellMessage extends JobName {
  readonly number: number;
}

/** A probe whose stages and cells can be run. */
export type RunnableProbe = Extract<OpenedProbe, { readonly status: "ok" }>;

/** Checkpoints of cells, by key. */
export interface CheckpointStore {
  /** @returns the key. */
  readonly put: (job: JobName, bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  readonly get: (key: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly remove: (keys: readonly string[]) => Promise<void>;
}

/** A marker in the bucket for every job object: without it nothing could list the objects. */
export interface JobMarkers {
  readonly put: (job: JobName) => Promise<void>;
  readonly remove: (job: JobName) => Promise<void>;
}

export type Bucket = Pick<R2Bucket, "put" | "get" | "head" | "list" | "delete">;

/** The bindings that hold state. */
export interface StatefulBindings {
  readonly DB: D1Database;
  readonly BUCKET: Bucket;
  readonly CELLS: Pick<Queue, "sendBatch">;
  readonly PROBE_JOBS: { readonly getByName: (name: string) => unknown };
}
