import { describe, expect, it } from "vitest";
import type { ProbeEngineModule } from "../../api/services/probes/engine-request.ts";
import { ProbeSubmissions } from "../../api/services/probes/submit-probe.ts";
import type { ProbeRequest } from "../../schemas/probes/request.ts";
import { createTestApp, jsonPost, ORIGIN } from "../in-process-app.ts";
import { localPlatform } from "../local-platform.ts";
import { engine, TINY } from "./fixtures.ts";

/** A service whose jobs are never run, and how often its requests have opened data to train on. */
function service(limits: { jobsAtOnce?: number } = {}, requestFlops = 0) {
  let opened = 0;
  const counting: ProbeEngineModule = {
    ...engine,
    openProbe: (spec) => {
      opened += 1;
      return engine.openProbe(spec);
    },
  };
  const local = localPlatform({
    loadEngine: async () => engine,
    limits,
    deliver: () => undefined,
  });
  const { jobs, datasets } = local.platform;
  const { jobFlops } = local.limits;
  const loadEngine = async () => counting;
  const made = new ProbeSubmissions({ loadEngine, requestFlops, jobFlops });
  const submissions = {
    plan: (request: ProbeRequest) => made.plan(request, { jobs, datasets }),
    submit: (request: ProbeRequest, asJob: boolean) =>
      made.submit(request, asJob, { jobs, datasets }),
  };
  return { local, submissions, opened: () => opened };
}

const seeded = (seed: number): ProbeRequest => ({ ...TINY, seed });
const CSV = Array.from({ length: 200 }, (_, i) => `${Math.sin(i)},${i % 2}`).join("\n");
const onTable = (csv: string, seed = 1): ProbeRequest => ({
  ...TINY,
  seed,
  task: { kind: "table", csv, target: "classification" },
});

describe("admission", () => {
  it("lets as many jobs begin as there are places, however many ask at the same time", async () => {
    const { submissions, local, opened } = service({ jobsAtOnce: 16 });
    const asked = Array.from({ length: 60 }, (_, at) => submissions.submit(seeded(at), true));
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "begun")).toHaveLength(16);
    expect(kinds.filter((kind) => kind === "too-many-jobs")).toHaveLength(44);
    const active = await local.platform.jobs.list({ status: "queued" }, 100, undefined);
    expect(active?.items).toHaveLength(16);
    expect(opened()).toBe(0);
  });

  it("begins one job for the same probe asked many times at once", async () => {
    const { submissions, local } = service();
    const asked = Array.from({ length: 20 }, () => submissions.submit(TINY, true));
    const outcomes = await Promise.all(asked);
    expect(outcomes.every(({ kind }) => kind === "begun" || kind === "joined")).toBe(true);
    expect((await local.platform.jobs.list({}, 100, undefined))?.items).toHaveLength(1);
    expect(local.objectNames()).toHaveLength(1);
  });

  it("refuses a job before its data are read for training", async () => {
    const { submissions, opened } = service({ jobsAtOnce: 1 });
    expect(await submissions.submit(onTable(CSV), true)).toMatchObject({ kind: "begun" });
    const before = opened();
    expect(await submissions.submit(onTable(CSV, 2), true)).toMatchObject({
      kind: "too-many-jobs",
    });
    expect(opened()).toBe(before);
  });

  it("gives the place back when the data hold nothing to learn", async () => {
    const { submissions } = service({ jobsAtOnce: 1 });
    const oneClass = CSV.replaceAll(/,1$/gm, ",0");
    await expect(submissions.submit(onTable(oneClass), true)).rejects.toThrow("one class");
    expect(await submissions.submit(TINY, true)).toMatchObject({ kind: "begun" });
  });

  it("refuses a third probe inside a request before its data are drawn", async () => {
    const { submissions, opened } = service({}, 1e12);
    const here = [
      await submissions.submit(seeded(1), false),
      await submissions.submit(seeded(2), false),
    ];
    expect(here.map(({ kind }) => kind)).toEqual(["here", "here"]);
    const before = opened();
    expect(await submissions.submit(seeded(3), false)).toMatchObject({ kind: "busy" });
    expect(opened()).toBe(before);
    for (const outcome of here) if (outcome.kind === "here") outcome.run.stop();
    expect(await submissions.submit(seeded(3), false)).toMatchObject({ kind: "here" });
  });

  it("begins what an ended process has admitted and not begun", async () => {
    const { submissions, local } = service();
    const request = JSON.stringify(TINY);
    const plan = await submissions.plan(TINY);
    const start = { probeId: plan.probeId, request, plan: JSON.stringify(plan) };
    expect(await local.platform.jobs.admit(start)).toMatchObject({ kind: "admitted" });
    expect(await submissions.submit(TINY, true)).toMatchObject({ kind: "begun" });
    expect(local.objectNames()).toHaveLength(1);
  });
});

describe("a plan", () => {
  it("draws no data, and states the same FLOPs as the probe that runs", async () => {
    const { submissions, opened } = service({}, 1e12);
    const requests = [TINY, onTable(CSV), { ...TINY, experiment: "noise-scale" as const }];
    const plans = await Promise.all(requests.map((request) => submissions.plan(request)));
    expect(opened()).toBe(0);
    for (const [at, request] of requests.entries()) {
      const outcome = await submissions.submit(request, false);
      if (outcome.kind !== "here") throw new Error(outcome.kind);
      for await (const told of outcome.run.events) {
        if (told.event !== "result") continue;
        const { expected, ceiling } = told.answer.flops;
        expect({ expected, ceiling }).toEqual({
          expected: plans[at]?.flops.expected,
          ceiling: plans[at]?.flops.ceiling,
        });
      }
      outcome.run.stop();
    }
  });

  it("reads a stored data set once, and not at all once it is deleted", async () => {
    const { submissions, local } = service();
    const { datasets } = local.platform;
    const bytes = new TextEncoder().encode(CSV);
    const put = await datasets.put({ kind: "table", bytes, rows: 200, columns: 2 }, "");
    if (put === "full") throw new Error("full");
    const { datasetId } = put.dataset;
    const request: ProbeRequest = {
      ...TINY,
      task: { kind: "table", datasetId, target: "classification" },
    };
    const plans = await Promise.all([1, 2, 3].map(() => submissions.plan(request)));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
    await datasets.remove(datasetId);
    await expect(submissions.plan(request)).rejects.toThrow("datasetId");
  });
});

it("an id that no probe has is answered without an object, by every call that names one", async () => {
  const local = localPlatform({ loadEngine: async () => engine });
  const app = createTestApp({ stored: { ...local.platform, limits: local.limits } });
  const id = "f".repeat(32);
  const asked = [
    app.request(`${ORIGIN}/v1/probes/${id}`),
    app.request(`${ORIGIN}/v1/probes/${id}`, { headers: { Prefer: "wait=1" } }),
    app.request(`${ORIGIN}/v1/probes/${id}/events`),
    app.request(`${ORIGIN}/v1/probes/${id}`, { method: "DELETE" }),
  ];
  for (const response of await Promise.all(asked)) expect(response.status).toBe(404);
  const evidence = {
    task: "other",
    data: { sequenceLengthTokens: 128 },
    evidence: { probeId: id },
  };
  const refused = await app.request(`${ORIGIN}/v1/recommendations`, jsonPost(evidence));
  expect(refused.status).toBe(422);
  expect(local.objectNames()).toEqual([]);
});
