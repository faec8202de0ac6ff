import type { CurvatureMeasure, CurvatureNoise, SliceProgress } from "./cell.ts";
import { SLICE_FLOPS } from "./flop-count.ts";
import { permutedIndex } from "./random.ts";
import type { TrainingSession } from "./training-session.ts";

function keyedExamples(session: TrainingSession, count: number, seed: number, key: number) {
  const n = Math.min(count, session.trainExamples);
  return Uint32Array.from({ length: n }, (_, i) =>
    permutedIndex(i, session.trainExamples, seed, key),
  );
}

const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
};

type MeanGradient = { readonly gradient: Float32Array; readonly examples: number };

function* meanGradient(
  session: TrainingSession,
  examples: Uint32Array,
): Generator<SliceProgress, MeanGradient> {
  const gradient = new Float32Array(session.paramCount);
  const part = Math.max(1, Math.floor(SLICE_FLOPS / session.trainFlopsPerExample));
  for (let first = 0; first < examples.length; first += part) {
    const indices = examples.subarray(first, first + part);
    const measured = session.measureGradient(indices).gradient;
    const weight = indices.length / examples.length;
    for (let i = 0; i < gradient.length; i += 1) gradient[i]! += weight * measured[i]!;
    yield { flopsDone: indices.length * session.trainFlopsPerExample };
  }
  return { gradient, examples: examples.length };
}

function meanAndSe(values: readonly number[]): { readonly mean: number; readonly se: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, se: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 };
}

const GROUPS = 4;

/**
 * tr(H Sigma) and G'HG at the present weights, one Hessian-vector product per probe example and one per
 * group of examples.
 *
 *   tr(H Sigma) = mean_i d_i' H d_i / (1 + 1/N),  d_i = g_i - gbar
 *   G'HG        = mean over groups of gbar_k' H_k gbar_k - tr(H Sigma) / N
 *
 * gbar_k is the mean gradient of group k of N examples, none of them a probe; H_k belongs to a batch of
 * its own. The spread over probes and groups gives both standard errors.
 *
 * @source arXiv:1812.06162, eq. (2.8); Hutchinson-like mean over examples, docs/method.md, The noise scale
 */
export function* measureCurvature(
  session: TrainingSession,
  measure: CurvatureMeasure,
  seed: number,
): Generator<SliceProgress, CurvatureNoise> {
  const perExample = session.trainFlopsPerExample;
  const key = 0x100 + session.step;
  const all = keyedExamples(session, measure.gradientExamples + measure.probes, seed, key);
  const probes = all.subarray(0, Math.min(measure.probes, all.length - GROUPS));
  const rest = all.subarray(probes.length);
  const fitting = Math.max(1, Math.floor(SLICE_FLOPS / (2 * perExample)));
  const size = Math.min(measure.hessianExamples, fitting);
  const hessians = Array.from({ length: GROUPS }, (_, k) =>
    keyedExamples(session, size, seed, key + 0x10000 * (k + 1)),
  );
  const part = Math.floor(rest.length / GROUPS);
  const means: MeanGradient[] = [];
  const along: number[] = [];
  for (let k = 0; k < GROUPS; k += 1) {
    const mean = yield* meanGradient(session, rest.subarray(k * part, (k + 1) * part));
    means.push(mean);
    along.push(inner(mean.gradient, session.hessianVectorProduct(hessians[k]!, mean.gradient)));
    yield { flopsDone: 2 * hessians[k]!.length * perExample };
  }
  const traces: number[] = [];
  for (let i = 0; i < probes.length; i += 1) {
    const k = i % GROUPS;
    const deviation = session.measureGradient(probes.subarray(i, i + 1)).gradient;
    const { gradient, examples } = means[k]!;
    for (let j = 0; j < gradient.length; j += 1) deviation[j]! -= gradient[j]!;
    const value = inner(deviation, session.hessianVectorProduct(hessians[k]!, deviation));
    traces.push(value / (1 + 1 / examples));
    yield { flopsDone: (2 * hessians[k]!.length + 1) * perExample };
  }
  const trace = meanAndSe(traces);
  const curvature = meanAndSe(along);
  return {
    step: session.step,
    traceHessianSigma: trace.mean,
    traceHessianSigmaSe: trace.se,
    curvatureAlongGradient: curvature.mean - trace.mean / part,
    curvatureAlongGradientSe: curvature.se,
  };
}
