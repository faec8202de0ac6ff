import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { findPython } from "../../tools/find-python.ts";
import type { Case } from "../bench/cases.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "critbatch-bench-probe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ALWAYS = [
  "tfjs mlp",
  "tfjs mlp 64-128-10 batch=16",
  "tfjs in workerd mlp",
  "tfjs in workerd mlp 64-128-10 batch=16",
  "tfjs in workerd transformer",
  "tfjs in workerd transformer d=32 layers=1 context=32 batch=16",
  "tfjs-engine-memory",
  "tfjs-engine-size",
  "tfjs-engine-start",
  "gemm/peak 64-128-10 batch=64",
  "norms mlp 64-128-10 batch=16",
  "probe-data-share",
  "probe-js-share",
  "probe-wasm-memory",
];
const WITH_PYTORCH = [
  "pytorch batch<=16",
  "pytorch batch<=16, mlp",
  "pytorch mlp 64-128-10 batch=16",
  "pytorch transformer d=32 layers=1 context=32 batch=16",
];

describe("npm run bench:probe", () => {
  it("checks the rivals' losses and writes every kind of figure with an interval", () => {
    const out = join(folder, "probe.json");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["tests/bench/probe/run.ts", "--smoke", "--out", out],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect(stderr + stdout).toContain("written to");
    expect(status).toBe(0);

    const report = JSON.parse(readFileSync(out, "utf8"));
    expect(report).toMatchObject({
      schema: "critbatch-bench-probe/1",
      runtime: { node: process.version },
      rivals: { tfjs: expect.any(String) },
    });
    const cases: readonly Case[] = report.cases;
    const ids = cases.map(({ id }) => id);
    const expected = [
      ...ALWAYS,
      ...(findPython("torch") === undefined ? [] : WITH_PYTORCH),
      ...(process.platform === "linux" ? ["probe-cpu"] : []),
    ];
    expect(ids.sort()).toEqual(expected.sort());
    for (const { id, median, lower, upper, target, met } of cases) {
      expect(median, id).toSatisfy((value: number) => Number.isFinite(value) && value > 0);
      expect(lower, id).toBeLessThanOrEqual(median);
      expect(upper, id).toBeGreaterThanOrEqual(median);
      expect(typeof met, id).toBe(target === null ? "object" : "boolean");
    }
  }, 180_000);
});
