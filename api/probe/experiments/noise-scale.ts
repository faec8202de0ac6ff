import type { CellResult, CellSpec, CurvatureNoise } from "../cell.ts";
import type { StepRecord } from "../training-session.ts";
import { runPilot } from "./pilot.ts";
import { fiellerRatio, type RatioEstimate, ratioOfMeans } from "./ratio-interval.ts";
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

export type NoiseScalePoint = {
  /** Middle of the block. */
  readonly step: number;
  readonly examplesSeen: number;
  readonly loss: number;
  readonly gradSqNorm: number;
  readonly traceSigma: number;
  readonly bSimpleExamples: RatioEstimate;
  readonly bNoiseExamples: RatioEstimate;
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

// Steps inside a block are joined to this many groups before the interval is drawn: neighbours are
// correlated.
const GROUPS_PER_BLOCK = 12;

/** tr(Sigma) and |G|^2 of one step from its per-example norms, both unbiased. */
export type StepNoise = { readonly traceSigma: number; readonly gradSqNorm: number };

/**
 * Unbiased tr(Sigma) and |G|^2 of one step.
 *
 *   tr(Sigma) = n/(n-1) (m2 - |g|^2),  |G|^2 = (n |g|^2 - m2) / (n-1)
 *
 * @param batchExamples - n >= 2.
 * @source laws 2.1; arXiv:1812.06162, appendix A.1 with B_small = 1
 * @example stepNoise({meanExampleGradSqNorm: 3, batchGradSqNorm: 1.25, ...}, 4) is 7/3 and 2/3
 */
export function stepNoise(record: StepRecord, batchExamples: number): StepNoise {
  const n = batchExamples;
  const { meanExampleGradSqNorm: m2, batchGradSqNorm: g2 } = record;
  return { traceSigma: (n / (n - 1)) * (m2 - g2), gradSqNorm: (n * g2 - m2) / (n - 1) };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function measurePoint(
  records: readonly StepRecord[],
  first: number,
  batchExamples: number,
  curvature: CurvatureNoise | undefined,
  level: number,
): NoiseScalePoint {
  const traces: number[] = [];
  const norms: number[] = [];
  const group = Math.max(1, Math.floor(records.length / GROUPS_PER_BLOCK));
  for (let from = 0; from + group <= records.length; from += group) {
    const noise = records
      .slice(from, from + group)
      .map((record) => stepNoise(record, batchExamples));
    traces.push(average(noise.map(({ traceSigma }) => traceSigma)));
    norms.push(average(noise.map(({ gradSqNorm }) => gradSqNorm)));
  }
  const middle = first + records.length / 2;
  return {
    step: Math.round(middle),
    examplesSeen: Math.round(middle * batchExamples),
    loss: average(records.map(({ lossNats }) => lossNats)),
    gradSqNorm: average(norms),
    traceSigma: average(traces),
    bSimpleExamples: ratioOfMeans(traces, norms, level),
    bNoiseExamples: hessianWeighted(curvature, level),
  };
}

// Four groups of gradients give the denominator its error: three degrees of freedom.
function hessianWeighted(noise: CurvatureNoise | undefined, level: number): RatioEstimate {
  if (noise === undefined) return { status: "unresolved", reason: "not measured" };
  const trace = { mean: noise.traceHessianSigma, variance: noise.traceHessianSigmaSe ** 2 };
  const along = {
    mean: noise.curvatureAlongGradient,
    variance: noise.curvatureAlongGradientSe ** 2,
  };
  return fiellerRatio(trace, along, 0, 3, level);
}

function blockEnds(steps: number, blocks: number): number[] {
  return Array.from({ length: blocks }, (_, i) => Math.round((steps * (i + 1)) / blocks));
}

function measuring(cell: CellSpec, ends: readonly number[]): CellSpec {
  if (cell.kind !== "training") throw new RangeError('"task" quadratic has no gradient norms');
  return {
    ...cell,
    id: `noise-${cell.id}`,
    training: { ...cell.training, exampleNorms: true, curvature: true },
    curvature: { atSteps: ends, probes: 16, gradientExamples: 2048, hessianExamples: 128 },
  };
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
 * @source laws 2.1, 2.5, 8.5
 */
export function* noiseScale(
  sweep: Sweep,
  options: NoiseScaleOptions,
): Experiment<NoiseScaleResult> {
  const batchExamples = sweep.pilotBatchExamples;
  if (batchExamples < 2 || options.steps < options.blocks) {
    const reason = "needs a batch of two examples and a step in every block";
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
  const stop = { maxSteps: options.steps, startLoss: sweep.startLoss };
  const cell = measuring(sweep.makeCell(batchExamples, rate, 0, stop), ends);
  const [run] = yield { name: "noise along a tuned run", cells: [cell] };
  const points = readBlocks(run!, ends, batchExamples, options.intervalLevel);
  if (run!.status === "diverged") {
    return { status: "diverged", reason: "the loss stopped being finite or small", points };
  }
  return { status: "measured", batchExamples, peakLearningRate: rate, points };
}
