import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../sdk/cli/commands.ts";
import { addDataset, recommend, VERSION } from "../../sdk/index.ts";
import { DOCUMENT, OPERATIONS, resolve, type SchemaNode } from "../contract/document.ts";
import { SEEDED } from "../seeded-ids.ts";
import { dropsConnection, inProcess, scripted } from "./fetches.ts";
import { CSV, norms, observations } from "./noise-input.ts";
import { run } from "./run-line.ts";

const QUICK = "recommend --params 1e9 --tokens 2e10";
const REQUEST = { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } };
const ESCAPE = "\u001b[";

describe("recommend", () => {
  it("shows batch, learning rate, parameters, critical batch, price, warnings and weights", async () => {
    const { exitCode, out, err } = await run(QUICK);
    expect(exitCode).toBe(0);
    expect(err).toBe("");
    const answer = await recommend({ fetch: inProcess() }, REQUEST);
    if (answer.status !== "recommended") throw new Error(answer.status);
    expect(out).toContain(answer.summary);
    const row = (label: string) => out.split("\n").find((text) => text.startsWith(`  ${label}  `));
    const batch = answer.batch.batchTokens.value.toLocaleString("en-US");
    expect(row("batch")).toMatch(new RegExp(`${batch} tokens +[\\d,]+ to [\\d,.M]+ +law`));
    expect(row("peak learning rate")).toMatch(/e-3 +\d.*e-4 to \d.*e-3 +law/);
    expect(row("critical batch")).toMatch(/M tokens +.*M to .*M +law/);
    expect(row("parameters")).toMatch(/1\.05B in all +.* to .* +derived/);
    expect(out).toContain("1B without embeddings");
    expect(out).toContain("Price of this batch\n  not-needed: ");
    expect(out).toContain("  data.sequenceLengthTokens = 2048: ");
    expect(out).toMatch(/bOptTokens +\d+ % {2}critbatch-joint/);
    expect(out).toContain(answer.modelVersion);
  });

  it("prices a batch beyond the critical one in parameters and tokens", async () => {
    const { out } = await run("recommend --params 1e9 --tokens 2e11 --fixed-batch 24Mi");
    expect(out).toMatch(/more parameters +x\d/);
    expect(out).toMatch(/more tokens +x\d/);
  });

  it("shows the stages of a batch that starts above its critical one", async () => {
    const { out } = await run("recommend --params 1e9 --tokens 2e11 --objective balanced");
    expect(out).toContain("Batch ramp");
  });

  it("judges the settings used now", async () => {
    const { out } = await run(`${QUICK} --batch 4M --lr 1e-3`);
    expect(out).toContain("Your settings\n  change: ");
  });

  it("shows hours where the hardware is given", async () => {
    const hardware = "--devices 64 --flops-per-second 4e14 --step-overhead-ms 120";
    const { out } = await run(`${QUICK} ${hardware} --objective time`);
    expect(out).toMatch(/steps x[\d.]+ +[\d.e-]+ h\n/);
  });

  it("says what to measure for a task without laws, and that is an answer", async () => {
    const { exitCode, out } = await run("recommend --task fine-tuning");
    expect(exitCode).toBe(0);
    expect(out).toContain("No answer for fine-tuning");
    expect(out).toContain("  noise-scale: ");
  });

  it("shows what the caller's own evidence says of such a task", async () => {
    const evidence = { reference: { batchTokens: 65_536, peakLearningRate: 2e-5 } };
    const input = JSON.stringify({ task: "fine-tuning", evidence });
    const { exitCode, out } = await run("recommend -", { input });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/peak learning rate +2e-5/);
  });

  it("reads a JSON file and standard input; options win over both", async () => {
    const text = JSON.stringify({ ...REQUEST, objective: "balanced" });
    const plain = await run(`${QUICK} --objective balanced --json`);
    const asFile = { files: { "plan.json": text } };
    expect((await run("recommend plan.json --json", asFile)).out).toBe(plain.out);
    expect((await run("recommend - --json", { input: `\uFEFF${text}` })).out).toBe(plain.out);
    const loss = await run(`${QUICK} --objective loss --json`);
    expect((await run("recommend plan.json --objective loss --json", asFile)).out).toBe(loss.out);
  });
});

