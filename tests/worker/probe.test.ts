import { describe, expect, it } from "vitest";
import { fusedProbeEngine } from "../../api/probe/engines/fused/probe-engine.ts";
import kernels from "../../build/kernels.wasm";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";
import { call, FRESH, LONG, MODEL, rows, STREAM, start, TEACHER, TINY } from "./probe-requests.ts";
import { storedInWorkerd } from "./stored.ts";

interface Told {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

function readEvents(text: string): Told[] {
  return text
    .trim()
    .split("\n\n")
    .map((block) => {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1, 3) ?? []),
      );
      return { id: Number(fields["id"]), event: fields["event"], data: JSON.parse(fields["data"]) };
    });
}

/** A stream of which the first event has been read. */
async function begin(body: unknown) {
  const response = await start(body, STREAM);
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toContain("event: progress");
  return reader;
}

/** A topology of one layer on the inputs of TEACHER. */
function chain([className, config]: readonly [string, object]) {
  const input = { class_name: "InputLayer", config: { name: "in", batch_input_shape: [null, 4] } };
  const layers = [input, { class_name: className, config }];
  return { class_name: "Sequential", config: { layers } };
}

const noTfjs = () => Promise.reject(new Error("no probe here asks for TensorFlow.js"));
const engineOfWorkerd = () => Promise.resolve(fusedProbeEngine(kernels, noTfjs));

