import type { Critbatch } from "../client.ts";
import type { DatasetListQuery } from "../datasets.ts";
import type { Command, Question, Shown } from "./command.ts";
import { nameOf, PAGE } from "./command-parts.ts";
import { text, UsageError } from "./flags.ts";
import { showDataset, showDatasetList } from "./show-datasets.ts";

/** The most that a data set may have. */
export const DATASET_BYTES = 16_777_216;

const EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const ADD: Command = {
  name: "datasets add",
  summary: "store a text or a table to probe on",
  takes: ["FILE"],
  flags: [
    text("name", "/name", "a name for people (that of the file)"),
    text("kind", "/kind", "text or table (by the file's name: table for .csv, else text)"),
  ],
  file: "none",
  notes:
    "FILE is UTF-8 text, or CSV of numbers with the label or value in the last column; at most 16 MiB.\n" +
    "- in its place reads standard input. The same bytes are stored once.",
  examples: [
    "critbatch datasets add corpus.txt",
    "critbatch datasets add rows.csv --name measurements",
    "critbatch datasets add - --kind table",
  ],
  ask: add,
};

const LIST: Command = {
  name: "datasets list",
  summary: "the data sets that are stored, newest first",
  takes: [],
  flags: [text("kind", "/kind", "only text or table"), ...PAGE],
  file: "none",
  examples: ["critbatch datasets list", "critbatch datasets list --kind table"],
  ask: async (client, { body = {} }) => {
    const answer = await client.listDatasets(body as DatasetListQuery);
    return { answer, text: (paint) => showDatasetList(answer, paint) };
  },
};

const REMOVE: Command = {
  name: "datasets rm",
  summary: "delete a data set at once",
  takes: ["ID"],
  flags: [],
  file: "none",
  notes: "Probes under way that need it fail; what was measured on it stays.",
  examples: [`critbatch datasets rm ${EXAMPLE}`],
  whenNotFound: "critbatch datasets list lists the data sets",
  ask: async (client, question) => {
    const datasetId = nameOf(question, "the id of a data set");
    await client.deleteDataset(datasetId);
    return { answer: { datasetId, status: "deleted" }, text: () => `deleted ${datasetId}\n` };
  },
};

export const DATASETS: readonly Command[] = [ADD, LIST, REMOVE];

async function add(client: Critbatch, question: Question): Promise<Shown> {
  const path = nameOf(question, "a file, or - for standard input");
  const given = (question.body ?? {}) as { readonly kind?: string; readonly name?: string };
  const kind = given.kind ?? (/\.csv$/i.test(path) ? "table" : "text");
  if (kind !== "text" && kind !== "table") {
    throw new UsageError(`--kind: expected text or table, received ${JSON.stringify(kind)}`);
  }
  const base = path === "-" ? undefined : path.split(/[/\\]/).at(-1);
  const name = given.name ?? base;
  const answer = await client.addDataset({
    kind,
    data: await question.readBytes(path, DATASET_BYTES),
    ...(name !== undefined && { name }),
  });
  return { answer, text: (paint) => showDataset(answer, paint) };
}