describe("compensate", () => {
  it.each([
    ["4e5", "not-needed"],
    ["4e6", "compensable"],
    ["1e7", "impractical"],
    ["4e7", "beyond-wall"],
  ])("shows a batch of %s tokens as %s", async (batch, status) => {
    const line = `compensate --params 1e9 --tokens 2e10 --batch ${batch}`;
    const { exitCode, out } = await run(line);
    expect(exitCode).toBe(0);
    expect(out).toContain(`  ${status}`);
    expect(out).toMatch(/wall +\d.* tokens +.* to /);
    expect(JSON.parse((await run(`${line} --json`)).out)).toMatchObject({ status });
  });

  it("says that more tokens cost less from the smallest batch on, in place of a break-even of 0", async () => {
    const { out } = await run("compensate --params 1e9 --tokens 2e10 --batch 4e6");
    expect(out).toMatch(/\n *parameters pay +at no batch: more tokens cost less\n/);
    expect(out).not.toContain("pay up to");
    const overTrained = await run("compensate --params 1e8 --tokens 2e10 --batch 4e6");
    expect(overTrained.out).toMatch(/\n *parameters pay up to +12M tokens/);
  });

  it("shows the cheapest run within a limit on steps, or that there is none", async () => {
    const line = "compensate --params 1e9 --tokens 2e10 --batch 4e7 --max-steps";
    expect((await run(`${line} 4k`)).out).toMatch(
      /In at most 4,000 steps\n.*\n +parameters in all/,
    );
    expect((await run(`${line} 100`)).out).toContain("In at most 100 steps");
  });

  it("takes the caller's own critical batch", async () => {
    const line = "compensate --params 1e9 --tokens 2e10 --batch 4M --critical-batch 2M --json";
    const { criticalBatch } = JSON.parse((await run(line)).out);
    expect(criticalBatch.bCritTokens).toMatchObject({ value: 2_000_000, basis: "given" });
  });
});

describe("laws", () => {
  it("lists every law, shows one, and predicts", async () => {
    const list = await run("laws");
    for (const lawId of resolve(DOCUMENT.components.schemas["LawId"]!).enum ?? []) {
      expect(list.out).toContain(`  ${lawId} `);
      const one = await run(`laws ${lawId}`);
      expect(one.exitCode).toBe(0);
      expect(one.out).toContain("Formulas");
    }
    const predicted = await run("laws li2025-step-law --params 1e9 --tokens 2e10");
    expect(predicted.out).toMatch(/bOptTokens +441,892 +[\d,]+ to [\d,]+ +law +inside its fit/);
  });

  it("shows why a law refuses", async () => {
    const { exitCode, out } = await run("laws zhang2024-cbs --tokens 1e6");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/bCritTokens +zhang2024-cbs must not be used/);
  });

  it("an unknown law is a problem of the service, with a hint", async () => {
    const { exitCode, err } = await run("laws nobody1999");
    expect(exitCode).toBe(1);
    expect(err).toContain("critbatch laws lists every law");
  });

  it("a prediction without a law is refused", async () => {
    expect((await run("laws --tokens 1e9")).exitCode).toBe(2);
  });
});

describe("--json", () => {
  it.each([QUICK, "compensate --params 1e9 --tokens 2e10 --batch 4M", "laws", "laws kaplan2020"])(
    "%s prints the answer and nothing else",
    async (line) => {
      const { out, err } = await run(`${line} --json`, { isTerminal: true });
      expect(JSON.parse(out)).toHaveProperty("modelVersion");
      expect(out).not.toContain(ESCAPE);
      expect(err).toBe("");
    },
  );

  it("keeps standard output empty on a problem, which goes to standard error as JSON", async () => {
    const { exitCode, out, err } = await run("recommend --params 3 --json");
    expect(exitCode).toBe(1);
    expect(out).toBe("");
    expect(JSON.parse(err)).toMatchObject({ type: "/problems/validation", status: 422 });
  });
});

