import { describe, expect, it } from "vitest";
import { DATASET_BYTES } from "../../sdk/cli/command-datasets.ts";
import { getLimits } from "../../sdk/index.ts";
import { inProcess, scripted } from "./fetches.ts";
import { run } from "./run-line.ts";
import { runningService } from "./running-service.ts";

const TEXT = "to be, or not to be";
const ROWS = "x,y\n1,2\n3,4\n";
const files = { "hamlet.txt": TEXT, "data/rows.CSV": ROWS };

const add = async (line: string, around: Parameters<typeof run>[1] = {}) =>
  JSON.parse((await run(`datasets add ${line} --json`, { files, ...around })).out);

describe("datasets add", () => {
  it("stores a text or a table, as its name ends, and names it after the file", async () => {
    const { exitCode, out, err } = await run("datasets add data/rows.CSV", { files });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatch(
      /^[0-9a-f]{64}\n\n {2}name +rows.CSV\n {2}kind +table\n {2}size +12 bytes\n {2}shape +2 x 2\n {2}kept until +2/,
    );
    expect(await add("data/rows.CSV")).toMatchObject({ kind: "table", rows: 2, name: "rows.CSV" });
    const text = await add("hamlet.txt");
    expect(text).toMatchObject({ kind: "text", bytes: TEXT.length, name: "hamlet.txt" });
    expect(text).not.toHaveProperty("rows");
  });

  it("reads standard input, and takes name and kind from the options", async () => {
    const table = await add("- --kind table --name mine", { input: ROWS });
    expect(table).toMatchObject({ kind: "table", columns: 2, name: "mine" });
    const text = await add("-", { input: ROWS });
    expect(text).toMatchObject({ kind: "text" });
    expect(text).not.toHaveProperty("name");
    expect(await add("hamlet.txt --name prince")).toMatchObject({ name: "prince" });
  });

  it("stores the same bytes once", async () => {
    const fetch = inProcess();
    const { datasetId } = await add("hamlet.txt", { fetch });
    expect(await add("- --name other", { fetch, input: TEXT })).toMatchObject({
      datasetId,
      name: "hamlet.txt",
    });
  });

  it("sends the bytes as they are: the service refuses what is no UTF-8, binary, or no table", async () => {
    const bytes = (...values: readonly number[]) => new Uint8Array(values);
    const odd = {
      "latin.txt": bytes(0x66, 0xfc, 0x72),
      "binary.txt": bytes(0x61, 0, 0x62),
      "words.csv": "1,2\ntwo,3\n",
      "ragged.csv": "1,2\n3\n",
      "empty.txt": "",
    };
    const refusals = {
      "latin.txt": "UTF-8; bytes 0 to 3 are not",
      "binary.txt": "byte 1 is NUL",
      "words.csv": "row 2, column 1 is not one",
      "ragged.csv": "the request: 2 columns in every row",
      "empty.txt": "at least one byte",
    };
    for (const [name, message] of Object.entries(refusals)) {
      const { exitCode, out, err } = await run(`datasets add ${name}`, { files: odd });
      expect([exitCode, out]).toEqual([1, ""]);
      expect(err).toContain(message);
    }
  });

  it("asks nothing of the service when the file is missing, or larger than the service takes", async () => {
    const { fetch, asked } = scripted(() => new Response());
    const large = { "large.txt": new Uint8Array(DATASET_BYTES + 1).fill(0x61) };
    const missing = await run("datasets add absent.txt", { fetch });
    expect(missing.exitCode).toBe(2);
    expect(missing.err).toContain("absent.txt cannot be read: ENOENT");
    const { exitCode, err } = await run("datasets add large.txt", { fetch, files: large });
    expect(exitCode).toBe(2);
    expect(err).toContain("large.txt has more than 16,777,216 bytes");
    expect(asked).toEqual([]);
    expect((await getLimits({ fetch: inProcess() })).datasetBytes).toBe(DATASET_BYTES);
    const most = { "most.txt": new Uint8Array(DATASET_BYTES).fill(0x61) };
    expect(await add("most.txt", { files: most })).toMatchObject({ bytes: DATASET_BYTES });
  });

  it("wants one file, and a kind that there is", async () => {
    expect((await run("datasets add")).err).toContain("give a file, or - for standard input");
    expect((await run("datasets add a.txt b.txt")).err).toContain('unexpected "b.txt"');
    const { exitCode, err } = await run("datasets add hamlet.txt --kind tabel", { files });
    expect(exitCode).toBe(2);
    expect(err).toContain('--kind: expected text or table, received "tabel"');
  });
});

describe("datasets list and rm", () => {
  it("list what is stored, newest first, and delete at once", async () => {
    const { fetch } = runningService();
    const around = { fetch, files };
    expect((await run("datasets list", around)).out).toBe("no data sets\n");
    const text = await add("hamlet.txt", around);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const table = await add("data/rows.CSV", around);
    const listed = async (options = "") => {
      const { out } = await run(`datasets list${options}`, around);
      return [...out.matchAll(/^ {2}([0-9a-f]{64}) .*Z {2}(.+)$/gm)].map(([, id, name]) => [
        id,
        name,
      ]);
    };
    const both = [
      [table.datasetId, "rows.CSV"],
      [text.datasetId, "hamlet.txt"],
    ];
    expect(await listed()).toEqual(both);
    expect(await listed(" --kind text")).toEqual([both[1]]);
    expect(await listed(" --limit 1")).toEqual([both[0]]);
    const { out } = await run("datasets list --limit 1", around);
    const [, cursor] = /more: critbatch datasets list --cursor (\S+)/.exec(out) ?? [];
    expect(await listed(` --cursor ${cursor}`)).toEqual([both[1]]);
    const removed = await run(`datasets rm ${text.datasetId}`, around);
    expect(removed).toEqual({ exitCode: 0, out: `deleted ${text.datasetId}\n`, err: "" });
    expect(await listed()).toEqual([both[0]]);
    const again = await run(`datasets rm ${text.datasetId}`, around);
    expect(again.exitCode).toBe(1);
    expect(again.err).toContain("critbatch datasets list lists the data sets");
    expect((await run("datasets rm")).err).toContain("give the id of a data set");
    const json = await run(`datasets rm ${table.datasetId} --json`, around);
    expect(JSON.parse(json.out)).toEqual({ datasetId: table.datasetId, status: "deleted" });
  });
});

describe("probe --dataset", () => {
  it("probes on a data set as its kind wants it", async () => {
    const rows = Array.from({ length: 64 }, (_unused, i) => `${i % 7},${i % 5},${i % 2}`);
    const corpus = "to be, or not to be, that is the question: ".repeat(300);
    const around = {
      ...runningService({ deliver: () => undefined }),
      files: { "corpus.txt": corpus, "rows.csv": rows.join("\n") },
    };
    const planOf = async (source: string) =>
      JSON.parse((await run(`probe ${source} --dry-run --json`, around)).out);
    for (const [file, option] of [
      ["corpus.txt", "--text corpus.txt"],
      ["rows.csv", "--csv rows.csv --target regression"],
    ] as const) {
      const { datasetId } = await add(file, around);
      const target = option.slice(option.indexOf(file) + file.length);
      const { flops } = await planOf(`--dataset ${datasetId}${target}`);
      expect(flops.ceiling).toBeGreaterThan(0);
      expect(flops).toEqual((await planOf(option)).flops);
    }
    const unknown = await run(`probe --dataset ${"f".repeat(64)} --dry-run`, around);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.err).toContain("There is no data set with this id");
  });
});
