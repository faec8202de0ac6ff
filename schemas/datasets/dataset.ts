import { z } from "@hono/zod-openapi";
import { quantity } from "../common.ts";
import { moment } from "../probes/job.ts";
import { nextCursor, pageQuery } from "../probes/list.ts";

const count = (unit: string, upper: number, description: string, example: number) =>
  quantity({ unit, lower: 0, upper, description, example, integer: true });

export const datasetId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .openapi({
    description: "SHA-256 of the bytes, in hex.",
    example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  });

const kind = z.enum(["text", "table"]).openapi({
  description: "text: UTF-8 text for the task language; table: CSV of numbers for the task table.",
  example: "text",
});

const name = z
  .string()
  .min(1)
  .max(200)
  .openapi({ description: "A name for people; calls use datasetId.", example: "shakespeare.txt" });

/** A data set that is stored. */
export const dataset = z
  .strictObject({
    datasetId,
    kind,
    name: name.optional(),
    bytes: count("bytes", 1e9, "Size.", 1_115_394),
    rows: count("rows", 1e6, "Rows of a table, without its header.", 150).optional(),
    columns: count("columns", 1e4, "Columns of a table, including the last one.", 5).optional(),
    createdAt: moment("When it was stored."),
    expiresAt: moment("When it is deleted automatically."),
  })
  .openapi("Dataset", { description: "A data set for probes." });
export type Dataset = z.infer<typeof dataset>;

/** Query of POST /v1/datasets. */
export const datasetUploadQuery = z.strictObject({ name: name.optional() });

/** Query of GET /v1/datasets. */
export const datasetListQuery = z.strictObject({ kind: kind.optional(), ...pageQuery });

/** Answer of GET /v1/datasets. */
export const datasetList = z
  .strictObject({
    datasets: z.array(dataset).openapi({ description: "Newest first." }),
    nextCursor,
  })
  .openapi("DatasetList", { description: "A page of data sets." });
