import type { Dataset, DatasetList, operations } from "./generated/schema.ts";
import type { AnyCallOptions, CallOptions, ClientOptions } from "./options.ts";
import { type Page, pages } from "./pages.ts";
import { queryText } from "./query.ts";
import { type Reply, start } from "./reply.ts";

/** Filters and page of a list of data sets. */
export type DatasetListQuery = NonNullable<operations["listDatasets"]["parameters"]["query"]>;

/** What is uploaded: UTF-8 text, or CSV of numbers with the label or value in the last column. */
export interface DatasetUpload {
  readonly kind: Dataset["kind"];
  readonly data: string | Uint8Array<ArrayBuffer> | Blob;
  /** For people. */
  readonly name?: string;
}

const datasetPath = (datasetId: string) => `/v1/datasets/${encodeURIComponent(datasetId)}`;

/**
 * Stores a text or a table to probe on; the same bytes are stored once. POST /v1/datasets.
 *
 * @example await addDataset({}, { kind: "text", data: "To be, or not to be..." })
 */
export function addDataset<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  { kind, data, name }: DatasetUpload,
  options?: O,
): Reply<Dataset, O> {
  const contentType = kind === "table" ? "text/csv; charset=utf-8" : "text/plain; charset=utf-8";
  const path = `/v1/datasets${queryText({ name })}`;
  return start(client, { method: "POST", path, upload: { data, contentType } }, options);
}

/** What is known of a data set. GET /v1/datasets/{datasetId}. */
export function getDataset<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  datasetId: string,
  options?: O,
): Reply<Dataset, O> {
  return start(client, { method: "GET", path: datasetPath(datasetId) }, options);
}

/** A page of data sets, newest first. GET /v1/datasets. */
export function listDatasets<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  query: DatasetListQuery = {},
  options?: O,
): Reply<DatasetList, O> {
  return start(client, { method: "GET", path: `/v1/datasets${queryText(query)}` }, options);
}

/** Every data set, newest first, page by page as they are asked for. */
export function eachDataset(
  client: ClientOptions,
  query: DatasetListQuery = {},
  options?: CallOptions,
): AsyncGenerator<Dataset> {
  return pages(query, async (asked): Promise<Page<Dataset>> => {
    const { datasets: items, ...next } = await listDatasets(client, asked, options);
    return { items, ...next };
  });
}

/** Deletes a data set at once. DELETE /v1/datasets/{datasetId}. */
export function deleteDataset<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  datasetId: string,
  options?: O,
): Reply<undefined, O> {
  return start(client, { method: "DELETE", path: datasetPath(datasetId) }, options);
}