describe("colour", () => {
  it("is for a terminal only, and never against NO_COLOR or a dumb terminal", async () => {
    expect((await run(QUICK, { isTerminal: true })).out).toContain(ESCAPE);
    expect((await run(QUICK)).out).not.toContain(ESCAPE);
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      expect((await run(QUICK, { isTerminal: true, env })).out).not.toContain(ESCAPE);
    }
  });

  it("changes nothing but the colour", async () => {
    const { out } = await run(QUICK, { isTerminal: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are the subject.
    expect(out.replace(/\u001b\[\d+m/g, "")).toBe((await run(QUICK)).out);
  });
});

describe("mistakes", () => {
  it.each([
    ["", "Usage: critbatch COMMAND"],
    ["recomend", "did you mean recommend?"],
    ["train", "there is no command train"],
    ["recommend", "give a JSON file, - for standard input, or options such as --params"],
    ["recommend --parms 1e9", "did you mean --params?"],
    ["recommend --params", "argument missing"],
    ["recommend --params many", "--params: expected a number such as 2048, 1e9, 1.3B or 512Ki"],
    ["recommend absent.json", "absent.json cannot be read"],
    ["recommend a.json b.json", "one request file, not a.json and b.json"],
    ["recommend -", "standard input is not JSON"],
    [`${QUICK} --url ftp://somewhere`, "baseUrl: expected an http or https address"],
    [`${QUICK} --retries many`, "--retries: expected a number"],
    [`${QUICK} --timeout 0`, "totalTimeoutMs: expected a number above 0"],
  ])("%j: exit code 2 and what to do", async (line, message) => {
    const { exitCode, out, err } = await run(line);
    expect(err).toContain(message);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
  });

  it("a file that holds no object is refused", async () => {
    const { exitCode, err } = await run("recommend plan.json", { files: { "plan.json": "[1]" } });
    expect(exitCode).toBe(2);
    expect(err).toContain("plan.json holds no JSON object");
  });

  it("a refused number is shown with the option that it came from: exit code 1", async () => {
    const { exitCode, err } = await run("recommend --params 3 --tokens 2e10");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/--params \(\/model\/nonEmbeddingParams\): expected at least 1000/);
    expect(err).toMatch(/request made-\d+/);
  });

  it("a service that cannot be reached: exit code 3, the reason, and what to start", async () => {
    const { fetch, asked } = scripted(dropsConnection);
    const env = { CRITBATCH_URL: "http://10.0.0.7:1" };
    const { exitCode, err } = await run(`${QUICK} --retries 0`, { fetch, env });
    expect(exitCode).toBe(3);
    expect(err).toContain("connect ECONNREFUSED");
    expect(err).toContain("npm start");
    expect(asked.map(({ url }) => url)).toEqual(["http://10.0.0.7:1/v1/recommendations"]);
  });

  it("--url wins over CRITBATCH_URL", async () => {
    const { fetch, asked } = scripted(dropsConnection);
    const env = { CRITBATCH_URL: "http://10.0.0.7:1" };
    await run("laws --retries 0 --url http://10.0.0.8:2/", { fetch, env });
    expect(asked.map(({ url }) => url)).toEqual(["http://10.0.0.8:2/v1/laws"]);
  });
});

describe("help", () => {
  it("names commands and exit codes; each command names its options", async () => {
    const program = await run("--help");
    expect(program.exitCode).toBe(0);
    for (const { name, flags } of COMMANDS) {
      expect(program.out).toContain(`  ${name} `);
      const { exitCode, out } = await run(`${name} --help`);
      expect(exitCode).toBe(0);
      for (const flag of flags) expect(out).toMatch(new RegExp(`--${flag.name}\\s`));
      for (const code of [0, 1, 2, 3, 130]) expect(out).toMatch(new RegExp(`^  ${code}  `, "m"));
    }
  });

  it("every example of the help runs", async () => {
    const files = {
      "request.json": JSON.stringify(REQUEST),
      "measured.json": norms(0.2),
      "norms.csv": CSV,
      "norms.jsonl": observations(0.2)
        .map((one) => JSON.stringify(one))
        .join("\n"),
      "corpus.txt": "to be, or not to be, that is the question: ".repeat(300),
      "rows.csv": Array.from({ length: 64 }, (_unused, i) => `${i % 7},${i % 5},${i}`).join("\n"),
      "noise.json": (await run("noise - --json", { input: norms(0.2) })).out,
    };
    const fetch = inProcess();
    const data = files["corpus.txt"];
    const { datasetId } = await addDataset({ fetch }, { kind: "text", data });
    const input = files["rows.csv"];
    for (const example of COMMANDS.flatMap(({ examples }) => examples)) {
      // What the documented ids name is too small to probe on, and has ended.
      const own = example
        .replace(/(?<=probe --dataset )\S+/, datasetId)
        .replace(/(?<=probes cancel )\S+/, SEEDED.queued);
      const line = own.replace("critbatch ", "");
      // A whole probe takes minutes; its plan reads the same options and files.
      const isWhole = line.startsWith("probe ") && !line.includes("--dry-run");
      const { exitCode, err } = await run(isWhole ? `${line} --dry-run` : line, {
        files,
        input,
        fetch,
      });
      expect(`${example}: ${exitCode} ${err}`).toBe(`${example}: 0 `);
    }
  });

  it("--version prints the version", async () => {
    expect((await run("--version")).out).toBe(`${VERSION}\n`);
  });

  it("--verbose tells of the attempts on standard error", async () => {
    const { out, err } = await run("laws --verbose --json");
    expect(JSON.parse(out)).toHaveProperty("laws");
    const events = err.trim().split("\n");
    expect(events.map((line) => JSON.parse(line).kind)).toEqual(["attempt", "answer"]);
  });
});

describe("every option of a command", () => {
  const bodies: Readonly<Record<string, string>> = {
    recommend: "RecommendationRequest",
    noise: "NoiseScaleRequest",
    rescale: "BatchRescaleRequest",
    compensate: "CompensationRequest",
    laws: "LawPredictionRequest",
    probe: "ProbeRequest",
    benchmark: "BenchmarkRequest",
  };
  const queries: Readonly<Record<string, string>> = {
    "probes list": "listProbes",
    "datasets list": "listDatasets",
    "datasets add": "createDataset",
  };
  // How often a workload is timed is no part of a request; the kind of an upload is its Content-Type.
  const ofTheProgram = ["benchmark calls", "datasets add kind"];

  it.each(
    COMMANDS.flatMap(({ name, flags }) =>
      flags
        .filter((flag) => flag.kind !== "switch" && !ofTheProgram.includes(`${name} ${flag.name}`))
        .map((flag) => [name, flag] as const),
    ),
  )("%s $name fills a place that the schema has", (command, flag) => {
    let places: SchemaNode[] = [
      DOCUMENT.components.schemas[bodies[command] ?? ""] ?? queryOf(queries[command]),
    ];
    for (const step of flag.place.slice(1).split("/")) {
      places = places.flatMap(alternatives).flatMap(({ properties }) => properties?.[step] ?? []);
    }
    expect(places.length).toBeGreaterThan(0);
  });

  /** The query parameters of an operation as one schema. */
  function queryOf(operationId: string | undefined): SchemaNode {
    const found = OPERATIONS.find(({ operation }) => operation.operationId === operationId);
    const parameters = found?.operation.parameters ?? [];
    return { properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])) };
  }

  function alternatives(schema: SchemaNode): SchemaNode[] {
    const { anyOf = [], oneOf = [], allOf = [], ...own } = resolve(schema);
    return [own, ...[...anyOf, ...oneOf, ...allOf].flatMap(alternatives)];
  }
});
