import { describe, expect, it } from "vitest";
import type { Fetch } from "../../sdk/index.ts";
import { inProcess } from "./fetches.ts";
import { run } from "./run-line.ts";

const ESCAPE = "\u001b[";
const SPEC = JSON.stringify({
  task: {
    kind: "teacher",
    inputFeatures: 4,
    classes: 2,
    trainExamples: 512,
    validationExamples: 64,
  },
  model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
  seeds: 1,
  budgetFlops: 2e8,
});
const files = { "spec.json": SPEC };

/** The bodies that a command line sends; the service is not asked. */
async function asked(line: string, around: Parameters<typeof run>[1] = {}) {
  const bodies: Record<string, unknown>[] = [];
  const fetch: Fetch = async (_url, init) => {
    bodies.push(JSON.parse(String(init.body)));
    throw new Error("enough");
  };
  const { err } = await run(line, { ...around, fetch });
  return { body: bodies[0], err };
}

describe("probe", () => {
  it("draws steps over batch on log axes within 80 columns, the same every time", async () => {
    const { exitCode, out, err } = await run("probe spec.json", { files });
    expect(exitCode).toBe(0);
    expect(err).toBe("");
    expect(out).toMatch(/^(bracketed|not-bracketed): /);
    expect(out).toMatch(/ target loss +[\d.]+, \d+ % of the way to the best\n/);
    expect(out).toMatch(/^Steps to the target/m);
    expect(out).toMatch(/ \+[-=+]{64}\n/);
    expect(out).toMatch(/batch +learning rate +steps +examples +steps by seed\n/);
    expect(out).toMatch(/FLOP expected, engine fused, digest [0-9a-f]{16}/);
    const plot = out.slice(out.indexOf("Steps to"), out.indexOf("batch, examples"));
    for (const line of plot.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(plot.match(/o/g)?.length).toBeGreaterThan(2);
    expect(out).not.toContain(ESCAPE);
    expect((await run("probe -", { input: SPEC })).out).toBe(out);
  });

  it("draws what the other experiments measure", async () => {
    const noise = await run("probe spec.json --experiment noise-scale --budget-flops 3e8", {
      files,
    });
    expect(noise.out).toMatch(/^measured\n/);
    expect(noise.out).toMatch(/Noise scale along the run/);
    expect(noise.out).toMatch(/examples seen +loss +B_simple/);
    const rate = await run("probe spec.json --experiment learning-rate --budget-flops 3e8", {
      files,
    });
    expect(rate.out).toMatch(/Best learning rate by batch/);
    expect(rate.out).toMatch(/batch +best rate +loss +diverged from\n/);
  });

  it("draws a bar on a terminal only, over itself, and erases it", async () => {
    const onTerminal = { files, isTerminal: true, isErrorTerminal: true };
    const { out, err } = await run("probe spec.json", onTerminal);
    expect(out).toContain(ESCAPE);
    const bars = err.split(`\r${ESCAPE}K`);
    expect(bars.length).toBeGreaterThan(4);
    expect(bars[1]).toMatch(/^\[[#.]{24}\] \d+ % {2}\d+\/\d+ runs/);
    for (const bar of bars) expect(bar.length).toBeLessThan(80);
    expect(err.endsWith(`\r${ESCAPE}K`)).toBe(true);
    const env = { TERM: "dumb" };
    expect((await run("probe spec.json", { ...onTerminal, env })).err).toBe("");
    const json = await run("probe spec.json --json", { files });
    expect(json.err).toBe("");
    expect(JSON.parse(json.out)).toMatchObject({ status: "succeeded" });
  });

  it("gives its answer to a recommendation", async () => {
    const probed = (await run("probe spec.json --json", { files })).out;
    const { exitCode, out } = await run("recommend --task other --probe probe.json", {
      files: { "probe.json": probed },
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/Your probe puts the critical batch near [\d.]+ examples/);
  });

  it("says what it would cost and runs nothing", async () => {
    const { exitCode, out } = await run("probe --task teacher --dry-run");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^planned: critical-batch is over the limit of one request\n/);
    expect(out).toMatch(/ ceiling +\d+B FLOP\n/);
  });

  it("sends text, table and built-in tasks with what they leave out", async () => {
    const around = { files: { "a.txt": "to be", "b.csv": "1,2,0\n" }, input: "or not" };
    const taskOf = async (line: string) => (await asked(line, around)).body?.["task"];
    expect(await taskOf("probe --text a.txt")).toEqual({ kind: "language", text: "to be" });
    expect(await taskOf("probe --text -")).toEqual({ kind: "language", text: "or not" });
    const table = { kind: "table", csv: "1,2,0\n", target: "classification" };
    expect(await taskOf("probe --csv b.csv")).toEqual(table);
    expect(await taskOf("probe --csv b.csv --target regression")).toEqual({
      ...table,
      target: "regression",
    });
    expect(await taskOf("probe --task language")).toEqual({ kind: "language", synthetic: {} });
    const { body } = await asked("probe --task teacher --seed 2 --seeds 1 --budget-flops 1T");
    expect(body).toEqual({
      experiment: "critical-batch",
      task: { kind: "teacher" },
      seed: 2,
      seeds: 1,
      budgetFlops: 1e12,
    });
  });

  it("stops the work when it is interrupted, and says so", async () => {
    const controller = new AbortController();
    let told = false;
    const service = inProcess();
    const fetch: Fetch = async (url, init) => {
      const response = await service(url, init);
      controller.abort();
      init.signal?.addEventListener("abort", () => undefined);
      told = init.signal?.aborted === true;
      return response;
    };
    const interrupted = () => controller.signal;
    const { exitCode, out, err } = await run("probe spec.json", { files, fetch, interrupted });
    expect(exitCode).toBe(130);
    expect(told).toBe(true);
    expect(out).toBe("");
    expect(err).toBe("critbatch: stopped, here and in the service\n");
  });

  it("asks for what is missing, and names the option of what is wrong", async () => {
    const nothing = await run("probe");
    expect(nothing.exitCode).toBe(2);
    expect(nothing.err).toContain("--text FILE, --csv FILE, --task teacher");
    expect((await run("probe --seed 2")).err).toContain("give --text FILE");
    const both = { files: { "a.txt": "x", "b.csv": "1,2" } };
    expect((await run("probe --text a.txt --csv b.csv", both)).err).toContain("not both");
    const missing = await run("probe --text absent.txt");
    expect(missing.exitCode).toBe(2);
    expect(missing.err).toContain("absent.txt cannot be read");
    const short = await run("probe --text a.txt", { files: { "a.txt": "to be" } });
    expect(short.exitCode).toBe(1);
    expect(short.err).toContain("ten segments");
    const ragged = await run("probe --csv b.csv", { files: { "b.csv": "1,2,0\n1,2\n" } });
    expect(ragged.err).toMatch(/--csv \(\/task\/csv\): 3 columns in every row/);
    expect((await run("probe --task teacher --seeds 99")).err).toContain("--seeds (/seeds)");
  });
});
