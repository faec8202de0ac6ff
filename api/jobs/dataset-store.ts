import type { DatasetKind, Datasets, StoredDataset, Upload } from "../services/probes/datasets.ts";
import type { Page } from "../services/probes/jobs.ts";
import { DAY_MS } from "../services/shared/durations.ts";
import { conditionOf, pageOf, readCursor } from "./page.ts";

const FOLDER = "datasets/";
// An upload that has not been stored by then never will be: its process ended.
const STORING_MS = 600_000;
const SHOWN = "datasetId, kind, name, bytes, rows, columns, createdMs";

export interface DatasetLimits {
  /** Of all data sets together. */
  readonly datasetQuotaBytes: number;
  readonly datasetRetentionDays: number;
}

interface Parts {
  readonly database: D1Database;
  readonly bucket: Pick<R2Bucket, "put" | "get" | "delete">;
  readonly sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  readonly nowMs: () => number;
  readonly limits: DatasetLimits;
}

/**
 * Data sets: bytes in the bucket, what is known of them in the database. A row comes first and holds the place in
 * the quota; it is shown only once the bytes are there.
 */
export class DatasetStore implements Datasets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async put({ kind, bytes, rows, columns }: Upload, name: string) {
    const { bucket, sha256Hex, nowMs } = this.#parts;
    await this.sweep();
    const datasetId = await sha256Hex(bytes);
    const known = await this.get(datasetId);
    if (known !== undefined) return { status: "known", dataset: known } as const;
    const createdMs = nowMs();
    const dataset = { datasetId, kind, name, bytes: bytes.length, rows, columns, createdMs };
    if (!(await this.#reserve(dataset))) return "full";
    try {
      await bucket.put(FOLDER + datasetId, bytes);
      await this.#run("UPDATE datasets SET isStored = 1 WHERE datasetId = ?", datasetId);
    } catch (failure) {
      await this.#forget(datasetId).catch(() => undefined);
      throw failure;
    }
    return { status: "created", dataset } as const;
  }

  async get(datasetId: string): Promise<StoredDataset | undefined> {
    const row = await this.#parts.database
      .prepare(
        `SELECT ${SHOWN} FROM datasets WHERE datasetId = ? AND isStored = 1 AND createdMs > ?`,
      )
      .bind(datasetId, this.#oldestMs())
      .first<StoredDataset>();
    return row ?? undefined;
  }

  async read(datasetId: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if ((await this.get(datasetId)) === undefined) return undefined;
    const object = await this.#parts.bucket.get(FOLDER + datasetId);
    return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
  }

  async remove(datasetId: string): Promise<boolean> {
    if ((await this.get(datasetId)) === undefined) return false;
    await this.#forget(datasetId);
    return true;
  }

  async list(
    kind: DatasetKind | undefined,
    size: number,
    cursor: string | undefined,
  ): Promise<Page<StoredDataset> | undefined> {
    const place = cursor === undefined ? undefined : readCursor(cursor);
    if (cursor !== undefined && place === undefined) return undefined;
    const { where, bindings } = conditionOf("datasetId", place, { kind });
    const { results } = await this.#parts.database
      .prepare(
        `SELECT ${SHOWN} FROM datasets WHERE ${where} AND isStored = 1 AND createdMs > ?
        ORDER BY createdMs DESC, datasetId DESC LIMIT ${size + 1}`,
      )
      .bind(...bindings, this.#oldestMs())
      .all<StoredDataset>();
    return pageOf(results, size, ({ datasetId }) => datasetId);
  }

  /** Deletes what is past its time, and what an ended process left half-way. */
  async sweep(): Promise<void> {
    const { database, nowMs } = this.#parts;
    const { results } = await database
      .prepare(
        "SELECT datasetId FROM datasets WHERE createdMs <= ? OR (isStored = 0 AND createdMs <= ?)",
      )
      .bind(this.#oldestMs(), nowMs() - STORING_MS)
      .all<{ datasetId: string }>();
    for (const { datasetId } of results) await this.#forget(datasetId);
  }

  /** One statement, so that two uploads at once cannot both take the last room. */
  async #reserve(dataset: StoredDataset): Promise<boolean> {
    const { datasetId, kind, name, bytes, rows, columns, createdMs } = dataset;
    const { datasetQuotaBytes } = this.#parts.limits;
    const { meta } = await this.#run(
      `INSERT OR REPLACE INTO datasets SELECT ?, ?, ?, ?, ?, ?, ?, 0
      WHERE (SELECT COALESCE(SUM(bytes), 0) FROM datasets WHERE datasetId <> ?) + ? <= ?`,
      ...[datasetId, kind, name, bytes, rows, columns, createdMs],
      ...[datasetId, bytes, datasetQuotaBytes],
    );
    return meta.changes > 0;
  }

  /** The row last: as long as it is there, the rest of a deletion that was cut off is found again. */
  async #forget(datasetId: string): Promise<void> {
    await this.#run("UPDATE datasets SET isStored = 0 WHERE datasetId = ?", datasetId);
    await this.#parts.bucket.delete(FOLDER + datasetId);
    await this.#run("DELETE FROM datasets WHERE datasetId = ?", datasetId);
  }

  #oldestMs(): number {
    return this.#parts.nowMs() - this.#parts.limits.datasetRetentionDays * DAY_MS;
  }

  #run(query: string, ...bindings: (string | number)[]) {
    return this.#parts.database
      .prepare(query)
      .bind(...bindings)
      .run();
  }
}
