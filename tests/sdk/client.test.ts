import { describe, expect, it } from "vitest";
import { LOSS_FIT_EXAMPLE } from "../../schemas/loss-fits/loss-fit.ts";
import * as sdk from "../../sdk/index.ts";
import { Critbatch, type Fetch, getRecommendation, recommend } from "../../sdk/index.ts";
import { OPERATIONS, validatorAt } from "../contract/document.ts";
import { SEEDED, SEEDED_DATASET, SEEDED_DATASET_ID } from "../seeded-ids.ts";
import { inProcess } from "./fetches.ts";

const client = new Critbatch({ fetch: inProcess(), baseUrl: "http://localhost" });
const RUN = { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } };

/** One call of every method, by the operation that it is for. */
const CALLS = {
  createCompensation: (c: Critbatch) => c.compensate({ ...RUN, batchTokens: 4e6 }),
  createLawPredictions: (c: Critbatch) =>
    c.predictWithLaw("li2025-step-law", { totalParams: 1e9, trainingTokens: 2e10 }),
  createNoiseScale: (c: Critbatch) =>
    c.estimateNoiseScale({
      unit: "sequences",
      reduction: "mean",
      clipped: false,
      observations: [0, 1, 2, 3].map((step) => ({
        step,
        smallBatch: 8,
        bigBatch: 256,
        smallBatchGradSqNorm: 1.4 + 0.02 * (step % 2),
        bigBatchGradSqNorm: 0.2 + 0.01 * (step % 3),
      })),
    }),
  createBatchRescale: (c: Critbatch) =>
    c.rescaleBatch({
      optimizer: { kind: "adamw" },
      from: { batchTokens: 524288, peakLearningRate: 3e-4 },
      to: { batchTokens: 1048576 },
    }),
  createLossSurface: (c: Critbatch) =>
    c.lossSurface({
      nonEmbeddingParams: 1e9,
      trainingTokens: 2e10,
      batchTokens: { min: 1e5, max: 1e6, points: 3 },
      peakLearningRate: { min: 1e-4, max: 1e-2, points: 4 },
    }),
  createLossFit: (c: Critbatch) => c.fitLoss(LOSS_FIT_EXAMPLE),
  listBenchmarks: (c: Critbatch) => c.listBenchmarks(),
  createBenchmarkRun: (c: Critbatch) => c.runBenchmark("empty"),
  createProbe: (c: Critbatch) =>
    c.probe({
      experiment: "critical-batch",
      task: { kind: "quadratic", dimensions: 4, targetLoss: 0.3 },
      seeds: 1,
    }),
  listProbes: (c: Critbatch) => c.listProbes({ limit: 2 }),
  getProbe: (c: Critbatch) => c.getProbe(SEEDED.succeeded),
  deleteProbe: (c: Critbatch) => c.cancelProbe(SEEDED.queued),
  createDataset: (c: Critbatch) => c.addDataset({ kind: "text", data: SEEDED_DATASET }),
  listDatasets: (c: Critbatch) => c.listDatasets(),
  getDataset: (c: Critbatch) => c.getDataset(SEEDED_DATASET_ID),
  deleteDataset: (c: Critbatch) => c.deleteDataset(SEEDED_DATASET_ID),
  createRecommendation: (c: Critbatch) => c.recommend(RUN),
  createTradeoffReport: (c: Critbatch) => c.reportTradeoff({ ...RUN, largeBatchTokens: 4194304 }),
  getHealth: (c: Critbatch) => c.getHealth(),
  getLaw: (c: Critbatch) => c.getLaw("kaplan2020"),
  getLimits: (c: Critbatch) => c.getLimits(),
  getOpenApi: (c: Critbatch) => c.getOpenApi(),
  getProblem: (c: Critbatch) => c.getProblem("validation"),
  getRecommendation: (c: Critbatch) =>
    c.getRecommendation({ nonEmbeddingParams: 1e9, trainingTokens: 2e10 }),
  listLaws: (c: Critbatch) => c.listLaws(),
} as const;

/** Pages for people, and what tests/sdk/probes.test.ts reads as it streams. */
const OTHERS: readonly string[] = ["getDocs", "getPage", "getProbeEvents"];

