import { twoBatchMoments } from "./moments.ts";
import type { NormPairs } from "./step-moments.ts";
import { linearTrend, TREND_STANDARD_ERRORS } from "./trend.ts";

const PILE_SHARE = 0.2;
const MIN_PILE = 3;
const PILE_RANGE_FRACTION = 1e-3;
const CONSTANT_RELATIVE_RANGE = 1e-4;
const CONSTANT_SPREAD_RATIO = 10;

/**
 * Whether big-batch norms pile up at their largest value, as clipping to a constant norm makes them.
 *
 * A continuous spread puts next to nothing within a thousandth of its range below its maximum. Norms that
 * are all alike count as clipped when the small-batch norms of the same steps are not.
 *
 * @param pairs - norms of the whole model; at least 3, else nothing is suspected.
 * @returns one sentence with the figures, or undefined.
 */
export function clippingSuspicion(pairs: NormPairs): string | undefined {
  if (pairs.count < MIN_PILE) return undefined;
  const big = rangeOf(pairs.bigBatchGradSqNorm, pairs.count);
  const small = rangeOf(pairs.smallBatchGradSqNorm, pairs.count);
  const bigRange = (big.highest - big.lowest) / big.highest;
  const smallRange = (small.highest - small.lowest) / small.highest;
  const isConstant =
    bigRange < CONSTANT_RELATIVE_RANGE && smallRange > CONSTANT_SPREAD_RATIO * bigRange;
  const from = big.highest - PILE_RANGE_FRACTION * (big.highest - big.lowest);
  let piled = 0;
  for (let i = 0; i < pairs.count; i++) {
    if (isConstant || pairs.bigBatchGradSqNorm[i]! >= from) piled++;
  }
  const isPile = bigRange > 0 && piled >= Math.max(MIN_PILE, PILE_SHARE * pairs.count);
  if (!isConstant && !isPile) return undefined;
  return (
    `${piled} of ${pairs.count} big-batch norms equal their maximum ` +
    `${big.highest.toPrecision(4)}: they look clipped; read the norm before clipping.`
  );
}

function rangeOf(values: Float64Array, count: number): { lowest: number; highest: number } {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    lowest = Math.min(lowest, values[i]!);
    highest = Math.max(highest, values[i]!);
  }
  return { lowest, highest };
}

const MIN_SQUARE_TEST = 20;
const UNSQUARED_CORRELATION = -0.3;
const UNSQUARED_STANDARD_ERRORS = 5;
const SQUARED_CORRELATION_SHARE = 0.5;

/**
 * Whether norms were sent where their squares are asked for.
 *
 * The spread between small batches is independent of their mean (Gaussian examples), so |g_b|^2 - |g_B|^2
 * and |g_B|^2 are uncorrelated over steps; of the plain norms, the difference falls as the big norm rises,
 * and squaring them takes that away. Differences between successive steps keep a drift out of it.
 *
 * @param pairs - norms in step order; at least 20 at one pair of batch sizes, else nothing is suspected.
 * @returns one sentence with the figures, or undefined.
 */
export function unsquaredSuspicion(pairs: NormPairs): string | undefined {
  const alike = pairsOfCommonestSizes(pairs);
  if (alike.length < MIN_SQUARE_TEST) return undefined;
  const sent = spreadCorrelation(pairs, alike, (norm) => norm);
  const squared = spreadCorrelation(pairs, alike, (norm) => norm * norm);
  // Differences of white noise hold two thirds of the information of as many independent pairs.
  const standardErrors = Math.atanh(sent) * Math.sqrt((2 / 3) * (alike.length - 1) - 3);
  const isSuspicious =
    sent < UNSQUARED_CORRELATION &&
    standardErrors < -UNSQUARED_STANDARD_ERRORS &&
    squared > SQUARED_CORRELATION_SHARE * sent;
  if (!isSuspicious) return undefined;
  return (
    `Noise and big-batch norm are negatively correlated (correlation ${sent.toFixed(2)} over ` +
    `${alike.length} steps, ${squared.toFixed(2)} after squaring): the values look like norms, not squared norms.`
  );
}

