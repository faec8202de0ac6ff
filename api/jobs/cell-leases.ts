import type { JobFailure } from "../../schemas/probes/job.ts";
import type { CellSpec } from "../probe/cell.ts";
import type { CellRow, JobRow, JobTables } from "./job-tables.ts";
import { isActive } from "./job-view.ts";

/** The answer to a runner that asks for a cell. */
export type Claim =
  /** Nothing to do: every cell is done or held by others, or the job has ended. */
  | { readonly kind: "none" }
  | {
      readonly kind: "run";
      readonly number: number;
      readonly spec: CellSpec;
      /** Key of the checkpoint to continue from; empty at the start. */
      readonly checkpoint: string;
    };

/** A cell in the hands of a runner. */
export interface HeldCell {
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
  /** For the event: what ran and how it went. */
  readonly told: object;
}

/** What a report or a failed attempt leads to. */
export type CellOutcome =
  /** The job or the cell is no longer the reporter's: nothing has changed. */
  | { readonly kind: "ignored" }
  | { readonly kind: "accepted"; readonly checkpoint: string }
  | { readonly kind: "job-failed"; readonly failure: JobFailure };

const NONE: Claim = { kind: "none" };
const IGNORED: CellOutcome = { kind: "ignored" };
// The queue gives up earlier: this is for cells whose runners vanish without reporting.
const MOST_ATTEMPTS = 8;
// After a restart the runners may be gone; those that still run send a heartbeat within this time.
const RESTART_GRACE_MS = 3_000;
const FIRST_RESEND_MS = 15_000;
const LONGEST_RESEND_MS = 600_000;

/**
 * Who runs which cell of a job. Every method is one synchronous change of the tables, to be called inside a
 * transaction.
 */
export class CellLeases {
  readonly #tables: JobTables;
  readonly #nowMs: () => number;
  readonly #leaseMs: number;

  constructor(tables: JobTables, nowMs: () => number, leaseSeconds: number) {
    this.#tables = tables;
    this.#nowMs = nowMs;
    this.#leaseMs = 1000 * leaseSeconds;
  }

  /** Leases the cell to the holder; if it is done or another holds it, the next that is free. */
  claim(held: HeldCell): Claim {
    const cell = this.#heldBy(held);
    return cell === undefined ? this.claimNext(held) : this.#lease(cell, held.holder);
  }