describe("every operation of the service", () => {
  for (const { path, method, operation } of OPERATIONS) {
    const id = operation.operationId;
    if (OTHERS.includes(id)) continue;

    it(`${id} has a method that asks it and answers what the schema says`, async () => {
      const asked: { method: string | undefined; path: string }[] = [];
      const service = inProcess();
      const spy: Fetch = (url, init) => {
        asked.push({ method: init.method, path: new URL(url).pathname });
        return service(url, init);
      };
      const call = CALLS[id as keyof typeof CALLS];
      const answer = await call(new Critbatch({ fetch: spy, baseUrl: "http://localhost" }));
      const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`);
      expect(asked).toHaveLength(1);
      expect(asked[0]?.method).toBe(method.toUpperCase());
      expect(asked[0]?.path).toMatch(pattern);
      if (operation.responses["200"] === undefined) {
        expect(answer).toBeUndefined();
        return;
      }
      const responses = ["paths", path, method, "responses", "200", "content"];
      const validate = validatorAt(...responses, "application/json", "schema");
      validate(answer);
      expect(validate.errors ?? []).toEqual([]);
    });
  }
});

it("each method is also a function that takes the options first", async () => {
  const methods = Object.getOwnPropertyNames(Critbatch.prototype).filter(
    (name) => name !== "constructor",
  );
  for (const name of methods) expect(sdk).toHaveProperty(name, expect.any(Function));
  expect(await recommend(client.options, RUN)).toEqual(await client.recommend(RUN));
});

it("the flat question and the full one get the same answer", async () => {
  const query = { nonEmbeddingParams: 1e9, trainingTokens: 2e10 };
  expect(await getRecommendation(client.options, query)).toEqual(await client.recommend(RUN));
});

it("numbers too large for plain notation and absent members reach the flat form", async () => {
  const query = { trainingFlops: 1.2e22, nonEmbeddingParams: undefined };
  // @ts-expect-error exact optional members: undefined is not a number
  const answer = await client.getRecommendation(query);
  expect(answer.status).toBe("recommended");
});

describe("around an answer", () => {
  it("withResponse adds request id, attempts, and a response that can be read again", async () => {
    const call = client.getHealth({ headers: { "X-Request-Id": "mine-7" } });
    const { data, requestId, response, attempts } = await call.withResponse();
    expect(data.status).toBe("ok");
    expect(requestId).toBe("mine-7");
    expect(attempts).toBe(1);
    expect(response.headers.get("Model-Version")).toMatch(/^\d/);
    expect(await response.json()).toEqual(data);
  });

  it("asResponse gives a problem as it came instead of throwing it", async () => {
    const response = await client.recommend({}).asResponse();
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ type: "/problems/validation" });
  });

  it("an unchanged item is asked for with the headers of the caller", async () => {
    const { response } = await client.listLaws().withResponse();
    const headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    const again = await client.listLaws({ headers }).asResponse();
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
  });

  it("one call may be awaited several times and is sent once", async () => {
    let sent = 0;
    const service = inProcess();
    const counting: Fetch = (url, init) => {
      sent++;
      return service(url, init);
    };
    const call = new Critbatch({ fetch: counting }).getHealth();
    expect(await call).toBe(await call);
    await expect(call.finally(() => undefined)).resolves.toEqual(await call);
    expect(sent).toBe(1);
  });
});

describe("settings", () => {
  it.each([
    { baseUrl: "127.0.0.1:8787" },
    { baseUrl: "file:///tmp" },
    { retries: -1 },
    { retries: Number.NaN },
    { attemptTimeoutMs: 0 },
    { totalTimeoutMs: Number.NaN },
    { retryDelayMs: -1 },
  ])("%j is refused when the client is made, by name", (options) => {
    expect(() => new Critbatch(options)).toThrow(
      new RegExp(`^${Object.keys(options)[0]}: expected`),
    );
  });

  it("those of a call win over those of the client, and both over none", async () => {
    const seen: Headers[] = [];
    const spy: Fetch = (url, init) => {
      seen.push(new Headers(init.headers));
      return inProcess()(url, init);
    };
    const named = new Critbatch({ fetch: spy, headers: { "X-A": "client", "X-B": "client" } });
    await named.getHealth({ headers: { "X-B": "call" } });
    expect(seen[0]?.get("X-A")).toBe("client");
    expect(seen[0]?.get("X-B")).toBe("call");
  });

  it("a path in the base URL is kept", async () => {
    const urls: string[] = [];
    const spy: Fetch = (url, init) => {
      urls.push(url);
      return inProcess()(url.replace("/tools/critbatch", ""), init);
    };
    await new Critbatch({
      fetch: spy,
      baseUrl: new URL("http://localhost/tools/critbatch/"),
    }).listLaws();
    expect(urls).toEqual(["http://localhost/tools/critbatch/v1/laws"]);
  });

  it("a number that JSON cannot carry is refused by name before anything is sent", async () => {
    const request = { model: { nonEmbeddingParams: Number.NaN } };
    const fetch: Fetch = () => Promise.reject(new Error("sent"));
    await expect(new Critbatch({ fetch }).recommend(request)).rejects.toThrow(
      new RangeError("nonEmbeddingParams: expected a finite number, received NaN"),
    );
  });
});

describe("the user agent", () => {
  const agentUnder = async (runtime: string | undefined) => {
    const seen: (string | null)[] = [];
    const fetch: Fetch = (url, init) => {
      seen.push(new Headers(init.headers).get("User-Agent"));
      return inProcess()(url, init);
    };
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    const value = runtime === undefined ? undefined : { userAgent: runtime };
    Object.defineProperty(globalThis, "navigator", { value, configurable: true });
    try {
      await new Critbatch({ fetch, userAgent: "trainer/2" }).getHealth();
    } finally {
      if (before === undefined) Reflect.deleteProperty(globalThis, "navigator");
      else Object.defineProperty(globalThis, "navigator", before);
    }
    return seen[0];
  };

  it("names package, runtime and caller", async () => {
    const version = sdk.VERSION;
    expect(await agentUnder("Node.js/26")).toBe(`critbatch/${version} (Node.js/26) trainer/2`);
    expect(await agentUnder(undefined)).toBe(`critbatch/${version} trainer/2`);
  });

  it("is left to the browser in a browser", async () => {
    expect(await agentUnder("Mozilla/5.0 (X11; Linux)")).toBeNull();
  });
});
