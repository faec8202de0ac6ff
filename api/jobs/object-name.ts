/** One run of a probe. A run never gets the number of an earlier one, so its object's name is never used again. */
export interface JobName {
  readonly probeId: string;
  /** Milliseconds since 1970 at which it began, or one more than the run before it. */
  readonly run: number;
}

/** The name of a job's object, also in keys of the bucket. */
export function objectName({ probeId, run }: JobName): string {
  return `${probeId}-${run}`;
}

/** Undefined: the text is no such name. */
export function readObjectName(text: string): JobName | undefined {
  const [, probeId, run] = /^([0-9a-f]+)-(\d+)$/.exec(text) ?? [];
  return probeId === undefined ? undefined : { probeId, run: Number(run) };
}
