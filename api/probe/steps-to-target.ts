import { portableExp, portableLog } from "./portable-math.ts";

/** One evaluation of a run's validation loss. */
export type CurvePoint = { readonly step: number; readonly loss: number };

// Evaluations lie 2 % of the run apart near the target and 10 % apart far above it (docs/method.md, Probes).
const FINE_RATIO = 1.02;
const COARSE_RATIO = 1.1;
const NEAR_FRACTION = 0.15;
const HALF_WINDOW = 3;

/**
 * Step of the next evaluation after `point`.
 *
 * @param startLoss - loss of the trivial predictor; the last 15 % of the way down is sampled finely.
 * @param targetLoss - undefined for a run without a target.
 */
export function nextEvaluationStep(
  point: CurvePoint,
  startLoss: number,
  targetLoss: number | undefined,
): number {
  const far =
    targetLoss === undefined || point.loss - targetLoss > NEAR_FRACTION * (startLoss - targetLoss);
  return Math.max(point.step + 1, Math.floor(point.step * (far ? COARSE_RATIO : FINE_RATIO)));
}

// Straight line in ln step through the neighbours, at the point itself.
function smoothedLoss(curve: readonly CurvePoint[], at: number): number {
  const from = Math.max(0, at - HALF_WINDOW);
  const to = Math.min(curve.length - 1, at + HALF_WINDOW);
  const centre = portableLog(curve[at]!.step);
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let i = from; i <= to; i += 1) {
    const x = portableLog(curve[i]!.step) - centre;
    const y = curve[i]!.loss;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const determinant = n * sxx - sx * sx;
  return determinant > 0 ? (sxx * sy - sx * sxy) / determinant : sy / n;
}

/**
 * Steps at which a smoothed loss curve first passes the target, interpolated in ln step.
 *
 * Smoothing: a straight line in ln step through the point and three neighbours on each side.
 *
 * @param curve - evaluations at ascending steps >= 1.
 * @param complete - false while the run goes on: then the crossing must have three points behind it.
 * @returns undefined when the smoothed curve has not passed the target.
 */
export function stepsToTarget(
  curve: readonly CurvePoint[],
  targetLoss: number,
  complete: boolean,
): number | undefined {
  const last = complete ? curve.length : curve.length - HALF_WINDOW;
  let before: CurvePoint | undefined;
  // While the run goes on, all but the newest point were looked at when they were the newest.
  for (let i = complete ? 0 : Math.max(0, last - 2); i < last; i += 1) {
    const raw = curve[i]!;
    const loss = smoothedLoss(curve, i);
    if (loss <= targetLoss) {
      if (before === undefined) return raw.step;
      const share = (before.loss - targetLoss) / (before.loss - loss);
      const from = portableLog(before.step);
      return portableExp(from + share * (portableLog(raw.step) - from));
    }
    before = { step: raw.step, loss };
  }
  return undefined;
}
