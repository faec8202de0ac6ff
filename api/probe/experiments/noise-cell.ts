import type { CellSpec, CurvatureNoise } from "../cell.ts";
import type { StepRecord } from "../training-session.ts";
import { fiellerRatio, type RatioEstimate, ratioOfMeans } from "./ratio-interval.ts";

/** Examples that one measurement of curvature takes. */
export const CURVATURE = { probes: 16, gradientExamples: 2048, hessianExamples: 128 } as const;

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
 * @source arXiv:1812.06162, appendix A.1 with B_small = 1
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

/** Noise over one block of steps, with the curvature measured at its end. */
export function measurePoint(
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

/** The same run with per-example norms in every step and curvature at the given ones. */
export function measuring(cell: CellSpec, ends: readonly number[]): CellSpec {
  if (cell.kind !== "training") throw new RangeError('"task" quadratic has no gradient norms');
  return {
    ...cell,
    id: `noise-${cell.id}`,
    training: { ...cell.training, exampleNorms: true, curvature: true },
    curvature: { ...CURVATURE, atSteps: ends },
  };
}