/** Indices of the pairs that share the batch sizes most of them have, in step order. */
function pairsOfCommonestSizes(pairs: NormPairs): readonly number[] {
  const bySizes = new Map<number, number[]>();
  for (let i = 0; i < pairs.count; i++) {
    // Weight and ratio of the sizes tell one pair of sizes from another.
    const key = pairs.bigBatch[i]! * (1 + pairs.bigBatch[i]! / pairs.smallBatch[i]!);
    const alike = bySizes.get(key);
    if (alike === undefined) bySizes.set(key, [i]);
    else alike.push(i);
  }
  let commonest: readonly number[] = [];
  for (const alike of bySizes.values()) if (alike.length > commonest.length) commonest = alike;
  return commonest;
}

/** Correlation of successive differences of |g_b|^2 - |g_B|^2 and |g_B|^2. */
function spreadCorrelation(
  pairs: NormPairs,
  indices: readonly number[],
  transform: (norm: number) => number,
): number {
  let spreadSquares = 0;
  let bigSquares = 0;
  let products = 0;
  let bigBefore = 0;
  let spreadBefore = 0;
  for (let k = 0; k < indices.length; k++) {
    const big = transform(pairs.bigBatchGradSqNorm[indices[k]!]!);
    const spread = transform(pairs.smallBatchGradSqNorm[indices[k]!]!) - big;
    if (k > 0) {
      spreadSquares += (spread - spreadBefore) ** 2;
      bigSquares += (big - bigBefore) ** 2;
      products += (spread - spreadBefore) * (big - bigBefore);
    }
    bigBefore = big;
    spreadBefore = spread;
  }
  const scale = Math.sqrt(spreadSquares * bigSquares);
  return scale > 0 ? products / scale : 0;
}

const MIN_DRIFT_TEST = 20;
const DRIFT_RELATIVE_CHANGE = 0.5;

/**
 * Whether tr(Sigma) or |G|^2 changed by more than half of its mean over the observations.
 *
 * A straight line through the estimates in step order; its error is widened for the autocorrelation that
 * is left around it.
 *
 * @param pairs - norms in step order; at least 20, else nothing is suspected.
 * @returns one sentence with the figures, or undefined.
 */
export function driftSuspicion(pairs: NormPairs): string | undefined {
  if (pairs.count < MIN_DRIFT_TEST) return undefined;
  const trace = new Float64Array(pairs.count);
  const gradSq = new Float64Array(pairs.count);
  for (let i = 0; i < pairs.count; i++) {
    const m = twoBatchMoments(
      pairs.smallBatch[i]!,
      pairs.bigBatch[i]!,
      pairs.smallBatchGradSqNorm[i]!,
      pairs.bigBatchGradSqNorm[i]!,
    );
    trace[i] = m.weightedTrace / m.weight;
    gradSq[i] = m.weightedGradSq / m.weight;
  }
  const drifts = [describeDrift("tr(Sigma)", trace), describeDrift("|G|^2", gradSq)].filter(
    (drift) => drift !== undefined,
  );
  if (drifts.length === 0) return undefined;
  return (
    `Over these observations ${drifts.join(" and ")}. The answer averages over this change; ` +
    "measure over fewer steps to get the value at one moment."
  );
}

function describeDrift(name: string, values: Float64Array): string | undefined {
  const { mean, change, standardErrors } = linearTrend(values);
  const isDrift =
    Math.abs(standardErrors) > TREND_STANDARD_ERRORS &&
    Math.abs(change) > DRIFT_RELATIVE_CHANGE * Math.abs(mean);
  if (!isDrift) return undefined;
  const from = (mean - change / 2).toPrecision(3);
  const to = (mean + change / 2).toPrecision(3);
  return `${name} moved from about ${from} to ${to}`;
}
