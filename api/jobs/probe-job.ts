import { DurableObject } from "cloudflare:workers";
import type { JobFailure } from "../../schemas/probes/job.ts";
import type { JobEvents, JobStart, JobView } from "../services/probes/jobs.ts";
import { DAY_MS } from "../services/shared/durations.ts";
import {
  CellLeases,
  type CellOutcome,
  type CellReport,
  type Claim,
  type HeldCell,
} from "./cell-leases.ts";
import { InOrder } from "./in-order.ts";
import type { JobDeps } from "./job-deps.ts";
import { planNext } from "./job-stages.ts";
import { type JobRow, JobTables } from "./job-tables.ts";
import { appendProgress, appendProgressIfDue, indexRowOf, isActive, viewOf } from "./job-view.ts";
import { Listeners } from "./listeners.ts";
import type { JobName } from "./object-name.ts";
import { sendUnsent } from "./send-unsent.ts";

const EVENTS_AT_ONCE = 200;
// While a job is active its alarm looks for lost messages and leases this often.
const WATCH_MS = 5_000;

/**
 * The Durable Object of one run of a probe. Everything that can be seen is in its tables, each change one transaction;
 * the process may end between any two, and the alarm continues from there. An object serves one run only: a later run
 * of the same probe has another object, so nothing here can delete what has begun meanwhile.
 */
export abstract class ProbeJobObject extends DurableObject {
  readonly #deps: JobDeps;
  readonly #tables: JobTables;
  readonly #leases: CellLeases;
  readonly #listeners = new Listeners();
  /** Writes to the index, one after another: a removal must not overtake the row it removes. */
  readonly #indexing = new InOrder();
  #planning: Promise<void> | undefined;
  #watched = false;

  constructor(state: DurableObjectState, env: unknown, deps: JobDeps) {
    super(state, env as Cloudflare.Env);
    const { storage, nowMs, limits } = deps;
    this.#deps = deps;
    this.#tables = new JobTables(storage);
    this.#leases = new CellLeases(this.#tables, nowMs, limits.jobLeaseSeconds);
  }

  // What clients ask.

