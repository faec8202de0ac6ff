import type { ProbeJob } from "../../../schemas/probes/job.ts";

/** What begins a job. */
export interface JobStart {
  /** The request as JSON, as the service read it. */
  readonly request: string;
  /** The probe's plan as JSON. */
  readonly plan: string;
  readonly probeId: string;
}

/** What a client sees of a job: the answer as text, or how far it has come. */
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

/** A page of things, newest first; the cursor of the next one names where this one ended. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** A probe as it is listed. */
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

/** Probes that are kept: under way, or ended. */
export interface ProbeJobs {
  readonly view: (probeId: string) => Promise<JobView | undefined>;
  /** Begins a job, or finds it under way. */
  readonly start: (start: JobStart) => Promise<JobView>;
  /** Keeps the answer of a probe that ran inside a request. */
  readonly keep: (start: JobStart, answer: string, digest: string) => Promise<void>;
  /** The job at its end, or as it is when the time is up. */
  readonly waitForEnd: (probeId: string, waitMs: number) => Promise<JobView | undefined>;
  /** Events after a sequence number; waits for one where there is none yet. */
  readonly events: (
    probeId: string,
    after: number,
    waitMs: number,
  ) => Promise<JobEvents | undefined>;
  /** Cancels a job under way, forgets one that has ended. */
  readonly remove: (probeId: string) => Promise<JobView | "removed" | undefined>;
  /** Undefined: the cursor is none. */
  readonly list: (
    filter: ProbeFilter,
    size: number,
    cursor: string | undefined,
  ) => Promise<Page<IndexedProbe> | undefined>;
  /** Jobs that are queued or running. */
  readonly countActive: () => Promise<number>;
}
