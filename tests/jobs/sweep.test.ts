import { describe, expect, it } from "vitest";
import { type LocalPlatform, localPlatform } from "../local-platform.ts";
import { begin } from "../seeded-platform.ts";
import { endOf, engine, startJob } from "./fixtures.ts";

const HOUR_MS = 3_600_000;

const listed = async ({ platform }: LocalPlatform) =>
  (await platform.jobs.list({}, 100, undefined))?.items ?? [];

const tablesOf = (local: LocalPlatform, probeId: string) =>
  local.objectOf(probeId).storage.sql.exec("SELECT name FROM sqlite_master").toArray();

describe("the hourly sweep", () => {
  it("removes the row of a job that was admitted and never began, and frees its place", async () => {
    const local = localPlatform({ loadEngine: async () => engine, limits: { jobsAtOnce: 1 } });
    const { jobs } = local.platform;
    const start = (probeId: string) => ({
      probeId,
      request: "{}",
      plan: JSON.stringify({ experiment: "critical-batch", flops: { expected: 1 } }),
    });
    expect(await jobs.admit(start("aa"))).toMatchObject({ kind: "admitted" });
    await local.platform.scheduled();
    expect(await listed(local)).toHaveLength(1);
    await local.alter(`UPDATE probes SET createdMs = createdMs - ${HOUR_MS}`);
    expect(await jobs.admit(start("bb"))).toMatchObject({ kind: "full" });
    await local.platform.scheduled();
    expect(await listed(local)).toEqual([]);
    expect(await jobs.admit(start("bb"))).toMatchObject({ kind: "admitted" });
  });

  it("removes the row of an object whose storage is lost", async () => {
    const started = await startJob();
    await endOf(started);
    const { local, probeId } = started;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await local.objectOf(probeId).storage.deleteAll();
    local.restart(probeId);
    await local.alter(`UPDATE probes SET createdMs = createdMs - ${HOUR_MS}`);
    await local.platform.scheduled();
    expect(await listed(local)).toEqual([]);
    await local.platform.scheduled();
    expect(local.faults).toEqual([]);
  });

  it("gives a probe whose row is lost its row back", async () => {
    const started = await startJob();
    const view = await endOf(started);
    const { local } = started;
    await expect.poll(() => listed(local)).toMatchObject([{ status: "succeeded" }]);
    const before = await listed(local);
    await local.alter("DELETE FROM probes");
    expect(await started.view()).toBeUndefined();
    await local.platform.scheduled();
    expect(await listed(local)).toEqual(before);
    expect(await started.view()).toEqual(view);
  });

  it("wipes an earlier run that a later one has replaced and that was not deleted", async () => {
    const first = await startJob();
    await endOf(first);
    const { local, probeId, start } = first;
    const earlier = local.objectOf(probeId);
    // The object of the earlier run cannot be reached when the later one begins.
    const forget = earlier.object.forget.bind(earlier.object);
    earlier.object.forget = () => Promise.reject(new Error("unreachable"));
    await begin(local.platform.jobs, start);
    await endOf(first);
    expect(await earlier.object.view()).toBeDefined();
    earlier.object.forget = forget;
    await local.platform.scheduled();
    expect(await earlier.object.view()).toBeUndefined();
    expect(earlier.storage.sql.exec("SELECT name FROM sqlite_master").toArray()).toEqual([]);
    expect(tablesOf(local, probeId)).not.toEqual([]);
    expect(await listed(local)).toHaveLength(1);
  });

  it("removes data sets without bytes, and old bytes and checkpoints without an owner", async () => {
    const local = localPlatform({ loadEngine: async () => engine });
    const { datasets } = local.platform;
    const bytes = new TextEncoder().encode("some text");
    const put = () => datasets.put({ kind: "text", bytes, rows: 0, columns: 0 }, "");
    await put();
    for (const key of local.bucket.keys()) local.bucket.lose(key);
    await local.platform.scheduled();
    expect((await datasets.list(undefined, 10, undefined))?.items).toEqual([]);
    await put();
    const [stored] = local.bucket.keys();
    await local.bucket.put("datasets/nobody's", "x");
    await local.bucket.put("checkpoints/aa-1/hash", "x");
    await local.platform.scheduled();
    expect(local.bucket.keys()).toHaveLength(3);
    local.bucket.age(HOUR_MS);
    await local.platform.scheduled();
    expect(local.bucket.keys()).toEqual([stored]);
  });

  it("does the rest of its work when a part of it fails", async () => {
    const local = localPlatform({ loadEngine: async () => engine });
    await local.alter(
      "INSERT INTO idempotency (key, fingerprint, startedMs, status, headers, body) VALUES ('k', 'f', 1, 200, '{}', '')",
    );
    await local.alter("DROP TABLE datasets");
    await local.platform.scheduled();
    expect(local.faults).toHaveLength(1);
    expect(await local.platform.idempotency.begin("k", "f", "me")).toBe("first");
  });
});
