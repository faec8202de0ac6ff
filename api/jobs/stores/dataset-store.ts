import type {
  DatasetKind,
  Datasets,
  StoredDataset,
  Upload,
} from "../../services/probes/datasets.ts";
import type { Page } from "../../services/probes/jobs.ts";
import { DAY_MS } from "../../services/shared/durations.ts";
import type { Bucket } from "../job-ports.ts";
import { datasetIdOnWire, type Owner, ownedId } from "../owned-id.ts";
import { listed } from "./listed.ts";
import { conditionOf, pageOf, readCursor } from "./page.ts";
import { putInParts } from "./put-in-parts.ts";

const FOLDER = "datasets/";
// An upload that is not stored by then never will be: its process has ended.
const STORING_MS = 600_000;
const SHOWN = "datasetId, kind, name, bytes, rows, columns, createdMs";

export interface DatasetLimits {
  /** Of all data sets of one owner together. */
  readonly datasetQuotaBytes: number;
  readonly datasetRetentionDays: number;
}

interface Parts {
  readonly database: D1Database;
  readonly bucket: Bucket;
  readonly sha256Hex: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  /** Names the bytes of one upload. */
  readonly newBlob: () => string;
  readonly nowMs: () => number;
  readonly limits: DatasetLimits;
  readonly owner: Owner;
}

type StoredRow = StoredDataset & { readonly blob: string };

/**
 * Data sets: their bytes in the bucket, the rest in the database. Each upload has a row and bytes of its own. The row
 * comes first and reserves the place in the quota; it is shown only once the bytes are stored.
 */
