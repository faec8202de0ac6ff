import { describe, expect, it } from "vitest";
import type { Keys } from "../../api/services/shared/keys.ts";
import { createTestApp, ORIGIN } from "../in-process-app.ts";
import { DOCUMENT } from "./document.ts";

// Everything is stored under the first key; the second only looks, the third stores the same.
const OWNERS: Readonly<Record<string, string>> = {
  cb_first: "1111111111111111",
  cb_second: "2222222222222222",
  cb_third: "3333333333333333",
};
const keys: Keys = {
  required: async () => true,
  ownerOf: async (key) => OWNERS[key],
};
const app = createTestApp({ keys });

const TEXT = "a text that belongs to the first key alone ".repeat(40);
const PROBE = {
  experiment: "critical-batch",
  task: {
    kind: "teacher",
    inputFeatures: 4,
    classes: 2,
    trainExamples: 512,
    validationExamples: 64,
  },
  model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
  seeds: 1,
  budgetFlops: 1e8,
  seed: 77,
};

function call(key: string | undefined, method: string, path: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set("Authorization", `Bearer ${key}`);
  return app.request(ORIGIN + path, { ...init, method, headers });
}

const json = (body: unknown): RequestInit => ({
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function stored() {
  const upload = await call("cb_first", "POST", "/v1/datasets?name=mine", {
    headers: { "Content-Type": "text/plain" },
    body: TEXT,
  });
  const probe = await call("cb_first", "POST", "/v1/probes", json(PROBE));
  expect([200, 201]).toContain(upload.status);
  expect(probe.status).toBe(200);
  const { datasetId } = (await upload.json()) as { datasetId: string };
  const { probeId } = (await probe.json()) as { probeId: string };
  return { datasetId, probeId };
}

interface Described {
  readonly path: string;
  readonly method: string;
  readonly operationId: string;
  readonly isStateless: boolean;
}

function operations(): readonly Described[] {
  const paths = DOCUMENT.paths as unknown as Record<
    string,
    Record<string, Record<string, unknown>>
  >;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ["get", "post", "put", "patch", "delete"].includes(method))
      .map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operationId: String(operation["operationId"]),
        isStateless: operation["x-stateless"] === true,
      })),
  );
}

const VERSIONED = operations().filter(({ path }) => path.startsWith("/v1/"));

describe("a call without a key in use", () => {
  const wrong = [undefined, "cb_unknown", "", "cb_first extra", "x".repeat(500)];

  it.each(VERSIONED)("$operationId is refused, whatever is wrong with the key", async (one) => {
    const path = one.path.replaceAll(/\{\w+\}/g, "0".repeat(32));
    const answers = new Set<string>();
    for (const key of wrong) {
      const answer = await call(key, one.method, path, one.method === "POST" ? json({}) : {});
      expect(answer.status).toBe(401);
      expect(answer.headers.get("WWW-Authenticate")).toContain("Bearer");
      const { requestId: _id, ...problem } = (await answer.json()) as { requestId: string };
      answers.add(JSON.stringify(problem));
    }
    expect(answers.size).toBe(1);
  });

  it("still gets health, pages, problems and the contract", async () => {
    for (const path of ["/healthz", "/", "/openapi.json", "/problems/unauthorized"]) {
      expect((await call(undefined, "GET", path)).status).toBe(200);
    }
    expect(await (await call(undefined, "GET", "/healthz")).json()).toMatchObject({
      openBecause: "keys",
    });
  });
});

/** Every call that can name something stored, with the name of something that another key has stored. */
describe("what another key has stored", () => {
  type Ids = Awaited<ReturnType<typeof stored>>;
  const found = stored();
  const withIds = (path: string, ids: Ids) =>
    path.replace("{probeId}", ids.probeId).replace("{datasetId}", ids.datasetId);
  const tableOn = (datasetId: string) => ({
    experiment: "noise-scale",
    task: { kind: "language", datasetId },
  });
  const evidence = (probeId: string) => ({
    model: { nonEmbeddingParams: 1e9 },
    data: { trainingTokens: 2e10 },
    evidence: { probeId },
  });

  /** By operation: what a leak would look like. A new call that keeps state has to be added here. */
  const CHECKS: Readonly<Record<string, (ids: Ids, path: string) => Promise<void>>> = {
    getProbe: async (ids, path) => notFound("GET", withIds(path, ids)),
    getProbeEvents: async (ids, path) => notFound("GET", withIds(path, ids)),
    deleteProbe: async (ids, path) => notFound("DELETE", withIds(path, ids)),
    getDataset: async (ids, path) => notFound("GET", withIds(path, ids)),
    deleteDataset: async (ids, path) => notFound("DELETE", withIds(path, ids)),
    listProbes: async () => {
      const answer = await call("cb_second", "GET", "/v1/probes");
      expect(await answer.json()).toEqual({ probes: [] });
    },
    listDatasets: async () => {
      const answer = await call("cb_second", "GET", "/v1/datasets");
      expect(await answer.json()).toEqual({ datasets: [] });
    },
    createProbe: async ({ datasetId }) => {
      const on = await call("cb_third", "POST", "/v1/probes", json(tableOn(datasetId)));
      expect(on.status).toBe(422);
      const plan = await call(
        "cb_third",
        "POST",
        "/v1/probes?dryRun=true",
        json(tableOn(datasetId)),
      );
      expect(plan.status).toBe(422);
      // The same probe is measured again: a stored result would tell that somebody has asked before.
      const again = await call("cb_third", "POST", "/v1/probes", json(PROBE));
      expect(again.headers.get("Cache-Status")).not.toContain("hit");
    },
    createDataset: async () => {
      const init = { headers: { "Content-Type": "text/plain" }, body: TEXT };
      // 200 would tell that the bytes are known.
      expect((await call("cb_third", "POST", "/v1/datasets", init)).status).toBe(201);
    },
    createRecommendation: async ({ probeId }) => {
      const answer = await call(
        "cb_second",
        "POST",
        "/v1/recommendations",
        json(evidence(probeId)),
      );
      expect(await answer.text()).toContain("unknown-probe");
    },
    createTradeoffReport: async ({ probeId }) => {
      const answer = await call(
        "cb_second",
        "POST",
        "/v1/tradeoff-reports",
        json(evidence(probeId)),
      );
      expect(await answer.text()).toContain("unknown-probe");
    },
  };

  async function notFound(method: string, path: string) {
    expect((await call("cb_second", method, path)).status).toBe(404);
    // It is there, and stays, for its owner.
    expect((await call("cb_first", "GET", path.replace("/events", ""))).status).toBe(200);
  }

  const takesProbeId = (operationId: string) =>
    ["createRecommendation", "createTradeoffReport"].includes(operationId);
  const stateful = VERSIONED.filter(
    ({ isStateless, operationId }) => !isStateless || takesProbeId(operationId),
  );

  it.each(stateful)("is out of reach of $operationId", async ({ operationId, path }) => {
    const check = CHECKS[operationId];
    if (check === undefined) throw new Error(`${operationId} keeps state and has no owner check`);
    await check(await found, path);
  });

  it("is not reached by an Idempotency-Key either", async () => {
    const headers = { "Content-Type": "text/plain", "Idempotency-Key": "shared-key" };
    const first = await call("cb_first", "POST", "/v1/datasets?name=a", { headers, body: TEXT });
    expect(first.status).toBe(200);
    const other = "another text of the second key ".repeat(40);
    const second = await call("cb_third", "POST", "/v1/datasets", { headers, body: other });
    expect(second.status).toBe(201);
  });
});
