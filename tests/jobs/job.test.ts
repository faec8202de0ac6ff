import { describe, expect, it } from "vitest";
import type { CellMessage } from "../../api/jobs/job-ports.ts";
import { type LocalPlatform, localPlatform } from "../local-platform.ts";
import {
  answerInRequest,
  endOf,
  engineWith,
  eventsOf,
  type Started,
  startJob,
  TINY,
} from "./fixtures.ts";

const jobOf = async (started: Parameters<typeof endOf>[0]) => {
  const view = await endOf(started);
  if (view.kind !== "job") throw new Error("the job has an answer");
  return view.job;
};

type Events = Awaited<ReturnType<typeof eventsOf>>;

const sequencesOf = (events: Events) => events.map(({ sequence }) => sequence);

const countedFrom = (events: Events) => events.map((_one, at) => events[0]!.sequence + at);

const remove = async ({ local, probeId }: Started) =>
  (await local.platform.jobs.find(probeId))?.remove();

const inRequest = answerInRequest(TINY);

describe("a job", () => {
  it("ends with the bytes of the probe inside a request, each cell told of once", async () => {
    const started = await startJob();
    const view = await endOf(started);
    expect(view).toEqual({ kind: "answer", text: await inRequest });
    const events = await eventsOf(started);
    const cells = events.filter(({ event }) => event === "cell");
    const told = cells.map(({ data }) => JSON.parse(data));
    expect(told.map(({ cellsDone }) => cellsDone)).toEqual(told.map((_one, at) => at + 1));
    expect(sequencesOf(events)).toEqual(countedFrom(events));
    expect(events.at(-1)).toMatchObject({ event: "result", data: await inRequest });
    expect(events.filter(({ event }) => event === "result")).toHaveLength(1);
    expect(started.local.faults).toEqual([]);
  });

  it("with every message twice, in reversed order, one in five dropped, ends the same", async () => {
    let count = 0;
    const engine = engineWith(() => undefined);
    const deliver = (messages: readonly CellMessage[], local: LocalPlatform) => {
      const kept = messages.filter(() => ++count % 5 !== 0).toReversed();
      for (const message of kept.flatMap((one) => [one, one])) {
        setTimeout(() => void local.run(message), 0);
      }
    };
    const started = await startJob({ engine, deliver });
    expect(await endOf(started)).toEqual({ kind: "answer", text: await inRequest });
    const cells = (await eventsOf(started)).filter(({ event }) => event === "cell");
    expect(cells.length).toBeGreaterThan(10);
    expect(new Set([...engine.runs.values()])).toEqual(new Set([1]));
  });

  it("whose messages are all lost goes on after a restart, and events keep their numbers", async () => {
    let lost = 0;
    const started = await startJob({
      limits: { jobLeaseSeconds: 0.05, jobCellFlops: 1e5 },
      deliver: (messages, local) => {
        // The process ends with them, and with whatever was being run.
        if (++lost % 3 === 0) local.restart(started.probeId);
        else for (const message of messages) setTimeout(() => void local.run(message), 0);
      },
    });
    expect(await endOf(started)).toEqual({ kind: "answer", text: await inRequest });
    expect(lost).toBeGreaterThan(5);
    const events = await eventsOf(started);
    expect(sequencesOf(events)).toEqual(countedFrom(events));
  });

  it("cut into pieces at checkpoints ends the same, and leaves no checkpoint behind", async () => {
    let most = 0;
    const started = await startJob({ limits: { jobCellFlops: 1e4 } });
    const { bucket } = started.local;
    const watch = setInterval(() => {
      most = Math.max(most, bucket.keys().length);
    }, 1);
    expect(await endOf(started)).toEqual({ kind: "answer", text: await inRequest });
    clearInterval(watch);
    expect(started.local.outcomes.length).toBeGreaterThan(100);
    expect(most).toBeGreaterThan(0);
    expect(bucket.keys()).toEqual([]);
  });

  it("one of whose cells always throws fails with the reason; another job goes on", async () => {
    let victim: string | undefined;
    const broken = engineWith((id, run) => {
      if (victim === undefined && broken.runs.size === 4) victim = id;
      if (id === victim) throw new Error(`the disk is on fire (${run})`);
    });
    const attempts = new Map<string, number>();
    const deliver = (messages: readonly CellMessage[], local: LocalPlatform) => {
      const queue = async (message: CellMessage): Promise<void> => {
        if ((await local.run(message)) !== "retry") return;
        const key = `${message.probeId} ${message.number}`;
        const attempt = (attempts.get(key) ?? 1) + 1;
        attempts.set(key, attempt);
        if (attempt > 5) await local.run(message, "critbatch-dead-cells");
        else setTimeout(() => void queue(message), 1);
      };
      for (const message of messages) setTimeout(() => void queue(message), 0);
    };
    const started = await startJob({ engine: broken, deliver });
    const job = await jobOf(started);
    expect(job).toMatchObject({
      status: "failed",
      failure: { code: "cell-failed", detail: expect.stringContaining("the disk is on fire") },
    });
    const last = (await eventsOf(started)).at(-1);
    expect(last).toMatchObject({ event: "failed", data: JSON.stringify(job) });
    const other = await startJob({
      local: started.local,
      request: {
        experiment: "critical-batch",
        task: { kind: "quadratic", dimensions: 4, targetLoss: 0.3 },
        seeds: 1,
      },
    });
    expect((await endOf(other)).kind).toBe("answer");
  });

  it("two runs of whose cell differ ends as nondeterministic", async () => {
    const held: CellMessage[] = [];
    const started = await startJob({ deliver: (messages) => held.push(...messages) });
    const { object } = started.local.objectOf(started.probeId);
    await expect.poll(() => held.length).toBeGreaterThan(0);
    const { run, number } = held[0]!;
    const report = { result: "{}", flops: 1, told: {} };
    await object.claim({ run, number, holder: "one" });
    await object.report({ run, number }, { ...report, digest: "aa" });
    await object.report({ run, number }, { ...report, digest: "aa" });
    expect((await started.view())?.kind).toBe("job");
    await object.report({ run, number }, { ...report, digest: "bb" });
    expect(await jobOf(started)).toMatchObject({
      status: "failed",
      cellsDone: 1,
      failure: { code: "nondeterministic-cell", detail: expect.stringContaining("aa and bb") },
    });
  });

  it("cancelled during a cell stops it and takes no result in", async () => {
    const engine = engineWith(() => {
      if (engine.runs.size === 3) void remove(started);
    });
    const started = await startJob({ engine });
    expect(await jobOf(started)).toMatchObject({ status: "cancelled", cellsDone: 2 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(engine.runs.size).toBe(3);
    expect((await eventsOf(started)).at(-1)?.event).toBe("failed");
    const { jobs } = started.local.platform;
    expect((await jobs.list({ status: "cancelled" }, 10, undefined))?.items).toHaveLength(1);
    expect(await remove(started)).toBe("removed");
    expect(await started.view()).toBeUndefined();
    expect((await jobs.list({}, 10, undefined))?.items).toEqual([]);
  });

  it("whose data set is deleted under way fails and says so", async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${i % 2}`,
    );
    const engine = engineWith(() => {
      if (engine.runs.size === 2) void platform.datasets.remove(datasetId);
    });
    const local = localPlatform({ loadEngine: async () => engine });
    const { platform } = local;
    const bytes = new TextEncoder().encode(rows.join("\n"));
    const put = await platform.datasets.put({ kind: "table", bytes, rows: 400, columns: 3 }, "");
    if (put === "full") throw new Error("full");
    const { datasetId } = put.dataset;
    const task = { kind: "table" as const, datasetId, target: "classification" as const };
    const request = { ...TINY, task };
    const started = await startJob({ local, request });
    expect(await jobOf(started)).toMatchObject({
      status: "failed",
      failure: { code: "dataset-deleted", detail: expect.stringContaining(datasetId) },
    });
  });

  it("fails past its cells and past its time", async () => {
    const many = await startJob({ limits: { jobCells: 8 } });
    expect(await jobOf(many)).toMatchObject({ failure: { code: "too-many-cells" } });
    const slow = await startJob({ limits: { jobWallSeconds: 0.001 }, deliver: () => undefined });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await jobOf(slow)).toMatchObject({ failure: { code: "wall-time" } });
  });

  it("is forgotten by the alarm when its time is over", async () => {
    const started = await startJob({ limits: { jobRetentionDays: 1e-9 } });
    await endOf(started);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await started.local.objectOf(started.probeId).object.alarm();
    expect(await started.view()).toBeUndefined();
  });
});
