import type { CellSpec } from "../probe/cell.ts";
import { isActive, type Job, type JobDeps, resultName } from "./job.ts";
import { type CellRow, REQUEST } from "./job-tables.ts";

/** What a runner is told when it asks for a cell. */
export type Claim =
  /** Nothing to do: the cell is done, held by another, or its job has ended. */
  | { readonly kind: "none" }
  | {
      readonly kind: "run";
      readonly number: number;
      readonly spec: CellSpec;
      /** Hash of the checkpoint to go on from; empty at the start. */
      readonly checkpoint: string;
    };

/** A cell in the hands of a runner. */
export interface Held {
  readonly run: number;
  readonly number: number;
  /** Names the runner. */
  readonly holder: string;
}

export interface CellReport {
  /** As `encodeCellResult` writes it. */
  readonly result: string;
  readonly digest: string;
  readonly flops: number;
  /** For the event: what was run and how it went. */
  readonly told: object;
}

const NONE: Claim = { kind: "none" };
// The queue gives up earlier: this is for cells whose runners vanish without a word.
const MOST_ATTEMPTS = 8;
// After a restart the runners may be gone; those that are not are heard of within this.
const RESTART_GRACE_MS = 3_000;
const FIRST_RESEND_MS = 15_000;
const LONGEST_RESEND_MS = 600_000;

/** Hands the cells of a job out and takes their results in. */
export class JobCells {
  readonly #job: Job;
  readonly #deps: JobDeps;
  #watched = false;

  constructor(job: Job, deps: JobDeps) {
    this.#job = job;
    this.#deps = deps;
  }

  /** The request, for a runner that does not have it yet. */
  request(run: number): string | undefined {
    const job = this.#job.tables.job();
    return job?.run === run && isActive(job) ? this.#job.tables.text(REQUEST) : undefined;
  }

  /** Gives the cell to the holder for the time of a lease; in place of one that is done or held, the next that is not. */
  async claim(held: Held): Promise<Claim> {
    const { storage } = this.#deps;
    const claim = storage.transactionSync(() => {
      const cell = this.#cellOf(held);
      return cell === undefined || this.#isHeldByAnother(cell, held.holder)
        ? this.#leaseNext(held)
        : this.#lease(cell, held.holder);
    });
    if (claim.kind === "run") await this.#job.updateIndex();
    return claim;
  }

  /** The next cell that nobody runs. */
  claimNext(run: number, holder: string): Claim {
    return this.#deps.storage.transactionSync(() => this.#leaseNext({ run, holder }));
  }

