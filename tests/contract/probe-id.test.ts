import { beforeAll, describe, expect, it } from "vitest";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";
import { endOf, engine, startJob } from "../jobs/fixtures.ts";
import { localPlatform } from "../local-platform.ts";
import { SEEDED } from "../seeded-ids.ts";
import { OPERATIONS } from "./document.ts";
import { violation } from "./violation.ts";

const CALLS = [
  ["createRecommendation", "/v1/recommendations"],
  ["createTradeoffReport", "/v1/tradeoff-reports"],
] as const;
const OWN = { task: "other", data: { sequenceLengthTokens: 128 } };
const PLANNED = { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } };

const operationOf = (id: string) =>
  OPERATIONS.find(({ operation }) => operation.operationId === id)!;

describe.each(CALLS)("evidence.probeId of %s", (id, path) => {
  const local = localPlatform({ loadEngine: async () => engine });
  const app = createTestApp({ stored: { ...local.platform, limits: local.limits } });
  const seeded = createTestApp();
  const ask = (body: object, on = app) => on.request(ORIGIN + path, jsonPost(body));
  const refusal = async (evidence: object, on = seeded) => {
    const response = await ask({ ...OWN, evidence }, on);
    expect(response.status).toBe(422);
    expect(await violation(operationOf(id), response.clone())).toBeUndefined();
    const { type, errors } = (await response.json()) as { type: string; errors: object[] };
    expect(type).toBe("/problems/validation");
    expect(errors).toHaveLength(1);
    return errors[0];
  };
  let probeId = "";
  let probe: unknown;
  beforeAll(async () => {
    const started = await startJob({ local });
    const view = await endOf(started);
    if (view.kind !== "answer") throw new Error(view.job.status);
    probeId = started.probeId;
    probe = JSON.parse(view.text);
  });

  it.each([
    ["a task without laws", OWN],
    ["pre-training", PLANNED],
  ])(
    "answers %s with the bytes of evidence.probe, beside other evidence too",
    async (_of, body) => {
      const noiseScale = {
        bSimple: {
          value: 900,
          interval: { lower: 700, upper: 1200, level: 0.8 },
          basis: "measured",
        },
        unit: "sequences",
        measuredOver: "late",
      };
      for (const other of [{}, { noiseScale }]) {
        const named = await ask({ ...body, evidence: { ...other, probeId } });
        const inline = await ask({ ...body, evidence: { ...other, probe } });
        expect(named.status).toBe(200);
        expect(await violation(operationOf(id), named.clone())).toBeUndefined();
        const text = await named.text();
        expect(text).toBe(await inline.text());
        expect(named.headers.get("ETag")).toBe(inline.headers.get("ETag"));
        expect(text).not.toBe(await (await ask({ ...body, evidence: other })).text());
      }
    },
  );

  it("may not be read by any web page, unlike what depends on nothing stored", async () => {
    const header = "Access-Control-Allow-Origin";
    const named = await ask({ ...OWN, evidence: { probeId } });
    expect(named.headers.get(header)).toBeNull();
    const refused = await ask({ ...OWN, evidence: { probeId: "f".repeat(32) } });
    expect(refused.headers.get(header)).toBeNull();
    expect((await ask({ ...OWN, evidence: { probe } })).headers.get(header)).toBe("*");
  });

  it("that is unknown is refused at its place with what was expected", async () => {
    expect(await refusal({ probeId: "f".repeat(32) })).toEqual({
      pointer: "/evidence/probeId",
      code: "unknown-probe",
      message: expect.stringMatching(/^expected the id of a probe that is kept here; GET/),
    });
  });

  it("of no known form is refused before anything is looked up", async () => {
    expect(await refusal({ probeId: "../datasets" })).toMatchObject({
      pointer: "/evidence/probeId",
      code: "invalid-format",
    });
  });

  it.each([
    ["queued", "unfinished-probe", "this one is queued; GET /v1/probes/0"],
    ["cancelled", "probe-without-result", "this one was cancelled"],
    ["failed", "probe-without-result", "this one failed: dataset-deleted, seeded"],
  ] as const)("of a probe that is %s is refused and says so", async (state, code, message) => {
    expect(await refusal({ probeId: SEEDED[state] })).toEqual({
      pointer: "/evidence/probeId",
      code,
      message: expect.stringContaining(`expected a probe that has succeeded; ${message}`),
    });
  });

  it("beside evidence.probe is refused", async () => {
    expect(await refusal({ probeId, probe }, app)).toEqual({
      pointer: "/evidence/probeId",
      code: "invalid",
      message: "expected probe or probeId, not both",
    });
  });

  it("whose stored result is no evidence to this version is refused", async () => {
    const plan = JSON.stringify({ experiment: "critical-batch", flops: { expected: 1 } });
    const start = { probeId: "e".repeat(32), request: "{}", plan };
    const old = JSON.stringify({ experiment: "critical-batch", result: { status: "of old" } });
    await local.platform.jobs.keep(start, old, "9b1c");
    expect(await refusal({ probeId: start.probeId }, app)).toMatchObject({
      pointer: "/evidence/probeId",
      code: "unreadable-probe",
    });
  });

  it("is unknown once the probe is deleted", async () => {
    const init = { method: "DELETE" };
    expect((await app.request(`${ORIGIN}/v1/probes/${probeId}`, init)).status).toBe(204);
    expect(await refusal({ probeId }, app)).toMatchObject({ code: "unknown-probe" });
  });
});
