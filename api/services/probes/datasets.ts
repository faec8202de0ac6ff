import type { Page } from "./jobs.ts";

/** An upload that has been read and checked. */
export interface Upload {
  readonly kind: DatasetKind;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of a table; 0 for a text. */
  readonly rows: number;
  readonly columns: number;
}

export type DatasetKind = "text" | "table";

export interface StoredDataset {
  /** SHA-256 of the bytes, in hex. */
  readonly datasetId: string;
  readonly kind: DatasetKind;
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly createdMs: number;
}

/** Data sets by the hash of their content. */
export interface Datasets {
  /** Stores it, or finds it stored; `full` when the quota has no room. */
  readonly put: (
    upload: Upload,
    name: string,
  ) => Promise<{ readonly status: "created" | "known"; readonly dataset: StoredDataset } | "full">;
  readonly get: (datasetId: string) => Promise<StoredDataset | undefined>;
  readonly read: (datasetId: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly remove: (datasetId: string) => Promise<boolean>;
  /** Undefined: the cursor is none of ours. */
  readonly list: (
    kind: DatasetKind | undefined,
    size: number,
    cursor: string | undefined,
  ) => Promise<Page<StoredDataset> | undefined>;
}
