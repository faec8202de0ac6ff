import { readFileSync } from "node:fs";
import { fusedDeps } from "../../api/probe/engines/fused/probe-engine.ts";
import type { CriticalBatchResult } from "../../api/probe/experiments/critical-batch-fit.ts";
import { type EngineRequest, resolveProbe } from "../../api/probe/probe-spec.ts";
import { type FinishedProbe, openProbe } from "../../api/probe/run-probe.ts";

/** What the figures of a probe depend on besides what a proof imports. */
export const KERNEL_SOURCES: readonly string[] = ["api/probe/kernels", "tools/build/kernels.ts"];

/** The kernels as the build left them. */
export function compileKernels(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL("../../build/kernels.wasm", import.meta.url)));
}

/** A finished critical-batch probe with the processor time it took. */
export interface TimedProbe {
  readonly result: CriticalBatchResult;
  readonly flops: FinishedProbe["flops"];
  readonly cpuSeconds: number;
}

/** Runs a critical-batch probe to its end, as the service does. */
export function runCriticalBatch(
  kernels: WebAssembly.Module,
  request: Omit<EngineRequest, "experiment">,
): TimedProbe {
  const start = process.cpuUsage();
  const spec = resolveProbe({ ...request, experiment: "critical-batch" });
  const opened = openProbe(fusedDeps(kernels), spec);
  if (opened.status !== "ok") throw new Error(opened.detail);
  const work = opened.run(() => undefined);
  let next = work.next();
  while (!next.done) next = work.next();
  const { user, system } = process.cpuUsage(start);
  const { answer, flops } = next.value;
  if (answer.experiment !== "critical-batch") throw new Error(answer.experiment);
  return { result: answer.result, flops, cpuSeconds: (user + system) / 1e6 };
}

/** ln B_c of a bracketed probe; NaN, which keeps to no limit, of any other. */
export function logCriticalBatch({ bCritExamples }: CriticalBatchResult): number {
  return Math.log(bCritExamples?.value ?? Number.NaN);
}

/** The sd of ln B_c that a probe states: the larger of jackknife and Fisher. */
export function statedLogSd({ jackknifeLogSd, fisherLogSd }: CriticalBatchResult): number {
  return Math.max(jackknifeLogSd ?? Number.NaN, fisherLogSd ?? Number.NaN);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of a sample. */
export function sampleSd(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}