  async view(): Promise<JobView | undefined> {
    const job = this.#tables.job();
    return job === undefined ? undefined : viewOf(this.#tables, job);
  }

  /** Begins the job, or finds it begun. The alarm that follows at once plans its stages. */
  async start(name: JobName, { request, plan }: JobStart): Promise<JobView> {
    await this.#finishForgetting();
    if (this.#tables.job() === undefined) {
      await this.#begin(name, request, plan, () => {
        appendProgress(this.#tables, this.#required(), "queued");
      });
    }
    return viewOf(this.#tables, this.#required());
  }

  /** Keeps the answer of a probe that ran inside a request. */
  async keep(name: JobName, { request, plan }: JobStart, answer: string, digest: string) {
    await this.#finishForgetting();
    if (this.#tables.job() !== undefined) return;
    await this.#begin(name, request, plan, () => this.#succeed(answer, digest));
  }

  /** The job at its end, or as it is when the time is up. */
  async waitForEnd(waitMs: number): Promise<JobView | undefined> {
    const until = performance.now() + waitMs;
    for (;;) {
      const job = this.#tables.job();
      const left = until - performance.now();
      if (job === undefined || !isActive(job) || left <= 0) return this.view();
      await this.#listeners.next(left);
    }
  }

  /** Events after a sequence number; waits for one if there is none yet. */
  async events(after: number, waitMs: number): Promise<JobEvents | undefined> {
    for (let waited = false; ; waited = true) {
      const job = this.#tables.job();
      if (job === undefined) return undefined;
      const events = this.#tables.eventsAfter(after, EVENTS_AT_ONCE);
      const ended = !isActive(job) && events.length < EVENTS_AT_ONCE;
      if (events.length > 0 || ended || waited) return { events, ended };
      await this.#listeners.next(waitMs);
    }
  }

  /** Cancels an active job, forgets one that has ended. */
  async remove(): Promise<JobView | "removed" | undefined> {
    const job = this.#tables.job();
    if (job === undefined) return undefined;
    if (isActive(job)) {
      this.#change(() => this.#end("cancelled"));
      await this.#settle();
      return this.view();
    }
    await this.forget();
    return "removed";
  }

  // What runners ask.

  /** The request, for a runner that does not have it yet. */
  async request(run: number): Promise<string | undefined> {
    const job = this.#tables.job();
    return job?.run === run && isActive(job) ? this.#tables.request() : undefined;
  }

  async claim(held: HeldCell): Promise<Claim> {
    const claim = this.#change(() => this.#leases.claim(held));
    if (claim.kind === "run") await this.#publish();
    return claim;
  }

  async claimNext(run: number, holder: string): Promise<Claim> {
    return this.#change(() => this.#leases.claimNext({ run, holder }));
  }

  /** Renews a lease. False: the cell is no longer the holder's. */
  async heartbeat(held: HeldCell, flops: number, loss: number | undefined): Promise<boolean> {
    const isHeld = this.#change(() => {
      const renewed = this.#leases.renew(held, flops, loss);
      if (renewed) appendProgressIfDue(this.#tables);
      return renewed;
    });
    this.#listeners.notify();
    return isHeld;
  }

  /** The runner has saved the cell and leaves the rest to whoever takes the next message. */
  async checkpointed(held: HeldCell, checkpoint: string, flops: number): Promise<void> {
    const outcome = this.#change(() => {
      const cut = this.#leases.cut(held, checkpoint, flops);
      if (cut.kind === "accepted") appendProgressIfDue(this.#tables);
      return cut;
    });
    // What nobody will read again: the earlier checkpoint, or this one if the cell is no longer the runner's.
    const old = outcome.kind === "accepted" ? outcome.checkpoint : checkpoint;
    if (old !== "" && !this.#checkpoints().includes(old)) {
      await this.#deps.checkpoints.remove([old]);
    }
    await sendUnsent(this.#deps, this.#tables);
  }

  /** Takes a result. False: the job has ended. */
  async report(held: Pick<HeldCell, "run" | "number">, report: CellReport): Promise<boolean> {
    const outcome = this.#changeOrFail(() => this.#leases.accept(held, report));
    if (outcome.kind === "job-failed") await this.#settle();
    if (outcome.kind === "accepted") {
      this.#listeners.notify();
      if (outcome.checkpoint !== "") await this.#deps.checkpoints.remove([outcome.checkpoint]);
      await this.#advance();
    }
    const job = this.#tables.job();
    return job?.run === held.run && isActive(job);
  }

  /** An attempt at a cell threw. */
  async fault(held: HeldCell, detail: string, resend: boolean): Promise<void> {
    const outcome = this.#changeOrFail(() => this.#leases.fail(held, detail, resend));
    if (outcome.kind === "job-failed") await this.#settle();
    else if (resend) await sendUnsent(this.#deps, this.#tables);
  }

  /** The queue has given the cell up. */
  async abandon({ run, number }: Pick<HeldCell, "run" | "number">): Promise<void> {
    const cell = this.#tables.job() === undefined ? undefined : this.#tables.cell(number);
    if (cell === undefined || cell.state === "done") return;
    const detail = this.#tables.fault(number) ?? "no attempt reported an end";
    await this.#failRun(run, { code: "cell-failed", detail, cellId: cell.spec.id });
  }

  /** The data set that the job needs has been deleted. */
  async datasetGone(run: number, detail: string): Promise<void> {
    await this.#failRun(run, { code: "dataset-deleted", detail });
  }

  // What the platform and the sweep ask.

  override async alarm(): Promise<void> {
    // Before anything that may throw: the alarm has to come again.
    await this.#setAlarm();
    await this.#finishForgetting();
    if (this.#tables.job() === undefined) return;
    await this.#watch();
    await this.#publish();
    await this.#setAlarm();
  }

  /** Writes the row and the marker of the job again. False: there is no job here. */
  async mend(): Promise<boolean> {
    await this.#finishForgetting();
    if (this.#tables.job() === undefined) return false;
    this.#change(() => this.#tables.setIndexDirty());
    await this.#publish();
    return true;
  }

  /** Deletes everything. What an ended process leaves half done, the alarm completes. */
  async forget(): Promise<void> {
    if (this.#tables.job() !== undefined) {
      this.#tables.forget();
      const armed = this.#deps.storage.setAlarm(this.#deps.nowMs() + WATCH_MS);
      this.#listeners.notify();
      await armed;
    }
    await this.#finishForgetting();
  }

  async #finishForgetting(): Promise<void> {
    await this.#indexing.run(async () => {
      const name = this.#tables.forgotten();
      if (name === undefined) return;
      const { checkpoints, index, markers, storage } = this.#deps;
      await checkpoints.remove(this.#tables.checkpoints());
      await index.remove(name);
      await markers.remove(name);
      this.#tables.wiped();
      await storage.deleteAll();
    });
  }

  /** Tables, alarm and first state together: no await lies between them. */
  async #begin(name: JobName, request: string, plan: string, first: () => void): Promise<void> {
    const { storage, nowMs } = this.#deps;
    this.#change(() => {
      this.#tables.begin(name, request, plan, nowMs());
      first();
    });
    const armed = storage.setAlarm(nowMs());
    this.#listeners.notify();
    await armed;
    await this.#publish();
  }

  async #watch(): Promise<void> {
    const { limits, nowMs } = this.#deps;
    const job = this.#required();
    if (!isActive(job)) {
      if (nowMs() >= this.#keptUntil(job)) await this.forget();
    } else if (nowMs() >= job.createdMs + limits.jobWallSeconds * 1000) {
      const detail = `not finished within ${limits.jobWallSeconds} s`;
      await this.#failRun(job.run, { code: "wall-time", detail });
    } else {
      const restarted = !this.#watched;
      this.#watched = true;
      const { kind } = this.#changeOrFail(() => this.#leases.recover(restarted));
      if (kind === "job-failed") return this.#settle();
      await sendUnsent(this.#deps, this.#tables);
      await this.#advance();
    }
  }

  #keptUntil({ endedMs }: JobRow): number {
    return endedMs + this.#deps.limits.jobRetentionDays * DAY_MS;
  }

  async #setAlarm(): Promise<void> {
    const soonMs = this.#deps.nowMs() + WATCH_MS;
    const job = this.#tables.job();
    if (job !== undefined) {
      const isSoon = isActive(job) || job.indexDirty;
      await this.#deps.storage.setAlarm(isSoon ? soonMs : Math.max(soonMs, this.#keptUntil(job)));
    } else if (this.#tables.forgotten() !== undefined) {
      await this.#deps.storage.setAlarm(soonMs);
    }
  }

  /** Tells the index the status; the alarm tries again what fails. */
  async #publish(): Promise<void> {
    if (this.#tables.job()?.indexDirty !== true) return;
    await this.#indexing.run(async () => {
      const job = this.#tables.job();
      if (job?.indexDirty !== true) return;
      try {
        await this.#deps.markers.put(job);
        if (await this.#deps.index.put(indexRowOf(this.#tables, job)))
          this.#tables.setIndexed(job.status);
        // Another run of the probe is the current one.
        else this.#tables.forget();
      } catch (fault) {
        this.#deps.reportFault(`index of ${job.probeId}`, fault);
      }
    });
    await this.#finishForgetting();
  }

  /** Plans as far as the results allow: the next stage, or the end. May be called at any time. */
  #advance(): Promise<void> {
    this.#planning ??= this.#planStage().finally(() => {
      this.#planning = undefined;
    });
    return this.#planning;
  }

  async #planStage(): Promise<void> {
    const job = this.#tables.job();
    if (job === undefined || !isActive(job)) return;
    const { cells, done } = this.#tables.countCells();
    if (done < cells) return;
    const next = await planNext(this.#deps, this.#tables, job);
    const isEnd = this.#change(() => {
      // It may have ended, or been planned by another call, while it was planned here.
      const now = this.#tables.job();
      if (now?.stages !== job.stages || !isActive(now)) return false;
      switch (next.kind) {
        case "fault":
          this.#tables.setPlanFaults(next.planFaults);
          return false;
        case "failed":
          this.#end("failed", next.failure);
          return true;
        case "finished":
          this.#succeed(next.answer, next.digest);
          return true;
        case "stage":
          this.#tables.beginStage(next.name, next.cells);
          appendProgress(this.#tables, now, next.name);
          return false;
      }
    });
    if (isEnd) return this.#settle();
    this.#listeners.notify();
    await sendUnsent(this.#deps, this.#tables);
  }

  async #failRun(run: number, failure: JobFailure): Promise<void> {
    const job = this.#tables.job();
    if (job?.run !== run || !isActive(job)) return;
    this.#change(() => this.#end("failed", failure));
    await this.#settle();
  }

  /** After the end: what waits for it, what it no longer needs, the index, the time at which it is forgotten. */
  async #settle(): Promise<void> {
    this.#listeners.notify();
    await this.#publish();
    await this.#setAlarm();
    await this.#deps.checkpoints.remove(this.#checkpoints());
  }

  #checkpoints(): readonly string[] {
    return this.#tables.job() === undefined ? [] : this.#tables.checkpoints();
  }

  #succeed(answer: string, digest: string): void {
    this.#tables.succeed(answer, digest, this.#deps.nowMs());
    this.#tables.append("result", {});
  }

  #end(status: "failed" | "cancelled", failure?: JobFailure): void {
    this.#tables.end(status, failure, this.#deps.nowMs());
    const view = viewOf(this.#tables, this.#required());
    this.#tables.append("failed", view.kind === "job" ? view.job : {});
  }

  #change<T>(change: () => T): T {
    return this.#deps.storage.transactionSync(change);
  }

  /** A change that may show that the job has failed; `#settle` has to follow it. */
  #changeOrFail(change: () => CellOutcome): CellOutcome {
    return this.#change(() => {
      const outcome = change();
      if (outcome.kind === "job-failed") this.#end("failed", outcome.failure);
      return outcome;
    });
  }

  #required(): JobRow {
    const job = this.#tables.job();
    if (job === undefined) throw new Error("there is no job");
    return job;
  }
}
