import type { ProbePlan } from "../../schemas/probes/answer.ts";
import type { JobFailure } from "../../schemas/probes/job.ts";
import { decodeCellResult } from "../probe/cell-codec.ts";
import type { FinishedProbe } from "../probe/run-probe.ts";
import type { JobStart, JobView } from "../services/probes/jobs.ts";
import { DAY_MS } from "../services/shared/durations.ts";
import { MODEL_VERSION } from "../services/shared/model-version.ts";
import type { JobIndex } from "./job-index.ts";
import type { JobLimits } from "./job-limits.ts";
import type { CellMessage, CheckpointStore, JobStorage } from "./job-ports.ts";
import { ANSWER, type CellRow, type JobRow, JobTables, REQUEST } from "./job-tables.ts";
import { planOf, viewOf } from "./job-view.ts";
import { DatasetGone, type OpenProbes } from "./open-probes.ts";

export interface JobDeps {
  readonly storage: JobStorage;
  readonly limits: JobLimits;
  readonly nowMs: () => number;
  readonly send: (messages: readonly CellMessage[]) => Promise<void>;
  readonly index: JobIndex;
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

const PLAN_FAULTS = 5;
// While a job runs its alarm looks after lost messages and leases this often.
const WATCH_MS = 5_000;
// Progress events of a job that takes what was expected.
const PROGRESS_EVENTS = 500;

export function isActive(job: JobRow): boolean {
  return job.status === "queued" || job.status === "running";
}

/**
 * One probe as a job: its stages, its end, and what is told of it. Everything that can be seen is in the tables,
 * changed in one transaction a step; a process may end between any two steps and the alarm takes it from there.
 */
export class Job {
  readonly tables: JobTables;
  readonly #deps: JobDeps;
  readonly #listeners = new Set<() => void>();
  #planning: Promise<void> | undefined;

  constructor(deps: JobDeps) {
    this.#deps = deps;
    this.tables = new JobTables(deps.storage);
  }

  /** Begins the job, or finds it under way. The stages are planned by the alarm that follows at once. */
  async start({ request, plan, probeId }: JobStart): Promise<JobView> {
    const { storage } = this.#deps;
    const known = this.tables.job();
    if (known === undefined || !isActive(known)) {
      await this.#dropCheckpoints();
      const nowMs = this.#deps.nowMs();
      storage.transactionSync(() => {
        // Later than the run before it, whatever the clock says.
        const run = Math.max(nowMs, (known?.run ?? 0) + 1);
        this.tables.begin(probeId, run, plan, nowMs);
        this.tables.putText(REQUEST, request);
        this.#tellProgress("queued");
      });
      await storage.setAlarm(nowMs);
      await this.updateIndex();
    }
    return viewOf(this.tables, this.#required());
  }

  /** Keeps the answer of a probe that ran inside a request. A job under way comes to the same end itself. */
  async keep({ request, plan, probeId }: JobStart, answer: string, digest: string): Promise<void> {
    const { storage, nowMs } = this.#deps;
    const known = this.tables.job();
    if (known !== undefined && isActive(known)) return;
    await this.#dropCheckpoints();
    storage.transactionSync(() => {
      this.tables.begin(probeId, Math.max(nowMs(), (known?.run ?? 0) + 1), plan, nowMs());
      this.tables.putText(REQUEST, request);
      this.#succeed(answer, digest);
    });
    await this.#settle();
  }

  view(): JobView | undefined {
    const job = this.tables.job();
    return job === undefined ? undefined : viewOf(this.tables, job);
  }

  /** Plans as far as the results allow: the next stage, or the end. Safe to call at any time. */
  advance(): Promise<void> {
    this.#planning ??= this.#advance().finally(() => {
      this.#planning = undefined;
    });
    return this.#planning;
  }

