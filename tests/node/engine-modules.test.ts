import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKER_FOLDER } from "../../tools/paths.ts";
import { type RunningWorker, runWorker } from "../../tools/run-worker.ts";

const folder = mkdtempSync(join(tmpdir(), "critbatch-engines-"));
const isEngine = (name: string) => /-engine-\w+\.mjs$/.test(name);
let worker: RunningWorker;

/** The built Worker with engines that break as soon as they are evaluated. */
beforeAll(async () => {
  const workerFolder = join(folder, "worker");
  cpSync(WORKER_FOLDER, workerFolder, { recursive: true });
  for (const name of readdirSync(workerFolder).filter(isEngine)) {
    writeFileSync(join(workerFolder, name), 'throw new Error("evaluated");\n');
  }
  worker = await runWorker({
    host: "127.0.0.1",
    port: 0,
    persistTo: join(folder, "state"),
    variables: { BOUND_TO_LOOPBACK: "1" },
    workerFolder,
  });
});
afterAll(async () => {
  await worker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the probe engines of the built Worker", () => {
  it("are modules of their own", () => {
    expect(readdirSync(WORKER_FOLDER).filter(isEngine)).not.toEqual([]);
  });

  it("are not evaluated by 100 recommendations, but by the first probe", async () => {
    for (let i = 1; i <= 100; i += 1) {
      const query = `nonEmbeddingParams=${i}e7&trainingTokens=2e10`;
      const answer = await fetch(new URL(`/v1/recommendations?${query}`, worker.url));
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    const probe = await fetch(new URL("/v1/probes", worker.url), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ experiment: "noise-scale", task: { kind: "teacher" } }),
    });
    expect(probe.status).toBe(500);
  });
});
