import { describe, expect, it } from "vitest";
import { IdempotencyStore } from "../../api/jobs/stores/idempotency-store.ts";
import { localDatabase } from "../local-platform.ts";

const MINUTE_MS = 60_000;
const ANSWER = { status: 200, headers: {}, body: "first" };

function store(given: { idempotencyRecords?: number; idempotencyBytes?: number } = {}) {
  let now = Date.now();
  const limits = {
    idempotencyHours: 0.01,
    idempotencyRecords: 10_000,
    idempotencyBytes: 1e9,
    ...given,
  };
  const database = localDatabase();
  const records = new IdempotencyStore(database, () => now, limits);
  const count = async () =>
    (await database.prepare("SELECT COUNT(*) AS n FROM idempotency").first<{ n: number }>())?.n;
  return {
    records,
    count,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("an idempotency key", () => {
  it("stays taken for as long as its first call runs, past every limit of time", async () => {
    const { records, pass } = store();
    expect(await records.begin("k", "f", "one")).toBe("first");
    for (let minute = 0; minute < 30; minute += 1) {
      pass(MINUTE_MS);
      await records.renew("k", "one");
      expect(await records.begin("k", "f", "two")).toBe("in-progress");
    }
    await records.finish("k", "one", ANSWER);
    pass(-30 * MINUTE_MS);
    expect(await records.begin("k", "f", "two")).toEqual(ANSWER);
  });

  it("of a call that has died is given to the next, whose record the dead one cannot change", async () => {
    const { records, pass } = store();
    await records.begin("k", "f", "dead");
    pass(6 * MINUTE_MS);
    expect(await records.begin("k", "f", "next")).toBe("first");
    await records.finish("k", "dead", { ...ANSWER, body: "late" });
    await records.forget("k", "dead");
    expect(await records.begin("k", "f", "third")).toBe("in-progress");
    await records.finish("k", "next", ANSWER);
    expect(await records.begin("k", "f", "third")).toEqual(ANSWER);
  });

  it("belongs to one request: another one is refused", async () => {
    const { records } = store();
    await records.begin("k", "f", "one");
    expect(await records.begin("k", "g", "two")).toBe("other-request");
  });

  it.each([
    ["number", { idempotencyRecords: 5 }],
    ["bytes", { idempotencyBytes: 5 * 1010 }],
  ])("is one of a bounded %s of records: the oldest answers give way", async (_what, limits) => {
    const { records, count, pass } = store(limits);
    await records.begin("running", "f", "me");
    for (let at = 0; at < 20; at += 1) {
      pass(1);
      await records.begin(`k${at}`, "f", "me");
      await records.finish(`k${at}`, "me", { ...ANSWER, body: "x".repeat(1000) });
    }
    expect(await count()).toBeLessThanOrEqual(6);
    expect(await records.begin("running", "f", "me")).toBe("in-progress");
    expect(await records.begin("k19", "f", "me")).toMatchObject({ status: 200 });
    expect(await records.begin("k3", "f", "me")).toBe("first");
  });
});
