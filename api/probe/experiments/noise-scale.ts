import type { CellResult } from "../cell.ts";
import { measurePoint, measuring, type NoiseScalePoint } from "./noise-cell.ts";
import { runPilot } from "./pilot.ts";
import type { Experiment } from "./stage.ts";
import { rateAt, type Sweep } from "./sweep.ts";

export type NoiseScaleOptions = {
  readonly steps: number;
  /** Blocks along the run, each with its own estimate. */
  readonly blocks: number;
  readonly intervalLevel: number;
  /** Learning rate to use; without it the pilot tunes one. */
  readonly peakLearningRate?: number;
};

export type NoiseScaleResult =
  | {
      readonly status: "measured";
      readonly batchExamples: number;
      readonly peakLearningRate: number;
      readonly points: readonly NoiseScalePoint[];
    }
  | {
      readonly status: "insufficient-measurements" | "lr-not-bracketed" | "diverged";
      readonly reason: string;
      readonly points: readonly NoiseScalePoint[];
    };

function blockEnds(steps: number, blocks: number): number[] {
  return Array.from({ length: blocks }, (_, i) => Math.round((steps * (i + 1)) / blocks));
}

function readBlocks(
  run: CellResult,
  ends: readonly number[],
  batchExamples: number,
  level: number,
): NoiseScalePoint[] {
  let first = 0;
  return ends.flatMap((end, i) => {
    const records = run.records.slice(first, end);
    const start = first;
    first = end;
    if (records.length < end - start || records.length === 0) return [];
    return [measurePoint(records, start, batchExamples, run.curvature[i], level)];
  });
}

/**
 * Measures gradient noise along one tuned run: |G|^2, tr(Sigma) and B_simple from the exact per-example
 * norms of every step, B_noise = tr(H Sigma) / G'HG by Hessian-vector products at the end of each block.
 *
 * @source docs/method.md, The noise scale and Probes
 */
export function* noiseScale(
  sweep: Sweep,
  options: NoiseScaleOptions,
): Experiment<NoiseScaleResult> {
  const batchExamples = sweep.pilotBatchExamples;
  if (batchExamples < 2 || options.steps < options.blocks) {
    const reason = "needs a batch of at least two examples and a step in every block";
    return { status: "insufficient-measurements", reason, points: [] };
  }
  let rate = options.peakLearningRate;
  if (rate === undefined) {
    const pilot = yield* runPilot(sweep, Math.max(8, Math.ceil(options.steps / 4)));
    if (pilot.status !== "ok") {
      const known = pilot.status === "lr-not-bracketed";
      const status = known ? "lr-not-bracketed" : "insufficient-measurements";
      return { status, reason: pilot.status, points: [] };
    }
    rate = rateAt(sweep, pilot.rateIndex);
  }
  const ends = blockEnds(options.steps, options.blocks);
  const cost = sweep.noiseCeiling?.(batchExamples, options.steps, options.blocks);
  if (cost === undefined || !sweep.budget.allows(cost)) {
    return { status: "insufficient-measurements", reason: "over-budget", points: [] };
  }
  const stop = { maxSteps: options.steps, startLoss: sweep.startLoss };
  const cell = measuring(sweep.makeCell(batchExamples, rate, 0, stop), ends);
  const [run] = yield { name: "noise along a tuned run", cells: [cell] };
  const points = readBlocks(run!, ends, batchExamples, options.intervalLevel);
  if (run!.status === "diverged") {
    return { status: "diverged", reason: "the run diverged", points };
  }
  return { status: "measured", batchExamples, peakLearningRate: rate, points };
}
