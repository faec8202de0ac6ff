import { studentCdf, twoSidedStudentQuantile } from "../quantiles.ts";
import { type EstimatedPair, type FiellerSet, fiellerSet, lowestPositiveRatio } from "./fieller.ts";

/** A noise scale with its interval, or why the measurements do not give one. */
export type ResolvedRatio =
  | {
      readonly status: "resolved";
      readonly value: number;
      readonly lower: number;
      readonly upper: number;
    }
  | {
      readonly status: "unresolved";
      readonly reason: UnresolvedReason;
      /** The ratio is at least this, at the level asked for; absent when it is not bounded below. */
      readonly lowerBound?: number;
    };

export type UnresolvedReason = "gradient-within-noise" | "noise-within-error" | "both-within-error";

/**
 * How much rarer a false `resolved` is than a miss of the interval on one side: a ratio counts as resolved
 * only when the Fieller set at level 1 - (1 - level)/4 is bounded. Found by simulation
 * (tests/proofs/noise-intervals.ts): the smallest factor at which the conditional upper end keeps the
 * stated level among resolved answers up to a noise scale of 100 big batches.
 */
const RESOLUTION_FACTOR = 4;

/**
 * The ratio R = tr(Sigma)/|G|^2 with an interval that allows for having been resolved, or a lower bound.
 *
 *   resolved:  both parts differ from 0 at level 1 - (1 - level)/4; with c its Student quantile
 *   lower end: Fieller's at `level`
 *   upper end: the R at which P[ T <= t_obs | g > c se_g ] = (1 - level)/2,  T = (s - R g)/se(s - R g),
 *              no further out than Fieller's upper end at the level of resolution
 *
 * Answers are resolved when the measured |G|^2 happened to be large, which makes plain intervals miss the
 * truth on the upper side; conditioning on it puts that back. The lower bound of an unresolved answer is the
 * lower end of the two-sided set, not of a one-sided one, for the same reason seen from the other side.
 *
 * @param pair - tr(Sigma) over |G|^2 with the covariance of their errors, both unclipped.
 * @param degreesOfFreedom - of the covariance; above 0.
 * @param level - coverage, in [0.5, 0.99].
 * @returns `resolved` with value s/g and both ends finite and above 0; `unresolved` with the reason.
 * @throws {RangeError} when level or degrees of freedom are out of range.
 * @source Fieller 1954; the pivot truncated to the event of selection after arXiv:1311.6238v8 (Lee, Sun,
 * Sun and Taylor 2016), with Student's distribution in place of the normal; checked by
 * tests/proofs/noise-intervals.ts
 */
export function resolveRatio(
  pair: EstimatedPair,
  degreesOfFreedom: number,
  level: number,
): ResolvedRatio {
  const quantile = twoSidedStudentQuantile(level, degreesOfFreedom);
  const resolutionLevel = 1 - (1 - level) / RESOLUTION_FACTOR;
  const threshold = twoSidedStudentQuantile(resolutionLevel, degreesOfFreedom);
  const { numerator: s, denominator: g, covariance: v } = pair;
  const isGradResolved = g > threshold * Math.sqrt(v.denominator) && g > 0;
  const isTraceResolved = s > threshold * Math.sqrt(v.numerator) && s > 0;
  const set = fiellerSet(pair, quantile);
  if (!(isGradResolved && isTraceResolved)) {
    const lowerBound = isTraceResolved ? lowestPositiveRatio(set) : undefined;
    const reason = unresolvedReason(isGradResolved, isTraceResolved);
    return { status: "unresolved", reason, ...(lowerBound === undefined ? {} : { lowerBound }) };
  }
  const plain = boundedEnds(set);
  const widest = boundedEnds(fiellerSet(pair, threshold));
  // Measurements that agree but for rounding have one end at both levels.
  if (widest[1] - plain[1] <= ROUNDING * widest[1]) {
    return { status: "resolved", value: s / g, lower: plain[0], upper: plain[1] };
  }
  const tail = (1 - level) / 2;
  const upper = conditionalUpperEnd(pair, degreesOfFreedom, tail, threshold, plain[1], widest[1]);
  return { status: "resolved", value: s / g, lower: plain[0], upper };
}

function unresolvedReason(isGradResolved: boolean, isTraceResolved: boolean): UnresolvedReason {
  if (isTraceResolved) return "gradient-within-noise";
  return isGradResolved ? "noise-within-error" : "both-within-error";
}

function boundedEnds(set: FiellerSet): readonly [number, number] {
  if (set.kind !== "bounded") throw new RangeError(`expected a bounded set, received ${set.kind}`);
  return [set.lower, set.upper];
}

const BISECTIONS = 40;
const ROUNDING = 1e-6;

/** Between the plain upper end (always inside) and the widest one allowed; bisection on 1/R. */
function conditionalUpperEnd(
  pair: EstimatedPair,
  degreesOfFreedom: number,
  tail: number,
  threshold: number,
  plainUpper: number,
  widestUpper: number,
): number {
  let inside = 1 / plainUpper;
  let outside = 1 / widestUpper;
  if (conditionalTail(pair, degreesOfFreedom, threshold, outside) >= tail) return widestUpper;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (inside + outside) / 2;
    if (conditionalTail(pair, degreesOfFreedom, threshold, middle) >= tail) inside = middle;
    else outside = middle;
  }
  return 1 / inside;
}

/** P[ T <= t_obs | g > threshold se_g ] at the ratio 1/u, with the part of g that T does not hold given. */
function conditionalTail(
  pair: EstimatedPair,
  degreesOfFreedom: number,
  threshold: number,
  u: number,
): number {
  const { numerator: s, denominator: g, covariance: v } = pair;
  const variance = u * u * v.numerator - 2 * u * v.cross + v.denominator;
  // Parts that move together to the last bit leave rounding for a variance, of either sign.
  const sd = Math.sqrt(Math.max(variance, Number.EPSILON * v.denominator));
  const pivot = (u * s - g) / sd;
  const probability = studentCdf(pivot, degreesOfFreedom);
  const dependence = v.denominator - u * v.cross;
  // A g that does not fall as the pivot rises would put no upper limit on the pivot.
  if (dependence <= 0) return probability;
  const slack = ((g - threshold * Math.sqrt(v.denominator)) * sd) / dependence;
  return probability / studentCdf(pivot + slack, degreesOfFreedom);
}