  claimNext({ run, holder }: Pick<HeldCell, "run" | "holder">): Claim {
    if (this.#activeJob(run) === undefined) return NONE;
    const cell = this.#tables.nextQueued();
    return cell === undefined ? NONE : this.#lease(cell, holder);
  }

  /** Renews the lease. False: the cell is no longer the holder's. */
  renew(held: HeldCell, flops: number, loss: number | undefined): boolean {
    const cell = this.#heldBy(held);
    if (cell === undefined) return false;
    this.#tables.updateCell(cell.number, {
      state: "leased",
      holder: held.holder,
      leaseMs: this.#nowMs() + this.#leaseMs,
      flops,
      ...(loss !== undefined && Number.isFinite(loss) && { loss }),
    });
    return true;
  }

  /** Frees a cell that was cut at a checkpoint; `checkpoint` of the outcome is the one it had before. */
  cut(held: HeldCell, checkpoint: string, flops: number): CellOutcome {
    const cell = this.#heldBy(held);
    if (cell === undefined) return IGNORED;
    this.#release(cell, { checkpoint, flops, attempts: 0, sends: 0 });
    return { kind: "accepted", checkpoint: cell.checkpoint };
  }

  /** Takes a result: the first one counts, a later one must have the same digest. */
  accept({ run, number }: Pick<HeldCell, "run" | "number">, report: CellReport): CellOutcome {
    const job = this.#tables.job();
    const cell = job?.run === run ? this.#tables.cell(number) : undefined;
    if (job === undefined || cell === undefined) return IGNORED;
    if (cell.state === "done") return doneTwice(job, cell, report);
    if (!isActive(job)) return IGNORED;
    const { result, digest, flops, told } = report;
    this.#tables.updateCell(number, { state: "done", digest, flops, holder: "", checkpoint: "" });
    this.#tables.putResult(number, result);
    const { cells, done } = this.#tables.countCells();
    this.#tables.append("cell", { ...told, stage: job.stageName, cellsDone: done, cells });
    return { kind: "accepted", checkpoint: cell.checkpoint };
  }

  /** An attempt threw. The cell waits for the next delivery of its message, or with `resend` for a new message. */
  fail(held: HeldCell, detail: string, resend: boolean): CellOutcome {
    const cell = this.#heldBy(held);
    if (cell === undefined) return IGNORED;
    this.#tables.putFault(cell.number, detail);
    return this.#countAttempt(cell, resend ? { sends: 0 } : {});
  }

  /**
   * Frees the cells whose leases ran out, and lets overdue messages be sent again.
   *
   * @param restarted - the process may be new: messages may be lost and runners gone.
   */
  recover(restarted: boolean): CellOutcome {
    const now = this.#nowMs();
    for (const cell of this.#tables.leased()) {
      if (cell.leaseMs <= now) {
        const outcome = this.#countAttempt(cell, { sends: 0 });
        if (outcome.kind === "job-failed") return outcome;
      } else if (restarted && cell.leaseMs > now + RESTART_GRACE_MS) {
        this.#tables.updateCell(cell.number, { leaseMs: now + RESTART_GRACE_MS });
      }
    }
    for (const cell of this.#tables.queued()) {
      // A second message does no harm.
      if (restarted || isOverdue(cell, now)) this.#tables.updateCell(cell.number, { sentMs: 0 });
    }
    return { kind: "accepted", checkpoint: "" };
  }

  #countAttempt(cell: CellRow, change: { readonly sends?: number }): CellOutcome {
    const attempts = cell.attempts + 1;
    this.#release(cell, { attempts, ...change });
    if (attempts < MOST_ATTEMPTS) return { kind: "accepted", checkpoint: "" };
    const fault = this.#tables.fault(cell.number);
    const failure: JobFailure = {
      code: fault === undefined ? "cell-lost" : "cell-failed",
      detail: fault ?? `${attempts} runners stopped without reporting`,
      cellId: cell.spec.id,
    };
    return { kind: "job-failed", failure };
  }

  #release(cell: CellRow, change: Partial<Omit<CellRow, "spec">>): void {
    this.#tables.updateCell(cell.number, { state: "queued", holder: "", leaseMs: 0, ...change });
  }

  #lease(cell: CellRow, holder: string): Claim {
    const { number, spec, checkpoint } = cell;
    const leaseMs = this.#nowMs() + this.#leaseMs;
    this.#tables.updateCell(number, { state: "leased", holder, leaseMs });
    this.#tables.setRunning();
    return { kind: "run", number, spec, checkpoint };
  }

  #activeJob(run: number): JobRow | undefined {
    const job = this.#tables.job();
    return job?.run === run && isActive(job) ? job : undefined;
  }

  /** The cell, if it still has to run and nobody else holds it. */
  #heldBy({ run, number, holder }: HeldCell): CellRow | undefined {
    if (this.#activeJob(run) === undefined) return undefined;
    const cell = this.#tables.cell(number);
    if (cell === undefined || cell.state === "done") return undefined;
    const isHeldByAnother =
      cell.state === "leased" && cell.holder !== holder && cell.leaseMs > this.#nowMs();
    return isHeldByAnother ? undefined : cell;
  }
}

function doneTwice(job: JobRow, cell: CellRow, { digest }: CellReport): CellOutcome {
  if (cell.digest === digest || job.status === "failed") return IGNORED;
  const detail = `two runs of the cell gave ${cell.digest} and ${digest}`;
  return {
    kind: "job-failed",
    failure: { code: "nondeterministic-cell", detail, cellId: cell.spec.id },
  };
}

/** Whether a queued cell's message should have arrived; the wait doubles with every message. */
function isOverdue({ sends, sentMs }: CellRow, nowMs: number): boolean {
  const waitMs = Math.min(FIRST_RESEND_MS * 2 ** (sends - 1), LONGEST_RESEND_MS);
  return sends > 0 && nowMs - sentMs > waitMs;
}
