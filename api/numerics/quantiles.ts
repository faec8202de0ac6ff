import jStat from "jstat";
import { requireInRange, requirePositive } from "./guards.ts";

const studentCache = new Map<string, number>();

/**
 * Quantile of the standard normal distribution.
 *
 * @param probability - in (0, 1).
 * @throws {RangeError} when the probability lies outside (0, 1).
 */
export function normalQuantile(probability: number): number {
  requireInRange("probability", probability, Number.MIN_VALUE, 1 - Number.EPSILON);
  return jStat.normal.inv(probability, 0, 1);
}

/**
 * Half-width, in standard deviations, of a two-sided Student interval: the `(1 + level) / 2` quantile.
 *
 * @param level - coverage of the interval, in (0, 1).
 * @param degreesOfFreedom - above 0; `Infinity` gives the normal quantile.
 * @throws {RangeError} when the level or the degrees of freedom are out of range.
 * @example twoSidedStudentQuantile(0.95, 7) is 2.3646 to the printed digits (any t table).
 */
export function twoSidedStudentQuantile(level: number, degreesOfFreedom: number): number {
  requireInRange("level", level, Number.MIN_VALUE, 1 - Number.EPSILON);
  const probability = (1 + level) / 2;
  if (degreesOfFreedom === Number.POSITIVE_INFINITY) return normalQuantile(probability);
  requirePositive("degreesOfFreedom", degreesOfFreedom);
  // Every answer asks for the same few quantiles; the library's root finding costs 4 microseconds each.
  const key = `${level}/${degreesOfFreedom}`;
  const cached = studentCache.get(key);
  if (cached !== undefined) return cached;
  const quantile = jStat.studentt.inv(probability, degreesOfFreedom);
  if (studentCache.size < 1000) studentCache.set(key, quantile);
  return quantile;
}

/** Above this the library's continued fraction needs more than its 100 terms; normal to 3e-4 of the tail. */
const NORMAL_FROM_DEGREES = 4000;

/**
 * Distribution function of Student's t: P[T <= x].
 *
 * @param x - any number; infinities give 0 and 1.
 * @param degreesOfFreedom - above 0; fractional values are fine; `Infinity` gives the normal distribution.
 * @returns a probability in [0, 1].
 * @throws {RangeError} when x is NaN or the degrees of freedom are not above 0.
 * @example studentCdf(-2.3646, 7) is 0.0250 (any t table).
 */
export function studentCdf(x: number, degreesOfFreedom: number): number {
  requireInRange("x", x, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  if (!(degreesOfFreedom > 0)) requirePositive("degreesOfFreedom", degreesOfFreedom);
  if (degreesOfFreedom > NORMAL_FROM_DEGREES) return jStat.normal.cdf(x, 0, 1);
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return x > 0 ? 1 : 0;
  return jStat.studentt.cdf(x, degreesOfFreedom);
}
