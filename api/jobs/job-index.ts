import type { IndexedProbe, Page, ProbeFilter } from "../services/probes/jobs.ts";
import { conditionOf, pageOf, readCursor } from "./page.ts";

/** The list of probes; follows what the jobs say. */
export class JobIndex {
  readonly #database: D1Database;

  constructor(database: D1Database) {
    this.#database = database;
  }

  async put(probe: IndexedProbe): Promise<void> {
    const { probeId, experiment, status, createdMs, endedMs, expectedFlops, doneFlops } = probe;
    await this.#database
      .prepare("INSERT OR REPLACE INTO probes VALUES (?, ?, ?, ?, ?, ?, ?)")
      .bind(probeId, experiment, status, createdMs, endedMs, expectedFlops, doneFlops)
      .run();
  }

  async remove(probeId: string): Promise<void> {
    await this.#database.prepare("DELETE FROM probes WHERE probeId = ?").bind(probeId).run();
  }

  async countActive(): Promise<number> {
    const row = await this.#database
      .prepare("SELECT COUNT(*) AS jobs FROM probes WHERE status IN ('queued', 'running')")
      .first<{ jobs: number }>();
    return row?.jobs ?? 0;
  }

  /** Newest first. Undefined: the cursor is none. */
  async list(
    filter: ProbeFilter,
    size: number,
    cursor: string | undefined,
  ): Promise<Page<IndexedProbe> | undefined> {
    const place = cursor === undefined ? undefined : readCursor(cursor);
    if (cursor !== undefined && place === undefined) return undefined;
    const { status, experiment } = filter;
    const { where, bindings } = conditionOf("probeId", place, { status, experiment });
    const { results } = await this.#database
      .prepare(
        `SELECT * FROM probes WHERE ${where} ORDER BY createdMs DESC, probeId DESC LIMIT ${size + 1}`,
      )
      .bind(...bindings)
      .all<IndexedProbe>();
    return pageOf(results, size, ({ probeId }) => probeId);
  }
}
