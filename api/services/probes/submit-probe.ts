import type { ProbePlan } from "../../../schemas/probes/answer.ts";
import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import { openRequest, type ProbeEvent, probeIdOf, runProbe } from "./answer-probe.ts";
import type { Datasets } from "./datasets.ts";
import type { ProbeEngineModule } from "./engine-request.ts";
import type { JobStart, JobView, ProbeJobs } from "./jobs.ts";
import { type PlannedProbe, ProbePlanner } from "./plan-request.ts";

/** Probes inside requests share one processor. */
export const PROBES_AT_ONCE = 2;

/** What becomes of a request for a probe. */
export type ProbeOutcome =
  /** It was measured before. */
  | { readonly kind: "stored"; readonly view: JobView }
  /** The same probe is already running as a job. */
  | { readonly kind: "joined"; readonly view: JobView }
  /** It has begun as a job. */
  | { readonly kind: "begun"; readonly view: JobView }
  /** It runs inside the request, as far as its events are read. */
  | { readonly kind: "here"; readonly run: RunningProbe }
  | { readonly kind: "over-limit"; readonly ceilingFlops: number; readonly jobFlops: number }
  | { readonly kind: "too-many-jobs"; readonly jobsAtOnce: number }
  | { readonly kind: "busy"; readonly probesAtOnce: number };

/** A probe that runs inside a request. */
export interface RunningProbe {
  /** Progress, then the result, which is stored by then. Ends without one after `stop`. */
  readonly events: AsyncGenerator<ProbeEvent>;
  /** Stops the probe if it still runs, and frees its place. To be called at the end in any case. */
  readonly stop: () => void;
}

/** What the caller has stored. */
interface CallersStores {
  readonly jobs: ProbeJobs;
  readonly datasets: Datasets;
}

interface Parts {
  readonly loadEngine: () => Promise<ProbeEngineModule>;
  /** Largest ceiling of a probe inside one request; FLOP. */
  readonly requestFlops: number;
  /** Largest ceiling of a job; FLOP. */
  readonly jobFlops: number;
}

/** Takes requests for probes: finds what is stored, joins what is running, else runs the probe here or as a job. */
export class ProbeSubmissions {
  readonly #parts: Parts;
  readonly #planner: ProbePlanner;
  #running = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#planner = new ProbePlanner(parts.requestFlops);
  }

  /** @throws {InvalidRequest} when the probe cannot run. */
  async plan(request: ProbeRequest, { datasets }: CallersStores): Promise<ProbePlan> {
    return (await this.#planner.plan(await this.#parts.loadEngine(), request, datasets)).plan;
  }

  /**
   * Answers from the store, joins, or begins. A place is taken before data are drawn or read for training, so that what
   * is refused costs no more than its plan.
   *
   * @throws {InvalidRequest} when the probe cannot run.
   */
  async submit(
    request: ProbeRequest,
    asJob: boolean,
    stored: CallersStores,
  ): Promise<ProbeOutcome> {
    const probeId = await probeIdOf(request);
    const view = await (await stored.jobs.find(probeId))?.view();
    if (view?.kind === "answer" && request.fresh !== true) return { kind: "stored", view };
    if (view?.kind === "job" && isActive(view)) return { kind: "joined", view };
    const engine = await this.#parts.loadEngine();
    const planned = await this.#planner.plan(engine, request, stored.datasets);
    const { plan } = planned;
    if (plan.withinLimit && !asJob) return this.#runHere(engine, request, planned, stored);
    const { jobFlops } = this.#parts;
    const ceilingFlops = plan.flops.ceiling;
    if (ceilingFlops > jobFlops) return { kind: "over-limit", ceilingFlops, jobFlops };
    return this.#beginJob(engine, request, planned, stored);
  }

  async #runHere(
    engine: ProbeEngineModule,
    request: ProbeRequest,
    { plan, task }: PlannedProbe,
    stored: CallersStores,
  ): Promise<ProbeOutcome> {
    if (this.#running >= PROBES_AT_ONCE) return { kind: "busy", probesAtOnce: PROBES_AT_ONCE };
    this.#running += 1;
    let stopped = false;
    const free = () => {
      if (!stopped) this.#running -= 1;
      stopped = true;
    };
    try {
      const opened = await openRequest(engine, request, stored.datasets, task);
      const work = runProbe(opened, plan, () => stopped);
      const events = this.#stored(work, startOf(request, plan), stored);
      const stop = () => {
        free();
        // Frees what the probe holds, once it has ended its slice.
        events.return(undefined).catch(() => undefined);
      };
      return { kind: "here", run: { events, stop } };
    } catch (failure) {
      free();
      throw failure;
    }
  }

  /** The events of a probe, its result stored before it is told. */
  async *#stored(
    work: AsyncGenerator<ProbeEvent>,
    start: JobStart,
    { jobs }: CallersStores,
  ): AsyncGenerator<ProbeEvent> {
    for await (const told of work) {
      if (told.event === "result") {
        const { answer } = told;
        await jobs.keep(start, JSON.stringify(answer), answer.digest);
      }
      yield told;
    }
  }

  async #beginJob(
    engine: ProbeEngineModule,
    request: ProbeRequest,
    { plan, task }: PlannedProbe,
    stored: CallersStores,
  ): Promise<ProbeOutcome> {
    const admission = await stored.jobs.admit(startOf(request, plan));
    if (admission.kind === "full") {
      return { kind: "too-many-jobs", jobsAtOnce: admission.jobsAtOnce };
    }
    if (admission.kind === "active") return { kind: "joined", view: admission.view };
    try {
      // Given data may hold nothing to learn; what is drawn from a seed is checked by its sizes.
      if (hasGivenData(request)) {
        await openRequest(engine, request, stored.datasets, task);
      }
      return { kind: "begun", view: await admission.begin() };
    } catch (failure) {
      await admission.release();
      throw failure;
    }
  }
}

function isActive({ job }: Extract<JobView, { kind: "job" }>): boolean {
  return job.status === "queued" || job.status === "running";
}

function startOf(request: ProbeRequest, plan: ProbePlan): JobStart {
  const { probeId } = plan;
  return { probeId, request: JSON.stringify(request), plan: JSON.stringify(plan) };
}

function hasGivenData({ task }: ProbeRequest): boolean {
  return task.kind === "table" || (task.kind === "language" && task.synthetic === undefined);
}
