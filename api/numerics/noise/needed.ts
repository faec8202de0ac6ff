import { normalQuantile } from "../quantiles.ts";
import type { EstimatedPair } from "./fieller.ts";

/** What would bring the interval to +-20 %: more observations at this batch, or this many at a bigger batch. */
export interface NeededMeasurements {
  readonly observations: number;
  readonly bigBatch: number;
}

/** How the measurements at hand were taken. */
export interface MeasurementDesign {
  readonly observations: number;
  readonly smallBatch: number;
  readonly bigBatch: number;
}

const RELATIVE_HALF_WIDTH = 0.2;
const MAX_NEEDED = 1e15;
const NEGLIGIBLE = 1e-9;

/**
 * Observations, or big batch, for an interval of +-20 % around the noise scale.
 *
 *   rel.var[R] = V_ss/s^2 - 2 V_sg/(s g) + V_gg/g^2,   needed K = K rel.var (z/0.2)^2
 *   V_gg(B) ~ (1 + 2 B/R)/B^2,   V_ss(B) ~ 1/(B/b - 1)
 *
 * Normal theory for isotropic noise. Where tr(Sigma) or |G|^2 is not above its own standard error it is taken
 * to be as large as that, and the answer is the least that could do.
 *
 * @param pair - tr(Sigma) over |G|^2 with covariance.
 * @param design - observations used, and the batch sizes they were taken at.
 * @param level - coverage of the interval.
 * @returns whole numbers up to 1e15; a need already met is a number at or below the present one.
 * @source docs/method.md, The noise scale (variance of the estimates)
 */
export function neededMeasurements(
  pair: EstimatedPair,
  design: MeasurementDesign,
  level: number,
): NeededMeasurements {
  const { covariance: v } = pair;
  const trace = Math.max(pair.numerator, Math.sqrt(v.numerator));
  const gradSq = Math.max(pair.denominator, Math.sqrt(v.denominator));
  // A part that is 0 without error would make its relative error undefined.
  const s = Math.max(trace, NEGLIGIBLE * gradSq * design.smallBatch);
  const g = Math.max(gradSq, (NEGLIGIBLE * trace) / design.bigBatch);
  const allowed = (RELATIVE_HALF_WIDTH / normalQuantile((1 + level) / 2)) ** 2;
  const traceVariance = v.numerator / (s * s);
  const gradVariance = v.denominator / (g * g);
  const crossVariance = (2 * v.cross) / (s * g);
  const relativeVariance = Math.max(0, traceVariance - crossVariance + gradVariance);
  const observations = Math.ceil((design.observations * relativeVariance) / allowed);
  const noiseScale = s / g;
  const gradAt = (batch: number) => (1 + (2 * batch) / noiseScale) / (batch * batch);
  const traceAt = (batch: number) => 1 / (batch / design.smallBatch - 1);
  const varianceAt = (batch: number) =>
    (gradVariance * gradAt(batch)) / gradAt(design.bigBatch) +
    (traceVariance * traceAt(batch)) / traceAt(design.bigBatch);
  const bigBatch =
    relativeVariance <= allowed ? design.bigBatch : batchReaching(allowed, varianceAt, design);
  return {
    observations: Math.max(2, Math.min(MAX_NEEDED, observations)),
    bigBatch: Math.min(MAX_NEEDED, Math.ceil(bigBatch)),
  };
}

/** Smallest batch at which a falling variance is allowed, by bisection in the logarithm. */
function batchReaching(
  allowed: number,
  varianceAt: (batch: number) => number,
  design: MeasurementDesign,
): number {
  let low = design.bigBatch;
  let high = low;
  while (varianceAt(high) > allowed && high < MAX_NEEDED) high *= 2;
  for (let i = 0; i < 50; i++) {
    const middle = Math.sqrt(low * high);
    if (varianceAt(middle) > allowed) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Share of the largest possible progress per example that is left at batch B.
 *
 *   efficiency(B) = 1 / (1 + B/B_simple)
 *
 * @param batch - B, above 0; unit of `noiseScale`.
 * @param noiseScale - B_simple, above 0.
 * @returns in (0, 1); 1/2 at B = B_simple.
 * @source arXiv:1812.06162v1, eqs. (2.4) to (2.8): dL_opt(B)/B relative to its limit for small B
 * @example tokenEfficiency(1000, 1000) is 0.5.
 */
export function tokenEfficiency(batch: number, noiseScale: number): number {
  return 1 / (1 + batch / noiseScale);
}
