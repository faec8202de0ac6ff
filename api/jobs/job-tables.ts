import type { JobFailure } from "../../schemas/probes/job.ts";
import type { CellSpec } from "../probe/cell.ts";
import type { JobStorage, SqlRow } from "./job-ports.ts";
import type { JobName } from "./object-name.ts";

type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface JobRow extends JobName {
  readonly status: JobStatus;
  /** The plan as JSON. */
  readonly plan: string;
  /** Number of stages that have been planned. */
  readonly stages: number;
  readonly stageName: string;
  readonly createdMs: number;
  /** 0 until it ends. */
  readonly endedMs: number;
  readonly failure: JobFailure | undefined;
  readonly digest: string;
  /** Whether the index still has to learn the status. */
  readonly indexDirty: boolean;
  /** FLOPs at the last progress event. */
  readonly toldFlops: number;
  /** Attempts at planning that failed. */
  readonly planFaults: number;
}

export interface CellRow {
  readonly number: number;
  readonly stage: number;
  readonly spec: CellSpec;
  readonly state: "queued" | "leased" | "done";
  readonly attempts: number;
  readonly holder: string;
  readonly leaseMs: number;
  readonly sentMs: number;
  readonly sends: number;
  readonly flops: number;
  /** Key of the checkpoint; empty when there is none. */
  readonly checkpoint: string;
  readonly digest: string;
}

