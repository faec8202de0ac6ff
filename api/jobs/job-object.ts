import type { JobEvents, JobStart, JobView } from "../services/probes/jobs.ts";
import type { JobStub } from "./cell-consumer.ts";
import { isActive, Job, type JobDeps } from "./job.ts";
import { type CellReport, type Held, JobCells } from "./job-cells.ts";

const EVENTS_AT_ONCE = 200;

/** All that may be asked of one job, by clients and by runners; a Durable Object is this and nothing more. */
export class JobObject implements JobStub {
  readonly #job: Job;
  readonly #cells: JobCells;

  constructor(deps: JobDeps) {
    this.#job = new Job(deps);
    this.#cells = new JobCells(this.#job, deps);
  }

  view(): JobView | undefined {
    return this.#job.view();
  }

  start(start: JobStart): Promise<JobView> {
    return this.#job.start(start);
  }

  keep(start: JobStart, answer: string, digest: string): Promise<void> {
    return this.#job.keep(start, answer, digest);
  }

  remove(): Promise<JobView | "removed" | undefined> {
    return this.#job.remove();
  }

  alarm(): Promise<void> {
    return this.#cells.watch();
  }

  async waitForEnd(waitMs: number): Promise<JobView | undefined> {
    const until = performance.now() + waitMs;
    for (;;) {
      const job = this.#job.tables.job();
      const left = until - performance.now();
      if (job === undefined || !isActive(job) || left <= 0) return this.#job.view();
      await this.#nextEvent(left);
    }
  }

  async events(after: number, waitMs: number): Promise<JobEvents | undefined> {
    const { tables } = this.#job;
    for (let waited = false; ; waited = true) {
      const job = tables.job();
      if (job === undefined) return undefined;
      const events = tables.eventsAfter(after, EVENTS_AT_ONCE);
      const ended = !isActive(job) && events.length < EVENTS_AT_ONCE;
      if (events.length > 0 || ended || waited) return { events, ended };
      await this.#nextEvent(waitMs);
    }
  }

  async request(run: number) {
    return this.#cells.request(run);
  }

  claim(held: Held) {
    return this.#cells.claim(held);
  }

  async claimNext(run: number, holder: string) {
    return this.#cells.claimNext(run, holder);
  }

  async heartbeat(held: Held, flops: number, loss: number | undefined) {
    return this.#cells.heartbeat(held, flops, loss);
  }

  checkpointed(held: Held, checkpoint: string, flops: number) {
    return this.#cells.checkpointed(held, checkpoint, flops);
  }

  report(held: Pick<Held, "run" | "number">, report: CellReport) {
    return this.#cells.report(held, report);
  }

  fault(held: Held, detail: string, resend: boolean) {
    return this.#cells.fault(held, detail, resend);
  }

  datasetGone(run: number, detail: string): Promise<void> {
    return this.#cells.datasetGone(run, detail);
  }

  abandon(cell: Pick<Held, "run" | "number">): Promise<void> {
    return this.#cells.abandon(cell);
  }

  #nextEvent(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      const forget = this.#job.onEvent(done);
    });
  }
}
