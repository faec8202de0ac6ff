import { fitHyperbola } from "../../../api/numerics/fitting/hyperbola.ts";
import { parabolaGain } from "../../../api/probe/experiments/rate-search.ts";
import {
  type CurvePoint,
  nextEvaluationStep,
  stepsToTarget,
} from "../../../api/probe/steps-to-target.ts";

/** Expected loss of SGD on the noisy quadratic model after any number of steps (arXiv:1907.04164, closed form). */
export function expectedLoss(
  h: Float64Array,
  initialVariance: number,
  batch: number,
  rate: number,
  step: number,
): number {
  let loss = 0;
  for (const curvature of h) {
    const r = (1 - rate * curvature) ** 2;
    const noise = (rate * rate * curvature) / batch;
    const end = noise / (1 - r);
    loss += 0.5 * curvature * (end + r ** step * (initialVariance - end));
  }
  return loss;
}

function expectedSteps(
  h: Float64Array,
  batch: number,
  rate: number,
  target: number,
): number | undefined {
  const start = expectedLoss(h, 1, batch, rate, 0);
  const curve: CurvePoint[] = [];
  let point: CurvePoint = { step: 0, loss: start };
  while (point.step < 2e5) {
    const step = nextEvaluationStep(point, start, target);
    point = { step, loss: expectedLoss(h, 1, batch, rate, step) };
    if (!(point.loss < 4 * start)) return undefined;
    curve.push(point);
    const steps = stepsToTarget(curve, target, false);
    if (steps !== undefined) return steps;
  }
  return undefined;
}

export type OraclePoint = { readonly batchExamples: number; readonly steps: number };

/**
 * Steps to the target in expectation, through the same evaluation grid, smoothing, rate grid and
 * parabola as a probe, and the hyperbola fitted to them.
 */
export function quadraticOracle(h: Float64Array, batches: readonly number[], target: number) {
  const points = batches.map((batchExamples): OraclePoint => {
    const found = new Map<number, number>();
    for (let index = -20; index <= 0; index += 1) {
      const steps = expectedSteps(h, batchExamples, 1.9 * 2 ** (index / 2), target);
      if (steps !== undefined) found.set(index, steps);
    }
    const [best, steps] = [...found].reduce((a, b) => (b[1] < a[1] ? b : a));
    const gain = parabolaGain(found.get(best - 1), steps, found.get(best + 1));
    return { batchExamples, steps: steps * Math.exp(gain) };
  });
  const fit = fitHyperbola(
    batches,
    points.map(({ steps }) => steps),
  );
  if (fit.status !== "ok") throw new Error(fit.status);
  return { points, bCrit: fit.bCrit };
}