interface EventRow {
  readonly sequence: number;
  readonly event: string;
  /** JSON. */
  readonly data: string;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY CHECK (id = 1), probeId TEXT NOT NULL, run INTEGER NOT NULL, status TEXT NOT NULL,
    plan TEXT NOT NULL, stages INTEGER NOT NULL, stageName TEXT NOT NULL, createdMs INTEGER NOT NULL,
    endedMs INTEGER NOT NULL, failure TEXT NOT NULL, digest TEXT NOT NULL, indexDirty INTEGER NOT NULL,
    toldFlops REAL NOT NULL, planFaults INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS cells (
    number INTEGER PRIMARY KEY, stage INTEGER NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, holder TEXT NOT NULL, leaseMs INTEGER NOT NULL, sentMs INTEGER NOT NULL,
    sends INTEGER NOT NULL, flops REAL NOT NULL, loss REAL, checkpoint TEXT NOT NULL, digest TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS texts (
    name TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, part))`,
  `CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY, event TEXT NOT NULL, data TEXT NOT NULL)`,
] as const;

// A row takes two million bytes; a character at most three.
const PART_CHARACTERS = 500_000;
// The events of a run are numbered from a thousand times its own number, which counts milliseconds: no run tells as much
// as a thousand events a millisecond, so the events of a later run always have higher numbers.
const EVENTS_PER_RUN_NUMBER = 1000;
const FORGOTTEN = "forgotten";
const ANSWER = "answer";
const REQUEST = "request";

/** The tables of one job, and every query on them. */
export class JobTables {
  readonly #storage: JobStorage;
  #made = false;

  constructor(storage: JobStorage) {
    this.#storage = storage;
  }

  /** The job, if there is one. Reading creates no table: an id that nobody uses must leave nothing behind. */
  job(): JobRow | undefined {
    const row = this.#jobRow();
    if (row === undefined || row["status"] === FORGOTTEN) return undefined;
    const { failure, indexDirty, ...rest } = row;
    return {
      ...(rest as unknown as JobRow),
      failure: failure === "" ? undefined : (JSON.parse(String(failure)) as JobFailure),
      indexDirty: indexDirty === 1,
    };
  }

  /** The job while it is being forgotten. */
  forgotten(): JobName | undefined {
    const row = this.#jobRow();
    return row?.["status"] === FORGOTTEN ? (row as unknown as JobName) : undefined;
  }

  /** Begins the job. There must be none. */
  begin({ probeId, run }: JobName, request: string, plan: string, nowMs: number): void {
    for (const table of TABLES) this.#rows(table);
    this.#made = true;
    this.#rows(
      "INSERT INTO job VALUES (1, ?, ?, 'queued', ?, 0, '', ?, 0, '', '', 1, 0, 0)",
      ...[probeId, run, plan, nowMs],
    );
    this.#putText(REQUEST, request);
  }

  /** From now on there is no job; the storage can be wiped at any later time. */
  forget(): void {
    this.#rows("UPDATE job SET status = ?", FORGOTTEN);
  }

  /** After the storage was wiped. */
  wiped(): void {
    this.#made = false;
  }

  succeed(answer: string, digest: string, nowMs: number): void {
    this.#putText(ANSWER, answer);
    this.#rows(
      "UPDATE job SET status = 'succeeded', endedMs = ?, digest = ?, indexDirty = 1",
      ...[nowMs, digest],
    );
  }

  end(status: "failed" | "cancelled", failure: JobFailure | undefined, nowMs: number): void {
    this.#rows(
      "UPDATE job SET status = ?, endedMs = ?, failure = ?, indexDirty = 1",
      ...[status, nowMs, failure === undefined ? "" : JSON.stringify(failure)],
    );
  }

  setRunning(): void {
    this.#rows("UPDATE job SET status = 'running', indexDirty = 1 WHERE status = 'queued'");
  }

  beginStage(name: string, specs: readonly CellSpec[]): void {
    const { stages = 0 } = this.job() ?? {};
    const first = this.countCells().cells;
    for (const [at, spec] of specs.entries()) {
      this.#rows(
        "INSERT INTO cells VALUES (?, ?, ?, 'queued', 0, '', 0, 0, 0, 0, NULL, '', '')",
        ...[first + at, stages, JSON.stringify(spec)],
      );
    }
    this.#rows("UPDATE job SET stages = stages + 1, stageName = ?, planFaults = 0", name);
  }

  setPlanFaults(planFaults: number): void {
    this.#rows("UPDATE job SET planFaults = ?", planFaults);
  }

  setToldFlops(flops: number): void {
    this.#rows("UPDATE job SET toldFlops = ?", flops);
  }

  /** The index has to learn the status again. */
  setIndexDirty(): void {
    this.#rows("UPDATE job SET indexDirty = 1");
  }

  /** The index knows this status; a later one leaves it dirty. */
  setIndexed(status: JobStatus): void {
    this.#rows("UPDATE job SET indexDirty = 0 WHERE status = ?", status);
  }

  cell(number: number): CellRow | undefined {
    return this.#cells("number = ?", number)[0];
  }

  cells(): CellRow[] {
    return this.#cells("1");
  }

  cellsOfStage(stage: number): CellRow[] {
    return this.#cells("stage = ?", stage);
  }

  nextQueued(): CellRow | undefined {
    return this.#cells("state = 'queued'", { limit: 1 })[0];
  }

  queued(): CellRow[] {
    return this.#cells("state = 'queued'");
  }

  leased(): CellRow[] {
    return this.#cells("state = 'leased'");
  }

  /** Queued cells for which no message is under way. */
  unsent(): CellRow[] {
    return this.#cells("state = 'queued' AND (sends = 0 OR sentMs = 0)");
  }

  checkpoints(): string[] {
    return this.#cells("checkpoint <> ''").map(({ checkpoint }) => checkpoint);
  }

  updateCell(number: number, change: Partial<Omit<CellRow, "spec">> & { loss?: number }): void {
    const columns = Object.keys(change).map((name) => `${name} = ?`);
    const values = Object.values(change);
    this.#rows(`UPDATE cells SET ${columns.join(", ")} WHERE number = ?`, ...values, number);
  }

  countCells(): { readonly cells: number; readonly done: number; readonly flops: number } {
    const [row] = this.#rows(
      "SELECT COUNT(*) AS cells, COALESCE(SUM(state = 'done'), 0) AS done, COALESCE(SUM(flops), 0) AS flops FROM cells",
    );
    return row as unknown as { cells: number; done: number; flops: number };
  }

  /** Last known validation losses of the cells that are running. */
  losses(): { readonly cellId: string; readonly loss: number }[] {
    return this.#rows(
      "SELECT spec, loss FROM cells WHERE state = 'leased' AND loss IS NOT NULL",
    ).map(({ spec, loss }) => ({
      cellId: (JSON.parse(String(spec)) as CellSpec).id,
      loss: Number(loss),
    }));
  }

  request(): string {
    return this.#text(REQUEST) ?? "";
  }

  answer(): string {
    return this.#text(ANSWER) ?? "";
  }

  putResult(number: number, result: string): void {
    this.#putText(`result:${number}`, result);
  }

  result(number: number): string {
    return this.#text(`result:${number}`) ?? "";
  }

  /** Why the last attempt at a cell failed. */
  putFault(number: number, detail: string): void {
    this.#putText(`fault:${number}`, detail);
  }

  fault(number: number): string | undefined {
    return this.#text(`fault:${number}`);
  }

  append(event: string, data: object): void {
    this.#rows(
      `INSERT INTO events SELECT COALESCE(
        (SELECT MAX(sequence) FROM events), (SELECT run FROM job) * ${EVENTS_PER_RUN_NUMBER}) + 1, ?, ?`,
      ...[event, JSON.stringify(data)],
    );
  }

  /** At most `most` events after a sequence number, all from the first if no event has that number or a higher one. */
  eventsAfter(sequence: number, most: number): EventRow[] {
    const [last] = this.#rows("SELECT MAX(sequence) AS sequence FROM events");
    const after = sequence > Number(last?.["sequence"] ?? 0) ? 0 : sequence;
    const rows = this.#rows(
      "SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
      ...[after, most],
    );
    return rows.map((row) => {
      const event = row as unknown as EventRow;
      // The answer is stored once.
      return event.event === "result" ? { ...event, data: this.answer() } : event;
    });
  }

  #jobRow(): SqlRow | undefined {
    this.#made ||=
      this.#rows("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'job'")
        .length > 0;
    return this.#made ? this.#rows("SELECT * FROM job")[0] : undefined;
  }

  /** In the order of their numbers. */
  #cells(where: string, value?: number | { readonly limit: number }): CellRow[] {
    const limit = typeof value === "object" ? `LIMIT ${value.limit}` : "";
    const rows = this.#rows(
      `SELECT * FROM cells WHERE ${where} ORDER BY number ${limit}`,
      ...(typeof value === "number" ? [value] : []),
    );
    return rows.map((row) => ({
      ...(row as unknown as CellRow),
      spec: JSON.parse(String(row["spec"])) as CellSpec,
    }));
  }

  #putText(name: string, text: string): void {
    this.#rows("DELETE FROM texts WHERE name = ?", name);
    for (const [part, piece] of piecesOf(text).entries()) {
      this.#rows("INSERT INTO texts VALUES (?, ?, ?)", name, part, piece);
    }
  }

  #text(name: string): string | undefined {
    const rows = this.#rows("SELECT text FROM texts WHERE name = ? ORDER BY part", name);
    return rows.length === 0 ? undefined : rows.map(({ text }) => text).join("");
  }

  #rows(query: string, ...bindings: (string | number | null)[]): SqlRow[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}

/** Never cut between the two halves of one character. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  do {
    let to = from + PART_CHARACTERS;
    if (isHighSurrogate(text.charCodeAt(to - 1))) to -= 1;
    pieces.push(text.slice(from, to));
    from = to;
  } while (from < text.length);
  return pieces;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
