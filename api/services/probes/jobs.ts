import type { ProbeJob } from "../../../schemas/probes/job.ts";

/** What begins a job. */
export interface JobStart {
  readonly probeId: string;
  /** The request as JSON, as the service read it. */
  readonly request: string;
  /** The probe's plan as JSON. */
  readonly plan: string;
}

/** What a client sees of a probe: its answer as text, or the state of its job. */
export type JobView =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "job"; readonly job: ProbeJob };

export interface JobEvent {
  readonly sequence: number;
  readonly event: string;
  /** JSON. */
  readonly data: string;
}

export interface JobEvents {
  readonly events: readonly JobEvent[];
  /** Nothing comes after these. */
  readonly ended: boolean;
}

/** A page of things, newest first, with the cursor of the next page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** A probe as lists show it. */
export interface IndexedProbe {
  readonly probeId: string;
  readonly experiment: string;
  readonly status: ProbeJob["status"] | "succeeded";
  readonly createdMs: number;
  /** 0 while it runs. */
  readonly endedMs: number;
  readonly expectedFlops: number;
  readonly doneFlops: number;
}

export interface ProbeFilter {
  readonly status?: string | undefined;
  readonly experiment?: string | undefined;
}

/** One stored probe. Each answer is undefined once it is deleted. */
export interface StoredProbe {
  readonly view: () => Promise<JobView | undefined>;
  /** The probe at its end, or as it is when the time is up. */
  readonly waitForEnd: (waitMs: number) => Promise<JobView | undefined>;
  /** Events after a sequence number, all if no event has that number yet; waits for one if there is none. */
  readonly events: (after: number, waitMs: number) => Promise<JobEvents | undefined>;
  /** Cancels a job that is active, deletes one that has ended. */
  readonly remove: () => Promise<JobView | "removed" | undefined>;
}

/** Whether a job may begin. */
export type JobAdmission =
  | { readonly kind: "full"; readonly jobsAtOnce: number }
  /** The same probe is already running. */
  | { readonly kind: "active"; readonly view: JobView }
  /** A place is taken: it has to be used or given back. */
  | {
      readonly kind: "admitted";
      readonly begin: () => Promise<JobView>;
      readonly release: () => Promise<void>;
    };

/** The stored probes: active ones, and ended ones with their results. */
export interface ProbeJobs {
  readonly find: (probeId: string) => Promise<StoredProbe | undefined>;
  /** Takes one of the places for active jobs. */
  readonly admit: (start: JobStart) => Promise<JobAdmission>;
  /** Stores the answer of a probe that ran inside a request. */
  readonly keep: (start: JobStart, answer: string, digest: string) => Promise<void>;
  /** Undefined: the cursor is none of ours. */
  readonly list: (
    filter: ProbeFilter,
    size: number,
    cursor: string | undefined,
  ) => Promise<Page<IndexedProbe> | undefined>;
}
