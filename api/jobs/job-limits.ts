/** Limits of jobs. Each is a variable of the same name in capitals (JOB_FLOPS, ...). */
export interface JobLimits {
  /** Largest ceiling of a job; FLOP. */
  readonly jobFlops: number;
  /** Training runs of one job. */
  readonly jobCells: number;
  /** From its creation to its end; seconds. */
  readonly jobWallSeconds: number;
  /** Jobs that are queued or running. */
  readonly jobsAtOnce: number;
  /** A cell above this is cut and continued by another message; FLOP. */
  readonly jobCellFlops: number;
  /** A cell whose runner has sent no heartbeat for so long goes to another; seconds. */
  readonly jobLeaseSeconds: number;
  /** Ended jobs are kept this long; days. */
  readonly jobRetentionDays: number;
}

export const DEFAULT_JOB_LIMITS: JobLimits = {
  jobFlops: 1e15,
  jobCells: 5_000,
  jobWallSeconds: 7 * 86_400,
  jobsAtOnce: 16,
  jobCellFlops: 4e10,
  jobLeaseSeconds: 60,
  jobRetentionDays: 30,
};