describe("a probe in workerd", () => {
  it("answers the same by JSON, by JSON again, and as the last event of a stream", async () => {
    const text = await (await start(TINY)).text();
    expect(JSON.parse(text)).toMatchObject({
      status: "succeeded",
      experiment: "critical-batch",
      result: { status: "bracketed" },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const again = await start(TINY);
    expect(again.headers.get("Cache-Status")).toBe("critbatch; hit");
    expect(await again.text()).toBe(text);

    const streamed = await start(FRESH, STREAM);
    expect(streamed.headers.get("Content-Type")).toContain("text/event-stream");
    const told = readEvents(await streamed.text());
    expect(told.map(({ id }) => id)).toEqual(told.map((_one, index) => index + 1));
    expect(told.map(({ event }) => event)).toEqual([
      ...Array.from({ length: told.length - 1 }, () => "progress"),
      "result",
    ]);
    expect(told.length).toBeGreaterThan(3);
    const done = told.slice(0, -1).map(({ data }) => Number(data["flopsDone"]));
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const ended = told.slice(0, -1).flatMap(({ data }) => data["ended"] as { status: string }[]);
    expect(ended.length).toBeGreaterThan(3);
    expect(ended[0]).toMatchObject({
      batchExamples: expect.any(Number),
      peakLearningRate: expect.any(Number),
      status: expect.stringMatching(/^(reached|completed|diverged)$/),
    });
    expect(told.at(-1)?.data).toEqual(JSON.parse(text));
  });

  it("serves other requests meanwhile, refuses a third probe, and stops when its stream is closed", async () => {
    const readers = [await begin(LONG), await begin(LONG)];
    const recommended = await call(
      "/v1/recommendations?nonEmbeddingParams=1e9&trainingTokens=2e10",
    );
    expect(recommended.status).toBe(200);

    const refused = await start(FRESH);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ type: "/problems/busy" });

    for (const reader of readers) await reader.cancel();
    await expect.poll(async () => (await start(FRESH)).status, { timeout: 5000 }).toBe(200);
    await Promise.all(
      [FRESH, FRESH].map(async (spec) => expect((await start(spec)).status).toBe(200)),
    );
  });

  it.each(["critical-batch", "learning-rate", "noise-scale"])(
    "%s of a topology runs on TensorFlow.js, the same twice",
    async (experiment) => {
      const hidden = { name: "h", units: 8, activation: "tanh", batch_input_shape: [null, 4] };
      const layers = [
        { class_name: "Dense", config: hidden },
        { class_name: "Dense", config: { name: "scores", units: 2 } },
      ];
      const topology = { class_name: "Sequential", config: { layers } };
      const body = {
        experiment,
        task: TEACHER,
        seeds: 1,
        model: { kind: "keras", topology },
        budgetFlops: 1e8,
        ...(experiment === "learning-rate" ? { batchExamples: [8, 32] } : {}),
      };
      const [first, second] = await Promise.all([start(body), start(body)]);
      expect(first.status).toBe(200);
      const answer = await first.text();
      expect(JSON.parse(answer)).toMatchObject({ status: "succeeded", engine: "tfjs" });
      expect(await second.text()).toBe(answer);
    },
  );

  it("takes no further slice after its stream is closed", async () => {
    let slices = 0;
    const engine = fusedProbeEngine(kernels, noTfjs);
    const app = createTestApp({
      stored: storedInWorkerd(),
      probes: {
        requestFlops: 1e13,
        loadEngine: async () => ({
          ...engine,
          openProbe: async (spec) => {
            const opened = await engine.openProbe(spec);
            if (opened.status !== "ok") return opened;
            const run: typeof opened.run = function* (onCell) {
              const work = opened.run(onCell);
              for (;;) {
                const next = work.next();
                if (next.done) return next.value;
                slices++;
                yield next.value;
              }
            };
            return { ...opened, run };
          },
        }),
      },
    });
    const response = await app.request(`${ORIGIN}/v1/probes`, jsonPost(LONG, STREAM));
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stoppedAt = slices;
    expect(stoppedAt).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(slices).toBe(stoppedAt);
  });

  it("above the limit of a job is a 422 with both numbers", async () => {
    const app = createTestApp({
      stored: storedInWorkerd({ jobFlops: 1e8 }),
      probes: { loadEngine: engineOfWorkerd, requestFlops: 1e8 },
    });
    const response = await app.request(`${ORIGIN}/v1/probes`, jsonPost(LONG));
    expect(response.status).toBe(422);
    const { type, detail } = (await response.json()) as { type: string; detail: string };
    expect(type).toBe("/problems/probe-over-limit");
    expect(detail).toMatch(/ceiling is \d\.\d\de\+\d+ FLOP, a job may run 1\.00e\+8/);
  });

  it("is what loads the engine: a hundred recommendations and the limits do not", async () => {
    let loads = 0;
    const loadEngine = () => {
      loads++;
      return engineOfWorkerd();
    };
    const app = createTestApp({
      stored: storedInWorkerd(),
      probes: { loadEngine, requestFlops: 1e9 },
    });
    for (let asked = 0; asked < 100; asked++) {
      const question = `nonEmbeddingParams=${1e9 + asked}&trainingTokens=2e10`;
      const response = await app.request(`${ORIGIN}/v1/recommendations?${question}`);
      expect(response.status).toBe(200);
    }
    expect((await app.request(`${ORIGIN}/v1/limits`)).status).toBe(200);
    expect(loads).toBe(0);
    expect((await app.request(`${ORIGIN}/v1/probes?dryRun=true`, jsonPost(TINY))).status).toBe(200);
    expect(loads).toBe(1);
  });
});

