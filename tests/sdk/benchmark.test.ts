import { describe, expect, it } from "vitest";
import { Critbatch } from "../../sdk/index.ts";
import { inProcess } from "./fetches.ts";
import { run } from "./run-line.ts";

const client = new Critbatch({ fetch: inProcess() });

describe("benchmark", () => {
  it("lists workloads with their exact FLOPs", async () => {
    const { workloads } = await client.listBenchmarks();
    const flops = Object.fromEntries(workloads.map((one) => [one.workload, one.flopsPerRepeat]));
    // 8 products of 2 n^3; ten steps of 64 rows, forward and backward without the first layer's input gradient.
    expect(flops["gemm"]).toBe(8 * 2 * 256 ** 3);
    expect(flops["train-mlp"]).toBe(10 * 64 * 2 * (3 * (784 * 128 + 128 * 10) - 784 * 128));
    expect(flops["empty"]).toBe(0);
  });

  it.each(["fused", "tfjs"] as const)(
    "measures %s from outside: a positive rate, one digest",
    async (engine) => {
      const figures = await client.benchmark("gemm", { engine, calls: 5 });
      const { value, interval } = figures.gflopPerSecond;
      expect(figures).toMatchObject({ workload: "gemm", engine, calls: 5 });
      expect(interval.lower).toBeLessThanOrEqual(value);
      expect(interval.upper).toBeGreaterThanOrEqual(value);
      expect(interval.level).toBeCloseTo(1 - 1 / 16, 10);
      expect(value).toBeGreaterThan(0);
      expect(await client.runBenchmark("gemm", { engine })).toMatchObject({
        digest: figures.digest,
      });
    },
  );

  it("does as much work as it is asked to", async () => {
    const once = await client.runBenchmark("train-mlp");
    const twice = await client.runBenchmark("train-mlp", { repeats: 2 });
    expect(twice.flops).toBe(2 * once.flops);
    expect(twice.digest).not.toBe(once.digest);
  });

  it("fails when two runs computed something different", async () => {
    let calls = 0;
    const lying = new Critbatch({
      fetch: async (url, init) => {
        const answer = await inProcess()(url, init);
        if (!String(url).includes("/gemm/")) return answer;
        const run = (await answer.json()) as object;
        calls += 1;
        return Response.json({ ...run, digest: `${calls}`.padStart(64, "0") });
      },
    });
    await expect(lying.benchmark("gemm", { calls: 5 })).rejects.toThrow(/two runs of gemm differ/);
    await expect(client.benchmark("gemm", { calls: 4 })).rejects.toThrow(RangeError);
  });

  it("refuses an engine where none is needed", async () => {
    await expect(client.runBenchmark("recommendations", { engine: "tfjs" })).rejects.toMatchObject({
      status: 422,
      errors: [{ pointer: "/engine" }],
    });
  });

  it("on the command line prints a row a workload, or the figures as JSON", async () => {
    const { exitCode, out, err } = await run("benchmark --calls 5");
    expect(err).toBe("");
    expect(exitCode).toBe(0);
    for (const name of ["recommendations", "gemm", "train-mlp", "train-transformer"]) {
      expect(out).toMatch(new RegExp(`^  ${name} +`, "m"));
    }
    expect(out).toMatch(
      /gemm +fused +[\d.]+ ms +[\d.]+ GFLOP\/s +[\d.]+ to [\d.]+ +5 calls +[0-9a-f]{12}/,
    );
    const json = await run("benchmark gemm --calls 5 --engine tfjs --json");
    expect(JSON.parse(json.out)).toMatchObject([{ workload: "gemm", engine: "tfjs", calls: 5 }]);
    const unknown = await run("benchmark nothing");
    expect(unknown.exitCode).not.toBe(0);
    expect(unknown.err).toContain("without a name runs every workload");
  });
});