  #leaseNext({ run, holder }: Pick<Held, "run" | "holder">): Claim {
    const job = this.#job.tables.job();
    if (job?.run !== run || !isActive(job)) return NONE;
    const [cell] = this.#job.tables.cells("state = 'queued'");
    return cell === undefined ? NONE : this.#lease(cell, holder);
  }

  /** Renews the lease. False: stop, the cell is not yours any more. */
  heartbeat(held: Held, flops: number, loss: number | undefined): boolean {
    const { storage } = this.#deps;
    const goesOn = storage.transactionSync(() => {
      const cell = this.#cellOf(held);
      if (cell === undefined || this.#isHeldByAnother(cell, held.holder)) return false;
      const lost = loss !== undefined && Number.isFinite(loss) ? { loss } : {};
      const { holder } = held;
      const lease = { state: "leased" as const, holder, leaseMs: this.#leaseEnd() };
      this.#job.tables.updateCell(cell.number, { ...lease, flops, ...lost });
      this.#job.tellProgress();
      return true;
    });
    this.#job.notify();
    return goesOn;
  }

  /** The runner has saved the cell and leaves the rest to whoever takes the next message. */
  async checkpointed(held: Held, checkpoint: string, flops: number): Promise<void> {
    const { storage, checkpoints } = this.#deps;
    let old = "";
    const taken = storage.transactionSync(() => {
      const cell = this.#cellOf(held);
      if (cell === undefined || this.#isHeldByAnother(cell, held.holder)) return false;
      old = cell.checkpoint;
      this.#release(cell, { checkpoint, flops, attempts: 0, sends: 0 });
      this.#job.tellProgress();
      return true;
    });
    if (!taken) return;
    if (old !== "" && old !== checkpoint) await checkpoints.remove([old]);
    await this.#job.sendQueued("sends = 0");
  }

  /** Takes a result in: the first one counts, a later one must have the same digest. False: the job has ended. */
  async report(held: Pick<Held, "run" | "number">, report: CellReport): Promise<boolean> {
    const { storage, checkpoints } = this.#deps;
    const outcome = storage.transactionSync(() => this.#take(held, report));
    if (outcome === "ended") await this.#job.afterEnd();
    if (typeof outcome === "object") {
      this.#job.notify();
      if (outcome.checkpoint !== "") await checkpoints.remove([outcome.checkpoint]);
      await this.#job.advance();
    }
    const job = this.#job.tables.job();
    return job?.run === held.run && isActive(job);
  }

  /** An attempt threw. The cell waits for the message's next delivery, or for a new message. */
  async fault(held: Held, detail: string, resend: boolean): Promise<void> {
    const gone = this.#deps.storage.transactionSync(() => {
      const cell = this.#cellOf(held);
      if (cell === undefined || this.#isHeldByAnother(cell, held.holder)) return false;
      this.#job.tables.putText(faultName(cell.number), detail);
      return this.#attemptFailed(cell, resend ? { sends: 0 } : {});
    });
    if (gone) await this.#job.afterEnd();
    else if (resend) await this.#job.sendQueued("sends = 0");
  }

  /** The queue has given the cell up. */
  async abandon({ run, number }: Pick<Held, "run" | "number">): Promise<void> {
    const { tables } = this.#job;
    const job = tables.job();
    const cell = tables.cell(number);
    if (job?.run !== run || cell === undefined || cell.state === "done") return;
    const detail = tables.text(faultName(number)) ?? "no attempt was heard of again";
    await this.#job.end("failed", { code: "cell-failed", detail, cellId: cell.spec.id });
  }

  /** The data set that the job needs has been deleted. */
  async datasetGone(run: number, detail: string): Promise<void> {
    if (this.#job.tables.job()?.run !== run) return;
    await this.#job.end("failed", { code: "dataset-deleted", detail });
  }

  /** What the alarm does: leases that ran out, messages that were lost, the index, retention. */
  async watch(): Promise<void> {
    const { limits, nowMs } = this.#deps;
    const job = this.#job.tables.job();
    if (job === undefined) return;
    if (!isActive(job)) {
      if (nowMs() >= job.endedMs + limits.jobRetentionDays * 86_400_000) {
        await this.#job.forget();
        return;
      }
    } else if (nowMs() >= job.createdMs + limits.jobWallSeconds * 1000) {
      const detail = `not finished within ${limits.jobWallSeconds} s`;
      await this.#job.end("failed", { code: "wall-time", detail });
    } else {
      await this.#recover();
      await this.#job.advance();
    }
    await this.#job.updateIndex();
    await this.#job.setAlarm();
  }

  async #recover(): Promise<void> {
    const { tables } = this.#job;
    const now = this.#deps.nowMs();
    const woken = !this.#watched;
    this.#watched = true;
    const ended = this.#deps.storage.transactionSync(() => {
      const leased = tables.cells("state = 'leased'");
      const lost = leased.filter(({ leaseMs }) => leaseMs <= now);
      if (lost.some((cell) => this.#attemptFailed(cell, { sends: 0 }))) return true;
      if (woken) this.#shortenLeases(leased, now + RESTART_GRACE_MS);
      for (const cell of tables.cells("state = 'queued'")) {
        // Messages may have been lost with the process; a second one does no harm.
        if (woken || isOverdue(cell, now)) tables.updateCell(cell.number, { sentMs: 0 });
      }
      return false;
    });
    if (ended) await this.#job.afterEnd();
    await this.#job.sendQueued("sends = 0 OR sentMs = 0");
  }

  #shortenLeases(leased: readonly CellRow[], untilMs: number): void {
    for (const { number, leaseMs } of leased) {
      if (leaseMs > untilMs) this.#job.tables.updateCell(number, { leaseMs: untilMs });
    }
  }

  #take({ run, number }: Pick<Held, "run" | "number">, report: CellReport) {
    const { tables } = this.#job;
    const job = tables.job();
    const cell = tables.cell(number);
    if (job?.run !== run || cell === undefined) return "none";
    if (cell.state === "done") {
      if (cell.digest === report.digest || job.status === "failed") return "none";
      const detail = `two runs of the cell gave ${cell.digest} and ${report.digest}`;
      this.#job.endNow("failed", { code: "nondeterministic-cell", detail, cellId: cell.spec.id });
      return "ended";
    }
    if (!isActive(job)) return "none";
    const { result, digest, flops, told } = report;
    tables.updateCell(number, { state: "done", digest, flops, holder: "", checkpoint: "" });
    tables.putText(resultName(number), result);
    const { cells, done } = tables.countCells();
    tables.append("cell", { ...told, stage: job.stageName, cellsDone: done, cells });
    return cell;
  }

  /** @returns whether the job has ended with it. */
  #attemptFailed(cell: CellRow, change: { readonly sends?: number }): boolean {
    const attempts = cell.attempts + 1;
    this.#release(cell, { attempts, ...change });
    if (attempts < MOST_ATTEMPTS) return false;
    const { tables } = this.#job;
    const told = tables.text(faultName(cell.number));
    const code = told === undefined ? "cell-lost" : "cell-failed";
    const detail = told ?? `${attempts} runners were not heard of again`;
    this.#job.endNow("failed", { code, detail, cellId: cell.spec.id });
    return true;
  }

  #release(cell: CellRow, change: Partial<Omit<CellRow, "spec">>): void {
    this.#job.tables.updateCell(cell.number, {
      state: "queued",
      holder: "",
      leaseMs: 0,
      ...change,
    });
  }

  #lease(cell: CellRow, holder: string): Claim {
    const { tables } = this.#job;
    const { number, spec, checkpoint } = cell;
    tables.updateCell(number, { state: "leased", holder, leaseMs: this.#leaseEnd() });
    if (tables.job()?.status === "queued") tables.update({ status: "running" });
    return { kind: "run", number, spec, checkpoint };
  }

  #leaseEnd(): number {
    return this.#deps.nowMs() + 1000 * this.#deps.limits.jobLeaseSeconds;
  }

  /** The cell while it is still to be run. */
  #cellOf({ run, number }: Pick<Held, "run" | "number">): CellRow | undefined {
    const job = this.#job.tables.job();
    if (job?.run !== run || !isActive(job)) return undefined;
    const cell = this.#job.tables.cell(number);
    return cell?.state === "done" ? undefined : cell;
  }

  #isHeldByAnother(cell: CellRow, holder: string): boolean {
    return cell.state === "leased" && cell.holder !== holder && cell.leaseMs > this.#deps.nowMs();
  }
}

/** Whether a queued cell's message should have arrived long ago; each further message is waited for longer. */
function isOverdue({ sends, sentMs }: CellRow, nowMs: number): boolean {
  const waitMs = Math.min(FIRST_RESEND_MS * 2 ** (sends - 1), LONGEST_RESEND_MS);
  return sends > 0 && nowMs - sentMs > waitMs;
}

function faultName(number: number): string {
  return `fault:${number}`;
}
