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
