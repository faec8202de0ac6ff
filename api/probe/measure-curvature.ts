import type { CurvatureMeasure, CurvatureNoise, SliceProgress } from "./cell.ts";
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

/**
 * tr(H Sigma) and G'HG at the present weights, one Hessian-vector product per probe example.
 *
 *   tr(H Sigma) = mean_i d_i' H d_i,  d_i = g_i - gbar;   G'HG = gbar' H gbar - tr(H Sigma) / N
 *
 * gbar is the mean gradient of N other examples, H belongs to an independent batch: with d_i taken
 * about a mean over N examples the expectation of d_i' H d_i is tr(H Sigma) (1 + 1/N), divided out.
 *
 * @source laws 8.5; arXiv:1812.06162, eq. (2.8)
 */
export function* measureCurvature(
  session: TrainingSession,
  measure: CurvatureMeasure,
  seed: number,
): Generator<SliceProgress, CurvatureNoise> {
  const perExample = session.trainFlopsPerExample;
  const key = 0x100 + session.step;
  const all = keyedExamples(session, measure.gradientExamples + measure.probes, seed, key);
  const probes = all.subarray(0, measure.probes);
  const rest = all.length > measure.probes ? all.subarray(measure.probes) : all;
  const hessian = keyedExamples(session, measure.hessianExamples, seed, key + 0x10000);
  const mean = new Float32Array(session.paramCount);
  const part = Math.max(1, Math.floor(3e8 / perExample));
  for (let first = 0; first < rest.length; first += part) {
    const indices = rest.subarray(first, first + part);
    const { gradient } = session.measureGradient(indices);
    const weight = indices.length / rest.length;
    for (let i = 0; i < mean.length; i += 1) mean[i]! += weight * gradient[i]!;
    yield { flopsDone: indices.length * perExample };
  }
  const product = 2 * hessian.length * perExample;
  const along = inner(mean, session.hessianVectorProduct(hessian, mean));
  yield { flopsDone: product };
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < probes.length; i += 1) {
    const deviation = session.measureGradient(probes.subarray(i, i + 1)).gradient;
    for (let j = 0; j < mean.length; j += 1) deviation[j]! -= mean[j]!;
    const value = inner(deviation, session.hessianVectorProduct(hessian, deviation));
    sum += value;
    squares += value * value;
    yield { flopsDone: product + perExample };
  }
  const n = probes.length;
  const shrink = 1 / (1 + 1 / rest.length);
  const traceHessianSigma = (sum / n) * shrink;
  const variance = n > 1 ? (squares - (sum * sum) / n) / (n - 1) : 0;
  return {
    step: session.step,
    traceHessianSigma,
    traceHessianSigmaSe: Math.sqrt(Math.max(0, variance) / n) * shrink,
    curvatureAlongGradient: along - traceHessianSigma / rest.length,
  };
}