const table = (csv: string, target = "classification") => ({
  experiment: "noise-scale",
  task: { kind: "table", csv, target },
});
describe("what cannot be probed is a 422 that says why", () => {
  const cases: Readonly<Record<string, readonly [unknown, string]>> = {
    "a table of blank lines": [table("\n\n"), "/task/csv"],
    "a table with a header only": [table("x,y,label\n"), "/task/csv"],
    "a ragged table": [table("1,2,0\n1,2\n"), "/task/csv"],
    "words among the features": [table(rows((i) => `${i},red,${i % 2}`)), "/task/csv"],
    "NaN among the features": [table(rows((i) => `${i},NaN,${i % 2}`)), "/task/csv"],
    "words as values of a regression": [
      table(
        rows((i) => `${i},red`),
        "regression",
      ),
      "/task/csv",
    ],
    "a single class": [table(rows((i) => `${i},7`)), "/task"],
    "constant features": [table(rows((i) => `3,3,${i % 2}`)), "/task"],
    "too few rows to split": [table("1,0\n2,1\n"), "/task"],
    "a text shorter than a context": [
      { experiment: "noise-scale", task: { kind: "language", text: "To be" } },
      "/task",
    ],
    "a transformer on a table": [
      {
        ...table(rows((i) => `${i},${i % 2}`)),
        model: { kind: "transformer", layers: 1, dModel: 8, heads: 2, contextTokens: 8 },
      },
      "",
    ],
    "a perceptron on a text": [
      {
        experiment: "noise-scale",
        task: { kind: "language", text: "x".repeat(9000) },
        model: MODEL,
      },
      "",
    ],
    "the noise scale of a quadratic": [
      { experiment: "noise-scale", task: { kind: "quadratic" } },
      "",
    ],
    "a model beside a quadratic": [
      { experiment: "critical-batch", task: { kind: "quadratic" }, model: MODEL },
      "/model",
    ],
    "Adam on a quadratic": [
      {
        experiment: "critical-batch",
        task: { kind: "quadratic" },
        optimizer: { kind: "adam" },
      },
      "/optimizer",
    ],
    "data beyond the memory": [
      {
        experiment: "noise-scale",
        task: { kind: "teacher", inputFeatures: 4096, trainExamples: 200_000 },
      },
      "/task",
    ],
    "a model beyond the memory": [
      { ...TINY, model: { kind: "mlp", hiddenWidths: [2048, 2048, 2048], activation: "relu" } },
      "/model",
    ],
    "a language task without text": [
      { experiment: "noise-scale", task: { kind: "language" } },
      "/task/text",
    ],
    "heads that do not divide the width": [
      {
        experiment: "noise-scale",
        task: { kind: "language", text: "x" },
        model: { kind: "transformer", layers: 1, dModel: 9, heads: 2, contextTokens: 8 },
      },
      "/model/heads",
    ],
    "a topology with a Lambda layer": [
      { ...TINY, model: { kind: "keras", topology: chain(["Lambda", { name: "f" }]) } },
      "/model/topology/config/layers/1/class_name",
    ],
    "a topology whose output is not the task's": [
      { ...TINY, model: { kind: "keras", topology: chain(["Dense", { name: "d", units: 3 }]) } },
      "",
    ],
    "a topology on the fused engine": [
      {
        ...TINY,
        engine: "fused",
        model: { kind: "keras", topology: chain(["Dense", { name: "d", units: 2 }]) },
      },
      "",
    ],
    "no seeds": [{ ...TINY, seeds: 0 }, "/seeds"],
    "no budget": [{ ...TINY, budgetFlops: 0 }, "/budgetFlops"],
    "a table with more labels than classes": [
      table(Array.from({ length: 4200 }, (_unused, i) => `${i % 9},${i}`).join("\n")),
      "/task/csv",
    ],
    "numbers whose squares overflow": [table(rows((i) => `${i}e200,${i % 2}`)), "/task/csv"],
    "infinity among the features": [table(rows((i) => `Infinity,${i % 2}`)), "/task/csv"],
    "an empty cell": [table(rows((i) => `,${i},${i % 2}`)), "/task/csv"],
    "more rows than any sample needs": [table("1,2\n".repeat(200_001)), "/task/csv"],
    "a constant value to predict": [
      table(
        rows((i) => `${i},3`),
        "regression",
      ),
      "/task",
    ],
    "a text of one symbol": [
      { experiment: "noise-scale", task: { kind: "language", text: "a".repeat(9000) } },
      "/task",
    ],
  };

  it.each(Object.entries(cases))("%s", async (_name, [body, pointer]) => {
    const response = await start(body);
    const problem = (await response.json()) as { errors: { pointer: string; message: string }[] };
    expect(response.status, JSON.stringify(problem)).toBe(422);
    expect(problem.errors.map((one) => one.pointer)).toEqual([pointer]);
    expect(problem.errors[0]!.message.length).toBeGreaterThan(5);
  });
});
