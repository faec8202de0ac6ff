import { describe, expect, it } from "vitest";
import type { LocalPlatform } from "../local-platform.ts";
import { begin } from "../seeded-platform.ts";
import { answerInRequest, endOf, eventsOf, type Started, startJob, TINY } from "./fixtures.ts";

const inRequest = answerInRequest(TINY);

const listed = async ({ platform }: LocalPlatform) =>
  (await platform.jobs.list({}, 100, undefined))?.items ?? [];

/** The same probe begun afresh. */
async function again({ local, probeId, start, view }: Started): Promise<Started> {
  await begin(local.platform.jobs, start);
  return { local, probeId, start, view };
}

/** The later run is whole: it ends with the answer, and is the one that is listed. */
async function expectWhole(started: Started): Promise<void> {
  expect(await endOf(started)).toEqual({ kind: "answer", text: await inRequest });
  // The index follows the job.
  const { probeId } = started;
  await expect.poll(() => listed(started.local)).toMatchObject([{ probeId, status: "succeeded" }]);
}

describe("a run that begins", () => {
  it("while the one before it is deleted is not deleted with it", async () => {
    const first = await startJob();
    await endOf(first);
    const held = first.local.hold("DELETE FROM probes");
    const removed = (await first.local.platform.jobs.find(first.probeId))?.remove();
    await held.reached;
    const second = again(first);
    await expect.poll(() => first.local.objectNames()).toHaveLength(2);
    held.release();
    expect(await removed).toBe("removed");
    await expectWhole(await second);
  });

  it("while retention deletes the one before it is not deleted with it", async () => {
    const first = await startJob({ limits: { jobRetentionDays: 1e-9 } });
    await endOf(first);
    const { object } = first.local.objectOf(first.probeId);
    const held = first.local.hold("DELETE FROM probes");
    await new Promise((resolve) => setTimeout(resolve, 5));
    const alarm = object.alarm();
    await held.reached;
    const second = again(first);
    await expect.poll(() => first.local.objectNames()).toHaveLength(2);
    held.release();
    await alarm;
    expect(await (await second).view()).toBeDefined();
    expect(await listed(first.local)).toHaveLength(1);
  });

  it("while the answer of a probe inside a request is stored stays the current one", async () => {
    const idle = await startJob({ deliver: () => undefined });
    await (await idle.local.platform.jobs.find(idle.probeId))?.remove();
    await (await idle.local.platform.jobs.find(idle.probeId))?.remove();
    const held = idle.local.hold("put jobs/");
    const kept = idle.local.platform.jobs.keep(idle.start, "{}", "digest of another");
    await held.reached;
    await again(idle);
    held.release();
    await kept;
    expect(await idle.view()).toMatchObject({ kind: "job", job: { status: "queued" } });
    expect(await listed(idle.local)).toMatchObject([{ status: "queued" }]);
  });

  it("numbers its events above those of every run before it, deleted or not", async () => {
    const first = await startJob();
    await endOf(first);
    const before = (await eventsOf(first)).map(({ sequence }) => sequence);
    await (await first.local.platform.jobs.find(first.probeId))?.remove();
    const second = await again(first);
    await endOf(second);
    const after = (await eventsOf(second)).map(({ sequence }) => sequence);
    expect(after.length).toBe(before.length);
    expect(Math.min(...after)).toBeGreaterThan(Math.max(...before));
    const third = await again(second);
    await endOf(third);
    const [earliest] = await eventsOf(third);
    expect(earliest?.sequence).toBeGreaterThan(Math.max(...after));
  });
});

describe("a job", () => {
  it("tells the whole log to a stream that resumes beyond it or before it", async () => {
    const started = await startJob();
    await endOf(started);
    const events = await eventsOf(started);
    const probe = await started.local.platform.jobs.find(started.probeId);
    const last = events.at(-1)?.sequence ?? 0;
    for (const after of [3, last + 1, 2 * last]) {
      expect(await probe?.events(after, 0)).toEqual({ events, ended: true });
    }
    expect(await probe?.events(last, 0)).toEqual({ events: [], ended: true });
  });

  it("whose alarm throws has the next one set", async () => {
    const started = await startJob({
      deliver: () => {
        throw new Error("the queue is down");
      },
    });
    const { object, storage } = started.local.objectOf(started.probeId);
    storage.onAlarm = () => undefined;
    storage.alarmMs = undefined;
    await expect(object.alarm()).rejects.toThrow("the queue is down");
    expect(storage.alarmMs).toBeGreaterThan(Date.now());
  });

  it("that is deleted while a cell reports stays deleted", async () => {
    const started = await startJob({ deliver: () => undefined });
    const { object } = started.local.objectOf(started.probeId);
    await object.alarm();
    const run = runOf(started);
    const claim = await object.claimNext(run, "one");
    if (claim.kind !== "run") throw new Error("no cell");
    await object.remove();
    await object.remove();
    const report = { result: "{}", digest: "aa", flops: 1, told: {} };
    expect(await object.report({ run, number: claim.number }, report)).toBe(false);
    await object.heartbeat({ run, number: claim.number, holder: "one" }, 1, undefined);
    await object.fault({ run, number: claim.number, holder: "one" }, "late", true);
    await object.datasetGone(run, "late");
    await object.abandon({ run, number: claim.number });
    expect(await started.view()).toBeUndefined();
    expect(await listed(started.local)).toEqual([]);
  });

  it("that is deleted completes the deletion after a crash in the middle of it", async () => {
    const started = await startJob();
    await endOf(started);
    const { storage } = started.local.objectOf(started.probeId);
    const held = started.local.hold("DELETE FROM probes");
    void started.local.objectOf(started.probeId).object.remove();
    await held.reached;
    expect(storage.alarmMs).toBeGreaterThan(0);
    const restarted = started.local.restart(started.probeId);
    expect(await restarted.view()).toBeUndefined();
    await restarted.alarm();
    expect(await listed(started.local)).toEqual([]);
    expect(storage.sql.exec("SELECT name FROM sqlite_master").toArray()).toEqual([]);
  });
});

function runOf({ local, probeId }: Started): number {
  return Number(local.objectOf(probeId).name.split("-")[1]);
}
