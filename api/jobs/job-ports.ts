import type { OpenedProbe } from "../probe/run-probe.ts";

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What a job needs of a Durable Object's storage. */
export interface JobStorage {
  readonly sql: {
    readonly exec: (query: string, ...bindings: SqlValue[]) => { readonly toArray: () => SqlRow[] };
  };
  readonly transactionSync: <T>(change: () => T) => T;
  /** Replaces the alarm there is. */
  readonly setAlarm: (timeMs: number) => Promise<void>;
  /** Everything, the alarm too. */
  readonly deleteAll: () => Promise<void>;
}

/** One cell to be run; says nothing that the job does not know better. */
export interface CellMessage {
  readonly probeId: string;
  readonly number: number;
  /** The run of the job that it belongs to: a job that was begun afresh takes no older message. */
  readonly run: number;
}

/** A probe whose stages and cells can be run. */
export type RunnableProbe = Extract<OpenedProbe, { readonly status: "ok" }>;

/** Of a cell's checkpoint, by the SHA-256 of its bytes. */
export interface CheckpointStore {
  readonly put: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  readonly get: (hash: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly remove: (hashes: readonly string[]) => Promise<void>;
}

/** The bindings that keep state. */
export interface StatefulBindings {
  readonly DB: D1Database;
  readonly BUCKET: Pick<R2Bucket, "put" | "get" | "delete">;
  readonly CELLS: Pick<Queue, "sendBatch">;
  readonly PROBE_JOBS: { readonly getByName: (name: string) => unknown };
}
