import type { ProbePlan } from "../../schemas/probes/answer.ts";
import type { FinishedProbe } from "../probe/run-probe.ts";
import type { JobLimits } from "./job-limits.ts";
import type { CellMessage, CheckpointStore, JobMarkers, JobStorage } from "./job-ports.ts";
import type { OpenProbes } from "./open-probes.ts";
import type { ProbeIndex } from "./stores/probe-index.ts";

/** What the Durable Object of a job works with. */
export interface JobDeps {
  readonly storage: JobStorage;
  readonly limits: JobLimits;
  readonly nowMs: () => number;
  readonly send: (messages: readonly CellMessage[]) => Promise<void>;
  readonly index: ProbeIndex;
  readonly markers: JobMarkers;
  readonly checkpoints: CheckpointStore;
  readonly probes: OpenProbes;
  /** The answer of a finished probe, as text. */
  readonly answerText: (
    finished: FinishedProbe,
    cells: readonly { readonly id: string; readonly digest: string }[],
    plan: ProbePlan,
  ) => Promise<{ readonly text: string; readonly digest: string }>;
  readonly reportFault: (where: string, fault: unknown) => void;
}
