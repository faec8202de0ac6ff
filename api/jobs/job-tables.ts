import type { JobFailure } from "../../schemas/probes/job.ts";
import type { CellSpec } from "../probe/cell.ts";
import type { JobStorage, SqlRow } from "./job-ports.ts";

export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface JobRow {
  readonly probeId: string;
  readonly run: number;
  readonly status: JobStatus;
  /** Of the plan, as JSON. */
  readonly plan: string;
  /** Number of stages that have been planned. */
  readonly stages: number;
  readonly stageName: string;
  readonly createdMs: number;
  readonly endedMs: number;
  readonly failure: JobFailure | undefined;
  readonly digest: string;
  /** Whether the index does not know the status yet. */
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
  readonly checkpoint: string;
  readonly digest: string;
}

export interface EventRow {
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
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, data TEXT NOT NULL)`,
] as const;

// A row takes two million bytes; a character at most three.
const PART_CHARACTERS = 500_000;

/** The answer of a succeeded job, which its last event shows too. */
export const ANSWER = "answer";
export const REQUEST = "request";

/** The tables of one job: what is known of it, and nothing about what follows from that. */
export class JobTables {
  readonly #storage: JobStorage;
  #made = false;

  constructor(storage: JobStorage) {
    this.#storage = storage;
  }

  /** The job, if there is one. Asking makes no table: an id that nobody uses must leave nothing behind. */
  job(): JobRow | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#rows("SELECT * FROM job");
    if (row === undefined) return undefined;
    const { failure, indexDirty, ...rest } = row;
    return {
      ...(rest as unknown as JobRow),
      failure: failure === "" ? undefined : (JSON.parse(String(failure)) as JobFailure),
      indexDirty: indexDirty === 1,
    };
  }

  /** Begins a job; one that was there is forgotten, but its events keep their numbers. */
  begin(probeId: string, run: number, plan: string, nowMs: number): void {
    for (const table of TABLES) this.#rows(table);
    this.#made = true;
    for (const table of ["job", "cells", "texts"]) this.#rows(`DELETE FROM ${table}`);
    this.#rows("DELETE FROM events");
    this.#rows(
      "INSERT INTO job VALUES (1, ?, ?, 'queued', ?, 0, '', ?, 0, '', '', 1, 0, 0)",
      probeId,
      run,
      plan,
      nowMs,
    );
  }

  /** Before the storage is wiped. */
  forget(): void {
    this.#made = false;
  }

  update(change: Partial<Omit<JobRow, "failure" | "indexDirty">> & { failure?: JobFailure }): void {
    const { failure, ...plain } = change;
    const values = { ...plain, ...(failure && { failure: JSON.stringify(failure) }) };
    for (const [name, value] of Object.entries(values)) {
      this.#rows(`UPDATE job SET ${name} = ?`, value);
    }
    if (change.status !== undefined) this.#rows("UPDATE job SET indexDirty = 1");
  }

  /** The index knows the status; a change since then leaves it dirty. */
  indexed(status: JobStatus): void {
    this.#rows("UPDATE job SET indexDirty = 0 WHERE status = ?", status);
  }

  addCells(stage: number, specs: readonly CellSpec[]): void {
    const first = this.countCells().cells;
    for (const [at, spec] of specs.entries()) {
      this.#rows(
        "INSERT INTO cells VALUES (?, ?, ?, 'queued', 0, '', 0, 0, 0, 0, NULL, '', '')",
        first + at,
        stage,
        JSON.stringify(spec),
      );
    }
  }

  cell(number: number): CellRow | undefined {
    return this.cells("number = ?", number)[0];
  }

  /** In the order of their numbers. */
  cells(where = "1", ...bindings: number[]): CellRow[] {
    const rows = this.#rows(`SELECT * FROM cells WHERE ${where} ORDER BY number`, ...bindings);
    return rows.map((row) => ({
      ...(row as unknown as CellRow),
      spec: JSON.parse(String(row["spec"])) as CellSpec,
    }));
  }

  updateCell(number: number, change: Partial<Omit<CellRow, "spec">> & { loss?: number }): void {
    for (const [name, value] of Object.entries(change)) {
      this.#rows(`UPDATE cells SET ${name} = ? WHERE number = ?`, value, number);
    }
  }

  countCells(): { readonly cells: number; readonly done: number; readonly flops: number } {
    const [row] = this.#rows(
      "SELECT COUNT(*) AS cells, COALESCE(SUM(state = 'done'), 0) AS done, COALESCE(SUM(flops), 0) AS flops FROM cells",
    );
    return row as unknown as { cells: number; done: number; flops: number };
  }

  /** Last known validation losses of the cells being run. */
  losses(): { readonly cellId: string; readonly loss: number }[] {
    return this.#rows(
      "SELECT spec, loss FROM cells WHERE state = 'leased' AND loss IS NOT NULL",
    ).map(({ spec, loss }) => ({
      cellId: (JSON.parse(String(spec)) as CellSpec).id,
      loss: Number(loss),
    }));
  }

  putText(name: string, text: string): void {
    this.#rows("DELETE FROM texts WHERE name = ?", name);
    for (const [part, piece] of piecesOf(text).entries()) {
      this.#rows("INSERT INTO texts VALUES (?, ?, ?)", name, part, piece);
    }
  }

  text(name: string): string | undefined {
    const rows = this.#rows("SELECT text FROM texts WHERE name = ? ORDER BY part", name);
    return rows.length === 0 ? undefined : rows.map(({ text }) => text).join("");
  }

  append(event: string, data: object): void {
    this.#rows("INSERT INTO events (event, data) VALUES (?, ?)", event, JSON.stringify(data));
  }

  /** At most `most` events after a sequence number; the result's data are the answer. */
  eventsAfter(sequence: number, most: number): EventRow[] {
    const rows = this.#rows(
      "SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?",
      sequence,
      most,
    );
    return rows.map((row) => {
      const event = row as unknown as EventRow;
      return event.event === "result" ? { ...event, data: this.text(ANSWER) ?? "{}" } : event;
    });
  }

  #exists(): boolean {
    this.#made ||=
      this.#rows("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'job'")
        .length > 0;
    return this.#made;
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
