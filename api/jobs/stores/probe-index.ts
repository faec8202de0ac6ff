import type { IndexedProbe, Page, ProbeFilter } from "../../services/probes/jobs.ts";
import type { JobName } from "../object-name.ts";
import { type Owner, ownerOfProbe } from "../owned-id.ts";
import { conditionOf, pageOf, readCursor } from "./page.ts";

/** A row of the index. */
export interface IndexRow extends IndexedProbe, JobName {}

export type Admission =
  | { readonly kind: "admitted"; readonly job: JobName }
  /** A run of this probe is queued or running. */
  | { readonly kind: "active"; readonly job: JobName }
  | { readonly kind: "full" };

const COLUMNS = `probeId, run, experiment, status, createdMs, endedMs, expectedFlops, doneFlops`;
const ACTIVE = "('queued', 'running')";
// A row gives way to a later run of its probe unless its own run is still active.
const TAKE_OVER = `ON CONFLICT (probeId) DO UPDATE SET run = excluded.run, experiment = excluded.experiment,
  status = excluded.status, createdMs = excluded.createdMs, endedMs = excluded.endedMs,
  expectedFlops = excluded.expectedFlops, doneFlops = excluded.doneFlops
  WHERE probes.run = excluded.run OR (probes.run < excluded.run AND probes.status NOT IN ${ACTIVE})`;

/**
 * The table of probes in the database: which run is the current one of each probe, and what lists show. A row is
 * written before its job begins, which is how jobs are admitted; from then on the job keeps it up to date.
 */
export class ProbeIndex {
  readonly #database: D1Database;

  constructor(database: D1Database) {
    this.#database = database;
  }

  async find(probeId: string): Promise<IndexRow | undefined> {
    const row = await this.#database
      .prepare(`SELECT ${COLUMNS} FROM probes WHERE probeId = ?`)
      .bind(probeId)
      .first<IndexRow>();
    return row ?? undefined;
  }

  /** Takes one of the owner's places for active jobs. One statement, so that calls at the same time cannot take the same place. */
  async admit(row: IndexRow, jobsAtOnce: number): Promise<Admission> {
    const { meta } = await this.#database
      .prepare(
        `INSERT INTO probes (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?
        WHERE (SELECT COUNT(*) FROM probes WHERE owner = ? AND status IN ${ACTIVE}) < ? ${TAKE_OVER}`,
      )
      .bind(...valuesOf(row), ownerOfProbe(row.probeId), jobsAtOnce)
      .run();
    const { probeId, run } = row;
    if (meta.changes > 0) return { kind: "admitted", job: { probeId, run } };
    const found = await this.find(probeId);
    const isActive = found?.status === "queued" || found?.status === "running";
    if (found === undefined || !isActive) return { kind: "full" };
    return { kind: "active", job: { probeId, run: found.run } };
  }

  /** Writes the row of a run. False: a later run of the probe, or one that is active, has the row. */
  async put(row: IndexRow): Promise<boolean> {
    const { meta } = await this.#database
      .prepare(`INSERT INTO probes (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE 1 ${TAKE_OVER}`)
      .bind(...valuesOf(row))
      .run();
    return meta.changes > 0;
  }

  /** Removes the row of this run, not that of another run of the same probe. */
  async remove({ probeId, run }: JobName): Promise<void> {
    await this.#database
      .prepare("DELETE FROM probes WHERE probeId = ? AND run = ?")
      .bind(probeId, run)
      .run();
  }

  /** Newest first, under their own ids. Undefined: the cursor is none of ours. */
  async list(
    owner: Owner,
    filter: ProbeFilter,
    size: number,
    cursor: string | undefined,
  ): Promise<Page<IndexedProbe> | undefined> {
    const place = cursor === undefined ? undefined : readCursor(cursor);
    if (cursor !== undefined && place === undefined) return undefined;
    const { status, experiment } = filter;
    const { where, bindings } = conditionOf("probeId", place, { owner, status, experiment });
    const { results } = await this.#database
      .prepare(
        `SELECT ${COLUMNS} FROM probes WHERE ${where}
        ORDER BY createdMs DESC, probeId DESC LIMIT ${size + 1}`,
      )
      .bind(...bindings)
      .all<IndexRow>();
    const shown = results.map(({ run: _run, ...probe }) => probe);
    return pageOf(shown, size, ({ probeId }) => probeId);
  }

  /** Rows from before a moment, those first that were checked longest ago. */
  async leastChecked(beforeMs: number, most: number): Promise<readonly JobName[]> {
    const { results } = await this.#database
      .prepare(
        "SELECT probeId, run FROM probes WHERE createdMs <= ? ORDER BY checkedMs, probeId LIMIT ?",
      )
      .bind(beforeMs, most)
      .all<JobName>();
    return results;
  }

  async setChecked({ probeId, run }: JobName, nowMs: number): Promise<void> {
    await this.#database
      .prepare("UPDATE probes SET checkedMs = ? WHERE probeId = ? AND run = ?")
      .bind(nowMs, probeId, run)
      .run();
  }

  /** The runs that have rows, of the probes with ids between two, both included. */
  async between(firstId: string, lastId: string): Promise<readonly JobName[]> {
    const { results } = await this.#database
      .prepare("SELECT probeId, run FROM probes WHERE probeId BETWEEN ? AND ?")
      .bind(firstId, lastId)
      .all<JobName>();
    return results;
  }

  async active(): Promise<readonly JobName[]> {
    const { results } = await this.#database
      .prepare(`SELECT probeId, run FROM probes WHERE status IN ${ACTIVE}`)
      .all<JobName>();
    return results;
  }
}

function valuesOf(row: IndexRow): readonly (string | number)[] {
  const { probeId, run, experiment, status, createdMs } = row;
  return [
    ...[probeId, run, experiment, status, createdMs],
    ...[row.endedMs, row.expectedFlops, row.doneFlops],
  ];
}