  /** Ends the job without a result; nothing happens to one that has ended otherwise. */
  async end(status: "failed" | "cancelled", failure?: JobFailure): Promise<void> {
    const ended = this.#deps.storage.transactionSync(() => {
      const job = this.tables.job();
      if (job === undefined || !isActive(job)) return false;
      this.endNow(status, failure);
      return true;
    });
    if (ended) await this.#settle();
  }

  /** The same inside a transaction; `afterEnd` must follow it. */
  endNow(status: "failed" | "cancelled", failure?: JobFailure): void {
    this.tables.update({ status, endedMs: this.#deps.nowMs(), ...(failure && { failure }) });
    const view = viewOf(this.tables, this.#required());
    this.tables.append("failed", view.kind === "job" ? view.job : {});
  }

  afterEnd(): Promise<void> {
    return this.#settle();
  }

  /** Cancels a job under way; forgets one that has ended. */
  async remove(): Promise<JobView | "removed" | undefined> {
    const job = this.tables.job();
    if (job === undefined) return undefined;
    if (isActive(job)) {
      await this.end("cancelled");
      // It may have come to its end just before.
      if (this.tables.job()?.status === "cancelled") return this.view();
    }
    await this.forget();
    return "removed";
  }

  async forget(): Promise<void> {
    const job = this.tables.job();
    if (job === undefined) return;
    await this.#dropCheckpoints();
    await this.#deps.index.remove(job.probeId);
    this.tables.forget();
    await this.#deps.storage.deleteAll();
    this.notify();
  }

  /** Writes the status to the index; what fails is tried again by the alarm. */
  async updateIndex(): Promise<void> {
    const job = this.tables.job();
    if (job?.indexDirty !== true) return;
    const { experiment, flops } = planOf(job);
    try {
      await this.#deps.index.put({
        probeId: job.probeId,
        experiment,
        status: job.status,
        createdMs: job.createdMs,
        endedMs: job.endedMs,
        expectedFlops: flops.expected,
        doneFlops: this.tables.countCells().flops,
      });
      // Forgotten while the row was written: it must not stay in the index.
      if (this.tables.job() === undefined) await this.#deps.index.remove(job.probeId);
      else this.tables.indexed(job.status);
    } catch (fault) {
      this.#deps.reportFault(`index of ${job.probeId}`, fault);
    }
  }

  /** When the alarm is due next. */
  async setAlarm(): Promise<void> {
    const { storage, limits, nowMs } = this.#deps;
    const job = this.tables.job();
    if (job === undefined) return;
    const kept = job.endedMs + limits.jobRetentionDays * DAY_MS;
    const soon = isActive(job) || job.indexDirty;
    await storage.setAlarm(soon ? nowMs() + WATCH_MS : kept);
  }

  /** A progress event, when enough has been done since the last one. */
  tellProgress(): void {
    const job = this.#required();
    const { flops } = this.tables.countCells();
    if (flops - job.toldFlops >= planOf(job).flops.expected / PROGRESS_EVENTS) {
      this.#tellProgress(job.stageName);
    }
  }

  /** Calls back once, at the next event. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  #tellProgress(stage: string): void {
    const { flops } = planOf(this.#required());
    const { cells, done, flops: flopsDone } = this.tables.countCells();
    const losses = this.tables.losses();
    this.tables.append("progress", {
      stage,
      flopsDone,
      flopsExpected: flops.expected,
      cellsDone: done,
      cells,
      ...(losses.length > 0 && { losses }),
    });
    this.tables.update({ toldFlops: flopsDone });
  }

  async #advance(): Promise<void> {
    const job = this.tables.job();
    if (job === undefined || !isActive(job)) return;
    const { cells, done } = this.tables.countCells();
    if (done < cells) return;
    if (planOf(job).modelVersion !== MODEL_VERSION) {
      const detail = `begun by ${planOf(job).modelVersion}; ${MODEL_VERSION} runs here`;
      await this.end("failed", { code: "model-version-changed", detail });
      return;
    }
    try {
      await this.#plan(job);
    } catch (fault) {
      // Cancelled or forgotten meanwhile: there is nothing left to plan.
      if (this.#isStill(job)) await this.#planFault(job, fault);
    }
  }

  async #plan(job: JobRow): Promise<void> {
    const { probes, answerText, storage, limits } = this.#deps;
    const walk = await probes.walk(job.probeId, this.tables.text(REQUEST) ?? "");
    const next = walk.next(job.stages, (stage) =>
      this.tables
        .cells("stage = ?", stage)
        .map(({ number }) => decodeCellResult(this.tables.text(resultName(number)) ?? "")),
    );
    if (next.kind === "finished") {
      const cells = this.tables.cells().map(({ spec, digest }) => ({ id: spec.id, digest }));
      const { text, digest } = await answerText(next.finished, cells, planOf(job));
      const ended = storage.transactionSync(() => {
        if (!this.#isStill(job)) return false;
        this.#succeed(text, digest);
        return true;
      });
      if (ended) await this.#settle();
      return;
    }
    const { name, cells } = next.stage;
    if (this.tables.countCells().cells + cells.length > limits.jobCells) {
      const detail = `more than ${limits.jobCells} cells`;
      await this.end("failed", { code: "too-many-cells", detail });
      return;
    }
    storage.transactionSync(() => {
      if (!this.#isStill(job)) return;
      this.tables.addCells(job.stages, cells);
      this.tables.update({ stages: job.stages + 1, stageName: name, planFaults: 0 });
      this.#tellProgress(name);
    });
    this.notify();
    await this.sendQueued("sends = 0");
  }

  /** Sends a message for each queued cell that the condition names. */
  async sendQueued(where: string): Promise<void> {
    const job = this.tables.job();
    if (job === undefined || !isActive(job)) return;
    const queued = this.tables.cells(`state = 'queued' AND (${where})`);
    if (queued.length === 0) return;
    const nowMs = this.#deps.nowMs();
    const { probeId, run } = job;
    await this.#deps.send(queued.map(({ number }) => ({ probeId, number, run })));
    this.#deps.storage.transactionSync(() => {
      for (const { number, sends } of queued) {
        this.tables.updateCell(number, { sends: sends + 1, sentMs: nowMs });
      }
    });
  }

  async #planFault(job: JobRow, fault: unknown): Promise<void> {
    if (fault instanceof DatasetGone) {
      await this.end("failed", { code: "dataset-deleted", detail: fault.message });
      return;
    }
    this.#deps.reportFault(`plan of ${job.probeId}`, fault);
    const planFaults = job.planFaults + 1;
    this.tables.update({ planFaults });
    if (planFaults < PLAN_FAULTS) return;
    const detail = fault instanceof Error ? fault.message : String(fault);
    await this.end("failed", { code: "planning-failed", detail });
  }

  #isStill(job: JobRow): boolean {
    const now = this.tables.job();
    return now?.run === job.run && now.stages === job.stages && isActive(now);
  }

  #succeed(answer: string, digest: string): void {
    this.tables.putText(ANSWER, answer);
    this.tables.update({ status: "succeeded", endedMs: this.#deps.nowMs(), digest });
    this.tables.append("result", {});
  }

  async #settle(): Promise<void> {
    this.notify();
    await this.#dropCheckpoints();
    await this.updateIndex();
    await this.setAlarm();
  }

  async #dropCheckpoints(): Promise<void> {
    if (this.tables.job() === undefined) return;
    const kept = this.tables.cells("checkpoint <> ''");
    await this.#deps.checkpoints.remove(kept.map(({ checkpoint }) => checkpoint));
  }

  #required(): JobRow {
    const job = this.tables.job();
    if (job === undefined) throw new Error("there is no job");
    return job;
  }
}

export function resultName(number: CellRow["number"]): string {
  return `result:${number}`;
}
