import type { BenchmarkFigures } from "../benchmark.ts";
import type { Critbatch } from "../client.ts";
import type { WorkloadName } from "../generated/schema.ts";
import type { Command, Question, Shown } from "./command.ts";
import { number, text } from "./flags.ts";
import { page, section, table } from "./layout.ts";
import { threeDigits } from "./quantity-text.ts";

export const BENCHMARK: Command = {
  name: "benchmark",
  summary: "how fast the service computes, timed from here",
  takes: ["[WORKLOAD]"],
  flags: [
    text("engine", "/engine", "fused (default) or tfjs, TensorFlow.js"),
    number("calls", "/calls", "timed calls of each workload, at least 5 (7)"),
    number("repeats", "/repeats", "how often a call does the work, 1 to 32 (1)"),
  ],
  examples: ["critbatch benchmark", "critbatch benchmark gemm --engine tfjs --json"],
  whenNotFound: "critbatch benchmark without a name runs every workload",
  ask: askBenchmark,
};

async function askBenchmark(client: Critbatch, { names, body }: Question): Promise<Shown> {
  const [name] = names;
  const { workloads } = await client.listBenchmarks();
  // The service says so when there is no such workload.
  const chosen = name === undefined ? undefined : [name as WorkloadName];
  const answer: BenchmarkFigures[] = [];
  for (const workload of chosen ?? workloads.map((one) => one.workload)) {
    if (workload === "empty" && chosen === undefined) continue;
    const { engine, ...how } = body ?? {};
    const needsNone = workloads.find((one) => one.workload === workload)?.engines.length === 0;
    const given = needsNone && chosen === undefined ? how : (body ?? {});
    answer.push(await client.benchmark(workload, given));
  }
  return { answer, text: (paint) => page(section("Benchmark", rowsOf(answer), paint)) };
}

function rowsOf(figures: readonly BenchmarkFigures[]): string {
  const rows = figures.map(({ workload, engine, calls, milliseconds, gflopPerSecond, digest }) => {
    const { value, interval } = gflopPerSecond;
    const range = `${threeDigits(interval.lower)} to ${threeDigits(interval.upper)}`;
    return [
      workload,
      engine ?? "",
      `${milliseconds.toFixed(2)} ms`,
      value > 0 ? `${threeDigits(value)} GFLOP/s` : "",
      value > 0 ? range : "",
      `${calls} calls`,
      digest.slice(0, 12),
    ];
  });
  return table([["workload", "engine", "time", "rate", "range", "", "digest"], ...rows]);
}