export class DatasetStore implements Datasets {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async put(upload: Upload, name: string) {
    const { sha256Hex, newBlob, nowMs } = this.#parts;
    await this.#dropExpired();
    const { bytes, ...shape } = upload;
    const datasetId = ownedId(await sha256Hex(bytes), this.#parts.owner);
    const known = await this.#restored(datasetId, bytes);
    if (known !== undefined) return { status: "known", dataset: known } as const;
    const dataset = { datasetId, ...shape, name, bytes: bytes.length, createdMs: nowMs() };
    const blob = `${datasetId}-${newBlob()}`;
    if (!(await this.#reserve({ ...dataset, blob }))) return "full";
    try {
      await putInParts(this.#parts.bucket, FOLDER + blob, bytes);
      if (await this.#show(datasetId, blob)) {
        return { status: "created", dataset: onWire(dataset) } as const;
      }
    } catch (failure) {
      await this.#drop(blob).catch(() => undefined);
      throw failure;
    }
    // Another upload of the same bytes was stored first.
    await this.#drop(blob);
    const row = await this.#row(datasetId);
    return { status: "known", dataset: row === undefined ? onWire(dataset) : shown(row) } as const;
  }

  async get(datasetId: string): Promise<StoredDataset | undefined> {
    const row = await this.#row(this.#own(datasetId));
    return row === undefined ? undefined : shown(row);
  }

  async read(datasetId: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const row = await this.#row(this.#own(datasetId));
    if (row === undefined) return undefined;
    const object = await this.#parts.bucket.get(FOLDER + row.blob);
    return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
  }

  async remove(datasetId: string): Promise<boolean> {
    const row = await this.#row(this.#own(datasetId));
    if (row === undefined) return false;
    await this.#drop(row.blob);
    return true;
  }

  async list(
    kind: DatasetKind | undefined,
    size: number,
    cursor: string | undefined,
  ): Promise<Page<StoredDataset> | undefined> {
    const { owner } = this.#parts;
    const place = cursor === undefined ? undefined : readCursor(cursor);
    if (cursor !== undefined && place === undefined) return undefined;
    const { where, bindings } = conditionOf("datasetId", place, { owner, kind });
    const { results } = await this.#parts.database
      .prepare(
        `SELECT ${SHOWN} FROM datasets WHERE ${where} AND isStored = 1 AND createdMs > ?
        ORDER BY createdMs DESC, datasetId DESC LIMIT ${size + 1}`,
      )
      .bind(...bindings, this.#oldestMs())
      .all<StoredDataset>();
    const page = pageOf(results, size, ({ datasetId }) => datasetId);
    return { ...page, items: page.items.map(onWire) };
  }

  /** Deletes what has expired, rows without bytes and bytes without a row. */
  async sweep(): Promise<void> {
    const { bucket, nowMs } = this.#parts;
    await this.#dropExpired();
    const present = new Set<string>();
    for await (const objects of listed(bucket, FOLDER)) {
      // A row is written before its bytes, so bytes that are listed here and are not lost have theirs by now.
      const rows = new Set(await this.#blobs("1"));
      for (const { key, uploaded } of objects) {
        const blob = key.slice(FOLDER.length);
        present.add(blob);
        const isOld = uploaded.getTime() <= nowMs() - STORING_MS;
        if (isOld && !rows.has(blob)) await bucket.delete(key);
      }
    }
    for (const blob of await this.#blobs("isStored = 1")) {
      // Stored since the list was read, or lost.
      if (present.has(blob) || (await bucket.head(FOLDER + blob)) !== null) continue;
      await this.#drop(blob);
    }
  }

  /** The data set if it is stored; its bytes are written again if they are lost. */
  async #restored(datasetId: string, bytes: Uint8Array<ArrayBuffer>) {
    const row = await this.#row(datasetId);
    if (row === undefined) return undefined;
    const key = FOLDER + row.blob;
    const { bucket } = this.#parts;
    if ((await bucket.head(key)) === null) await putInParts(bucket, key, bytes);
    return shown(row);
  }

  async #row(datasetId: string): Promise<StoredRow | undefined> {
    const row = await this.#parts.database
      .prepare(
        `SELECT blob, ${SHOWN} FROM datasets WHERE datasetId = ? AND isStored = 1 AND createdMs > ?`,
      )
      .bind(datasetId, this.#oldestMs())
      .first<StoredRow>();
    return row ?? undefined;
  }

  async #blobs(where: string, ...bindings: number[]): Promise<readonly string[]> {
    const { results } = await this.#parts.database
      .prepare(`SELECT blob FROM datasets WHERE ${where}`)
      .bind(...bindings)
      .all<{ blob: string }>();
    return results.map(({ blob }) => blob);
  }

  /** One statement, so that two uploads at the same time cannot both take the last room. */
  async #reserve(row: StoredRow): Promise<boolean> {
    const { blob, datasetId, kind, name, bytes, rows, columns, createdMs } = row;
    const { meta } = await this.#run(
      `INSERT INTO datasets (blob, ${SHOWN}, isStored) SELECT ?, ?, ?, ?, ?, ?, ?, ?, 0
      WHERE (SELECT COALESCE(SUM(bytes), 0) FROM datasets WHERE owner = ?) + ? <= ?`,
      ...[blob, datasetId, kind, name, bytes, rows, columns, createdMs],
      ...[this.#parts.owner, bytes, this.#parts.limits.datasetQuotaBytes],
    );
    return meta.changes > 0;
  }

  /** Shows the upload, unless another one of the same bytes is shown. */
  async #show(datasetId: string, blob: string): Promise<boolean> {
    const { meta } = await this.#run(
      `UPDATE datasets SET isStored = 1 WHERE blob = ?
      AND NOT EXISTS (SELECT 1 FROM datasets WHERE datasetId = ? AND isStored = 1)`,
      ...[blob, datasetId],
    );
    return meta.changes > 0;
  }

  /** The row last: as long as it is there, the rest of a deletion that was cut off is found again. */
  async #drop(blob: string): Promise<void> {
    await this.#run("UPDATE datasets SET isStored = 0 WHERE blob = ?", blob);
    await this.#parts.bucket.delete(FOLDER + blob);
    await this.#run("DELETE FROM datasets WHERE blob = ?", blob);
  }

  /** What is past its time, and what an ended process left half stored or half deleted. */
  async #dropExpired(): Promise<void> {
    const expired = await this.#blobs(
      "createdMs <= ? OR (isStored = 0 AND createdMs <= ?)",
      ...[this.#oldestMs(), this.#parts.nowMs() - STORING_MS],
    );
    for (const blob of expired) await this.#drop(blob);
  }

  #own(datasetId: string): string {
    return ownedId(datasetId, this.#parts.owner);
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

function shown({ blob: _blob, ...dataset }: StoredRow): StoredDataset {
  return onWire(dataset);
}

function onWire(dataset: StoredDataset): StoredDataset {
  return { ...dataset, datasetId: datasetIdOnWire(dataset.datasetId) };
}
