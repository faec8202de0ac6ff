import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { findChromium } from "../../tools/find-chromium.ts";
import type { Case } from "../bench/cases.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "critbatch-bench-smoke-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every figure that has a number to reach. */
const ASKED = [
  "http-get-1-median",
  "http-get-32-rate",
  "http-get-32-ratio",
  "http-post-1-median",
  "http-post-32-rate",
  "http-post-32-ratio",
  "sdk-entry",
  "service-cpu-per-call",
  // Only where there is a browser.
  ...(findChromium() === undefined ? [] : ["web-first-view"]),
  "web-page",
  "worker-main-module",
  "worker-start-active",
];

describe("npm run bench", () => {
  it("measures every figure that has a number to reach, and each is finite and positive", () => {
    const out = join(folder, "bench.json");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["tests/bench/run.ts", "--smoke", "--out", out],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect(stderr + stdout).toContain("written to");
    expect(status).toBe(0);

    const report = JSON.parse(readFileSync(out, "utf8"));
    expect(report).toMatchObject({
      schema: "critbatch-bench/1",
      commit: expect.any(String),
      runtime: { node: process.version, workerd: expect.any(String) },
      cpu: expect.any(String),
      cores: expect.any(Number),
      loadAverage: expect.any(Number),
      busyMachine: expect.any(Boolean),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const cases: readonly Case[] = report.cases;
    const asked = cases.filter(({ target }) => target !== null);
    expect(asked.map(({ id }) => id).sort()).toEqual(ASKED);
    for (const { id, median, lower, upper, target, met } of cases) {
      for (const figure of [median, lower, upper]) {
        expect(figure, id).toSatisfy((value: number) => Number.isFinite(value) && value > 0);
      }
      expect(typeof met, id).toBe(target === null ? "object" : "boolean");
      expect(stdout).toContain(id);
    }
  }, 180_000);
});
