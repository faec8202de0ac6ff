import { describe, expect, it } from "vitest";
import {
  Critbatch,
  type Fetch,
  ProbeEndedError,
  type ProbeEvent,
  type ProbeRequest,
  probe,
} from "../../sdk/index.ts";
import { startJob, TINY } from "../jobs/fixtures.ts";
import { SEEDED } from "../seeded-ids.ts";
import { inProcess } from "./fetches.ts";
import { afterChunks, type Cut, runningService } from "./running-service.ts";

const baseUrl = "http://localhost";
const QUADRATIC: ProbeRequest = {
  experiment: "critical-batch",
  task: { kind: "quadratic", dimensions: 4, targetLoss: 0.3 },
  seeds: 1,
};

function running(cut?: Cut) {
  const { fetch, ...rest } = runningService({ ...(cut && { cut }) });
  return { ...rest, client: new Critbatch({ fetch, baseUrl, retryDelayMs: 1 }) };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("a job through the package", () => {
  it("is started, watched over connections that break, and answers", async () => {
    const { client, asked } = running(afterChunks(1));
    const started = await client.startProbe(TINY);
    expect(started.status).toBe("queued");
    const events: ProbeEvent[] = await all(client.probeEvents(started.probeId));
    const [first] = events;
    expect(events.map(({ id }) => id)).toEqual(events.map((_one, at) => first!.id + at));
    expect(events.at(-1)).toMatchObject({ event: "result", data: { status: "succeeded" } });
    expect(events.some(({ event }) => event === "cell")).toBe(true);
    const resumed = asked.filter(({ url, last }) => url.endsWith("/events") && last !== null);
    expect(resumed.length).toBeGreaterThan(1);
    expect(await client.getProbe(started.probeId)).toEqual(events.at(-1)?.data);
    expect(await client.waitForProbe(started.probeId)).toEqual(events.at(-1)?.data);
  });

  it("resumes behind an event that the caller names", async () => {
    const { client } = running();
    const { probeId } = await client.startProbe(TINY);
    const events = await all(client.probeEvents(probeId));
    const rest = await all(client.probeEvents(probeId, { after: events[2]!.id }));
    expect(rest).toEqual(events.slice(3));
  });

  it("is what `probe` waits for where the work is too much for a request", async () => {
    const { fetch } = runningService({ requestFlops: 1 });
    const stages: string[] = [];
    const onProgress = ({ stage }: { readonly stage: string }) => stages.push(stage);
    const answer = await probe({ fetch, baseUrl }, TINY, { onProgress });
    expect(answer.status).toBe("succeeded");
    expect(stages.length).toBeGreaterThan(2);
  });

  it("that was cancelled ends the wait with the job", async () => {
    const client = new Critbatch({ fetch: inProcess(), baseUrl });
    const waited = client.waitForProbe(SEEDED.queued);
    expect(await client.cancelProbe(SEEDED.queued)).toMatchObject({ status: "cancelled" });
    const failure = await waited.catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(ProbeEndedError);
    expect(failure).toMatchObject({ job: { probeId: SEEDED.queued, status: "cancelled" } });
    expect(await client.cancelProbe(SEEDED.queued)).toBeUndefined();
    await expect(client.getProbe(SEEDED.queued)).rejects.toMatchObject({ status: 404 });
  });

  it("is asked to end once, whatever the client's retries: a second time would delete it", async () => {
    const service = inProcess();
    const loses: Fetch = async (url, init) => {
      await service(url, init);
      throw new TypeError("connection reset");
    };
    const client = new Critbatch({ fetch: loses, baseUrl, retries: 5, retryDelayMs: 1 });
    await expect(client.cancelProbe(SEEDED.queued)).rejects.toThrow("connection reset");
    const kept = new Critbatch({ fetch: service, baseUrl });
    expect(await kept.getProbe(SEEDED.queued)).toMatchObject({ status: "cancelled" });
    await expect(client.cancelProbe(SEEDED.queued, { retries: 1 })).rejects.toThrow();
    await expect(kept.getProbe(SEEDED.queued)).rejects.toMatchObject({ status: 404 });
  });

  it("that is unknown is a problem at once", async () => {
    const client = new Critbatch({ fetch: inProcess(), baseUrl });
    await expect(all(client.probeEvents("f".repeat(32)))).rejects.toMatchObject({ status: 404 });
  });

  it("ends the wait when the signal aborts", async () => {
    const { client, local } = running();
    const { probeId } = await startJob({ local, request: QUADRATIC });
    const controller = new AbortController();
    const waited = all(client.probeEvents(probeId, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    await expect(waited).rejects.toThrow("enough");
  });
});

describe("lists", () => {
  it("are walked page by page, newest first, and new items do not move the pages", async () => {
    const { client, local } = running();
    const ids: string[] = [];
    for (let dimensions = 2; dimensions < 9; dimensions++) {
      const task = { kind: "quadratic" as const, dimensions, targetLoss: 0.3 };
      const { probeId } = await startJob({ local, request: { ...QUADRATIC, task } });
      ids.unshift(probeId);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const seen: string[] = [];
    for await (const { probeId } of client.eachProbe({ limit: 2 })) {
      seen.push(probeId);
      if (seen.length === 3) await startJob({ local, request: TINY });
    }
    expect(seen).toEqual(ids);
    const { probes } = await client.listProbes({ limit: 1 });
    expect(ids).not.toContain(probes[0]?.probeId);
  });

  it("of data sets tell their kind, and forget what is deleted", async () => {
    const { client } = running();
    const text = await client.addDataset({ kind: "text", data: "to be or not", name: "hamlet" });
    const table = await client.addDataset({ kind: "table", data: "x,y\n1,2\n3,4\n" });
    expect(table).toMatchObject({ kind: "table", rows: 2, columns: 2, bytes: 12 });
    const found = await all(client.eachDataset({ kind: "text", limit: 1 }));
    expect(found).toEqual([text]);
    expect(await client.addDataset({ kind: "text", data: "to be or not" })).toEqual(text);
    expect(await client.deleteDataset(text.datasetId)).toBeUndefined();
    expect(await all(client.eachDataset())).toEqual([table]);
  });
});
