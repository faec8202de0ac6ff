import type {
  BenchmarkList,
  BenchmarkRequest,
  BenchmarkRun,
  WorkloadName,
} from "./generated/schema.ts";
import type { AnyCallOptions, CallOptions, ClientOptions } from "./options.ts";
import { type Reply, start } from "./reply.ts";

/** What can be run to measure a service. GET /v1/benchmarks. */
export function listBenchmarks<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  options?: O,
): Reply<BenchmarkList, O> {
  return start(client, { method: "GET", path: "/v1/benchmarks" }, options);
}

/** One run of a workload; its time is yours to measure. POST /v1/benchmarks/{workload}/runs. */
export function runBenchmark<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  workload: WorkloadName,
  request: BenchmarkRequest = {},
  options?: O,
): Reply<BenchmarkRun, O> {
  const path = `/v1/benchmarks/${encodeURIComponent(workload)}/runs`;
  return start(client, { method: "POST", path, body: request }, options);
}

/** How a workload is measured. */
export interface BenchmarkHow extends Pick<BenchmarkRequest, "engine" | "repeats"> {
  /** Timed calls, at least 5 (7). */
  readonly calls?: number;
}

/** Time and rate of a workload, measured from outside. */
export interface BenchmarkFigures {
  readonly workload: WorkloadName;
  readonly engine?: "fused" | "tfjs";
  readonly calls: number;
  readonly flops: number;
  readonly digest: string;
  /** Median of the calls, each less the median of empty calls; ms. */
  readonly milliseconds: number;
  /** Median rate with the range of the calls, which holds the true median with the chance `level`; 0 without FLOPs. */
  readonly gflopPerSecond: {
    readonly value: number;
    readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
  };
  readonly modelVersion: string;
}

const FEWEST_CALLS = 5;

/**
 * Measures a workload: a warm-up, then timed calls in turn with empty ones, whose median is taken off. The clock is
 * this program's, since that of a deployed Worker stands still while it works.
 *
 * @throws {RangeError} when `calls` is not a whole number of at least 5.
 * @throws {Error} when two calls computed something different.
 * @example await benchmark({}, "gemm", { engine: "fused" })
 */
export async function benchmark(
  client: ClientOptions,
  workload: WorkloadName,
  { calls = 7, ...request }: BenchmarkHow = {},
  options: CallOptions = {},
): Promise<BenchmarkFigures> {
  if (!Number.isInteger(calls) || calls < FEWEST_CALLS) {
    throw new RangeError(
      `calls: expected a whole number of at least ${FEWEST_CALLS}, received ${calls}`,
    );
  }
  const timed = async (name: WorkloadName, body: BenchmarkRequest) => {
    const begun = performance.now();
    const run = await runBenchmark(client, name, body, options);
    return { run, milliseconds: performance.now() - begun };
  };
  const { run: first } = await timed(workload, request);
  await timed("empty", {});
  const times: number[] = [];
  const empty: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const { run, milliseconds } = await timed(workload, request);
    if (run.digest !== first.digest || run.modelVersion !== first.modelVersion) {
      throw new Error(`two runs of ${workload} differ: ${first.digest} and ${run.digest}`);
    }
    times.push(milliseconds);
    empty.push((await timed("empty", {})).milliseconds);
  }
  const overhead = median(empty);
  // A call that was quicker than an empty one is as quick as the clock can tell.
  const net = times.map((time) => Math.max(time - overhead, 1e-3)).sort((a, b) => a - b);
  const rate = (milliseconds: number) => first.flops / milliseconds / 1e6;
  const [shortest = Number.NaN, longest = Number.NaN] = [net[0], net.at(-1)];
  return {
    workload,
    ...(first.engine && { engine: first.engine }),
    calls,
    flops: first.flops,
    digest: first.digest,
    milliseconds: median(net),
    gflopPerSecond: {
      value: rate(median(net)),
      interval: { lower: rate(longest), upper: rate(shortest), level: 1 - 2 ** (1 - calls) },
    },
    modelVersion: first.modelVersion,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[(sorted.length - 1) >> 1],
    sorted[sorted.length >> 1],
  ];
  return (low + high) / 2;
}
