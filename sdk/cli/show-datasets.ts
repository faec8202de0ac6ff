import type { Dataset, DatasetList } from "../generated/schema.ts";
import { type Paint, page, showMoment, table, whatFollows } from "./layout.ts";
import { grouped } from "./quantity-text.ts";

/** A page of data sets, a line for each. */
export function showDatasetList({ datasets, nextCursor }: DatasetList, paint: Paint): string {
  if (datasets.length === 0) return "no data sets\n";
  const rows = datasets.map((dataset) => [
    dataset.datasetId,
    dataset.kind,
    `${grouped(dataset.bytes)} bytes`,
    shapeOf(dataset),
    showMoment(dataset.createdAt),
    dataset.name ?? "",
  ]);
  const heading = ["data set", "kind", "size", "shape", "stored", "name"];
  return page(
    table([heading, ...rows], paint, ["bold"]),
    whatFollows("critbatch datasets list", nextCursor, paint),
  );
}

/** A data set that was stored. */
export function showDataset(dataset: Dataset, paint: Paint): string {
  const { datasetId, kind, name, bytes, expiresAt } = dataset;
  const shape = shapeOf(dataset);
  return page(
    paint("bold", datasetId),
    table([
      ...(name === undefined ? [] : [["name", name]]),
      ["kind", kind],
      ["size", `${grouped(bytes)} bytes`],
      ...(shape === "" ? [] : [["shape", shape]]),
      ["kept until", showMoment(expiresAt)],
    ]),
  );
}

function shapeOf({ rows, columns }: Dataset): string {
  return rows === undefined || columns === undefined ? "" : `${grouped(rows)} x ${columns}`;
}
