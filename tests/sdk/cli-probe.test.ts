import { describe, expect, it } from "vitest";
import {
  anew,
  asked,
  BASE_URL,
  clientOf,
  ESCAPE,
  fetch,
  files,
  idIn,
  SPEC,
} from "./probe-lines.ts";
import { run } from "./run-line.ts";
import type { Cut } from "./running-service.ts";

describe("probe", () => {
  it("draws steps over batch on log axes within 80 columns, the same from what is stored", async () => {
    const { exitCode, out } = await run("probe spec.json", { files, fetch });
    expect(exitCode).toBe(0);
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
    expect(await run("probe -", { input: SPEC, fetch })).toEqual({ exitCode: 0, out, err: "" });
  });

  it("draws what the other experiments measure", async () => {
    const measure = (experiment: string) =>
      run(`probe spec.json --experiment ${experiment} --budget-flops 3e8`, { files, fetch });
    const noise = await measure("noise-scale");
    expect(noise.out).toMatch(/^measured\n/);
    expect(noise.out).toMatch(/Noise scale along the run/);
    expect(noise.out).toMatch(/examples seen +loss +B_simple/);
    const rate = await measure("learning-rate");
    expect(rate.out).toMatch(/Best learning rate by batch/);
    expect(rate.out).toMatch(/batch +best rate +loss +diverged from\n/);
  });

  it("is submitted as a job, whatever its size, and run again only if --fresh", async () => {
    const { asked: calls, ...service } = anew();
    const first = await run("probe spec.json", { files, ...service });
    const probeId = idIn(first.err);
    expect(calls.map(({ method, url }) => `${method} ${url.replace(BASE_URL, "")}`)).toEqual([
      "POST /v1/probes",
      `GET /v1/probes/${probeId}/events`,
    ]);
    /** Events keep counting when a probe is run again. */
    const eventIds = async () => {
      const ids: number[] = [];
      for await (const { id } of clientOf(service).probeEvents(probeId)) ids.push(id);
      return ids;
    };
    const ids = await eventIds();
    await run("probe spec.json", { files, ...service });
    expect(await eventIds()).toEqual(ids);
    const again = await run("probe spec.json --fresh", { files, ...service });
    expect(again.out).toBe(first.out);
    expect((await eventIds())[0]).toBeGreaterThan(ids.at(-1) ?? 0);
  });

  it("gives its answer to a recommendation, as text or by its id", async () => {
    const probed = (await run("probe spec.json --json", { files, fetch })).out;
    const inline = await run("recommend --task other --probe probe.json", {
      files: { "probe.json": probed },
      fetch,
    });
    expect(inline.exitCode).toBe(0);
    expect(inline.out).toMatch(/Your probe puts the critical batch near [\d.]+ examples/);
    const { probeId } = JSON.parse(probed);
    const named = await run(`recommend --task other --probe-id ${probeId}`, { fetch });
    expect(named).toEqual(inline);
    const unknown = await run(`recommend --task other --probe-id ${"f".repeat(32)}`, { fetch });
    expect(unknown.exitCode).toBe(1);
    expect(unknown.err).toContain("--probe-id (/evidence/probeId): expected the id of a probe");
  });

  it("says what it would cost and runs nothing", async () => {
    const { asked: calls, ...service } = anew();
    const { exitCode, out } = await run("probe --task teacher --dry-run", service);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^planned: critical-batch is too much for one request\n/);
    expect(out).toMatch(/ ceiling +\d+B FLOP\n/);
    expect(calls.map(({ url }) => url)).toEqual([`${BASE_URL}/v1/probes?dryRun=true`]);
  });

  it("sends text, table and built-in tasks with what they leave out", async () => {
    const around = { files: { "a.txt": "to be", "b.csv": "1,2,0\n" }, input: "or not" };
    const taskOf = async (line: string) => (await asked(line, around))?.["task"];
    expect(await taskOf("probe --text a.txt")).toEqual({ kind: "language", text: "to be" });
    expect(await taskOf("probe --text -")).toEqual({ kind: "language", text: "or not" });
    const table = { kind: "table", csv: "1,2,0\n", target: "classification" };
    expect(await taskOf("probe --csv b.csv")).toEqual(table);
    expect(await taskOf("probe --csv b.csv --target regression")).toEqual({
      ...table,
      target: "regression",
    });
    expect(await taskOf("probe --task language")).toEqual({ kind: "language", synthetic: {} });
    const line = "probe --task teacher --seed 2 --seeds 1 --budget-flops 1T --fresh --detach";
    expect(await asked(line)).toEqual({
      experiment: "critical-batch",
      task: { kind: "teacher" },
      seed: 2,
      seeds: 1,
      budgetFlops: 1e12,
      fresh: true,
    });
  });

  it("asks for what is missing, and names the option of what is wrong", async () => {
    const nothing = await run("probe");
    expect(nothing.exitCode).toBe(2);
    expect(nothing.err).toContain("--text FILE, --csv FILE, --dataset ID, --task teacher");
    expect((await run("probe --seed 2")).err).toContain("give --text FILE");
    const both = { files: { "a.txt": "x", "b.csv": "1,2" } };
    expect((await run("probe --text a.txt --csv b.csv", both)).err).toContain("not more");
    const missing = await run("probe --text absent.txt");
    expect(missing.exitCode).toBe(2);
    expect(missing.err).toContain("absent.txt cannot be read");
    const binary = { files: { "a.bin": new Uint8Array([0x66, 0xfc, 0x72]) } };
    const latin = await run("probe --text a.bin", binary);
    expect(latin.exitCode).toBe(2);
    expect(latin.err).toContain("a.bin is not UTF-8");
    const short = await run("probe --text a.txt", { files: { "a.txt": "to be" } });
    expect(short.exitCode).toBe(1);
    expect(short.err).toContain("ten segments");
    const ragged = await run("probe --csv b.csv", { files: { "b.csv": "1,2,0\n1,2\n" } });
    expect(ragged.err).toMatch(/--csv \(\/task\/csv\): 3 columns in every row/);
    expect((await run("probe --task teacher --seeds 99")).err).toContain("--seeds (/seeds)");
  });
});

