import { createHash } from "node:crypto";
import { fusedEngineOn } from "../../../api/probe/engines/fused/fused-engine.ts";
import {
  instantiateKernels,
  type KernelExports,
} from "../../../api/probe/engines/fused/kernel-exports.ts";
import { openQuadraticRun } from "../../../api/probe/engines/fused/quadratic-run.ts";
import { resolveProbe } from "../../../api/probe/probe-spec.ts";
import { openProbe } from "../../../api/probe/run-probe.ts";
import { readTeacher } from "../../../api/services/probes/read-task.ts";
import { kernelModule } from "../../probe/fixtures.ts";
import { type Case, toCase } from "../cases.ts";
import { spreadOf } from "../stats.ts";

/** The task of the default probe, as a request names it. */
export const DEFAULT_TASK = { kind: "teacher" } as const;

interface ProbeTimes {
  /** Percent of the time from the first training run to the answer that was spent in JavaScript. */
  readonly jsPercent: number;
  /** Percent of all time that went into drawing the synthetic data, before the first run. */
  readonly dataPercent: number;
  readonly memoryBytes: number;
  readonly digest: string;
}

/** Kernels that add up the time spent in them. */
function timedKernels() {
  const kernels = instantiateKernels(kernelModule);
  const clock = { seconds: 0 };
  const entries = Object.entries(kernels).map(([name, value]: [string, unknown]) => {
    if (typeof value !== "function") return [name, value];
    const timed = (...values: readonly number[]) => {
      const start = performance.now();
      const result: unknown = value(...values);
      clock.seconds += (performance.now() - start) / 1000;
      return result;
    };
    return [name, timed];
  });
  return { clock, kernels: Object.fromEntries(entries) as KernelExports };
}

function runDefaultProbe(budgetRuns: number): ProbeTimes {
  const { clock, kernels } = timedKernels();
  const opening = performance.now();
  const spec = resolveProbe({ experiment: "critical-batch", task: readTeacher(DEFAULT_TASK) });
  const opened = openProbe(
    {
      engine: fusedEngineOn(kernels),
      openQuadratic: (...run) => openQuadraticRun(instantiateKernels(kernelModule), ...run),
    },
    spec,
  );
  if (opened.status !== "ok") throw new Error("the default probe cannot be opened");
  const start = performance.now();
  const hash = createHash("sha256");
  let cells = 0;
  const work = opened.run((_cell, result) => {
    cells += 1;
    hash.update(result.fingerprint);
  });
  let next = work.next();
  while (!next.done && cells < budgetRuns) next = work.next();
  const end = performance.now();
  return {
    jsPercent: 100 * (1 - (1000 * clock.seconds) / (end - start)),
    dataPercent: (100 * (start - opening)) / (end - opening),
    memoryBytes: kernels.memory.buffer.byteLength,
    digest: hash.digest("hex"),
  };
}

/**
 * The default probe in this process: its data, and its 50 or so training runs with their fits.
 *
 * @param probes - repeats; all must give the same digest.
 * @param budgetRuns - training runs after which a probe is stopped.
 */
export function measureJs(probes: number, budgetRuns: number): Case[] {
  const runs = Array.from({ length: probes }, () => runDefaultProbe(budgetRuns));
  if (new Set(runs.map(({ digest }) => digest)).size !== 1) {
    throw new Error("the same probe gave two answers");
  }
  const shape = `default critical-batch probe, ${probes} times`;
  const dataPercents = runs.map(({ dataPercent }) => dataPercent);
  const megabytes = runs.map(({ memoryBytes }) => memoryBytes / 1e6);
  return [
    toCase(
      { id: "probe-js-share", shape, unit: "%", ...spreadOf(runs.map((r) => r.jsPercent)) },
      { comparison: "<=", value: 3 },
    ),
    toCase({ id: "probe-data-share", shape, unit: "%", ...spreadOf(dataPercents) }),
    toCase(
      { id: "probe-wasm-memory", shape, unit: "MB", ...spreadOf(megabytes) },
      { comparison: "<", value: 64 },
    ),
  ];
}