describe("the progress of a probe", () => {
  it("is a bar on a terminal, over itself, no wider, and erased", async () => {
    const onTerminal = { files, isTerminal: true, errorColumns: 100 };
    const { out, err } = await run("probe spec.json", { ...onTerminal, ...anew() });
    expect(out).toContain(ESCAPE);
    const [before, id, ...bars] = err.split(`\r${ESCAPE}K`);
    expect(before).toBe("");
    expect(id).toMatch(/^probe [0-9a-f]{32}$/);
    expect(bars.length).toBeGreaterThan(4);
    expect(bars[0]).toMatch(/^\[[#.]{16}\] \d+ % {2}\d+\/\d+ runs {2}[\d.,BM]+\/[\d.,BM]+ FLOP/);
    expect(bars.at(-1)).toBe("");
    for (const bar of bars) expect(bar.length).toBeLessThan(100);
    const filled = bars.slice(0, -1).map((bar) => bar.match(/#/g)?.length ?? 0);
    expect(filled).toEqual(filled.toSorted((a, b) => a - b));
    expect(filled.at(-1)).toBeGreaterThan(8);
    const narrow = await run("probe spec.json", { ...onTerminal, errorColumns: 20, ...anew() });
    for (const bar of narrow.err.split(`\r${ESCAPE}K`)) expect(bar.length).toBeLessThan(20);
  });

  it("tells the losses of the training runs under way", async () => {
    const events = [[0.25], [0.25, 0.5], []].map((losses, at) => ({
      stage: "rate search",
      flopsDone: 3e6 * (at + 1),
      flopsExpected: 1e7,
      cellsDone: at,
      cells: 4,
      losses: losses.map((loss) => ({ cellId: `${loss}`, loss })),
    }));
    const cut: Cut = (response, url) =>
      url.endsWith("/events")
        ? new Response(
            events
              .map((data, at) => `event: progress\ndata: ${JSON.stringify(data)}\nid: ${at}\n\n`)
              .concat('event: failed\ndata: {"probeId":"1","status":"cancelled"}\nid: 9\n\n')
              .join(""),
          )
        : response;
    const { err } = await run("probe spec.json", { files, ...anew(cut) });
    expect(err.split("\n").slice(1)).toEqual([
      "critbatch: 30 %  0/4 runs  3M/10M FLOP  loss 0.25  rate search",
      "critbatch: 60 %  1/4 runs  6M/10M FLOP  losses 0.25 to 0.5  rate search",
      "critbatch: 90 %  2/4 runs  9M/10M FLOP  rate search",
      "critbatch: the probe 1 was cancelled",
      "",
    ]);
  });

  it.each([
    ["where standard error is no terminal", {}],
    ["on a dumb terminal", { errorColumns: 80, env: { TERM: "dumb" } }],
  ])("is the id and a line a tenth at most %s", async (_where, around) => {
    const { err, out } = await run("probe spec.json --json", { files, ...around, ...anew() });
    expect(JSON.parse(out)).toMatchObject({ status: "succeeded" });
    expect(err).not.toContain(ESCAPE);
    const [id, ...lines] = err.trimEnd().split("\n");
    expect(id).toBe(`critbatch: probe ${JSON.parse(out).probeId}`);
    const shares = lines.map((line) => Number(/^critbatch: (\d+) % /.exec(line)?.[1]));
    expect(shares.length).toBeGreaterThan(2);
    const tenths = shares.map((share) => Math.floor(share / 10));
    expect(tenths).toEqual([...new Set(tenths)].toSorted((a, b) => a - b));
  });

  it("is not told with --quiet", async () => {
    for (const around of [{}, { errorColumns: 80 }]) {
      const quiet = await run("probe spec.json --quiet", { files, ...around, ...anew() });
      expect(quiet).toMatchObject({ exitCode: 0, err: "" });
    }
  });
});
