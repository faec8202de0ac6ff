import { requireInRange, requirePositive } from "../guards.ts";

/** An estimate of a logarithm with its variance. */
export interface LogEstimate {
  readonly lnValue: number;
  readonly variance: number;
}

/** Two estimates made one. */
export interface CombinedEstimate extends LogEstimate {
  /** Weight of the first estimate; the second has the rest. */
  readonly firstWeight: number;
  /** What of the variance their disagreement beyond the two variances adds; 0 where they agree. */
  readonly disagreementVariance: number;
}

/**
 * Combines two correlated estimates of one logarithm; two that disagree never narrow each other.
 *
 *   w1 = v2 / (v1 + v2)
 *   variance = (w1^2 v1 + w2^2 v2 + 2 r w1 w2 s1 s2) * max(1, (x1 - x2)^2 / (v1 + v2 - 2 r s1 s2))
 *
 * @param correlation - r between the two errors, in [0, 1); 0.5 where the studies share data sets.
 * @throws {RangeError} when a variance is not positive or the correlation is out of range.
 * @source Birge 1932, Phys. Rev. 40, 207 (the ratio that inflates); variance of a weighted mean of
 * correlated estimates [D].
 * @example combineEstimates({ lnValue: 0, variance: 1 }, { lnValue: 0, variance: 1 }, 0.5) has variance 0.75
 */
export function combineEstimates(
  first: LogEstimate,
  second: LogEstimate,
  correlation: number,
): CombinedEstimate {
  const v1 = requirePositive("first.variance", first.variance);
  const v2 = requirePositive("second.variance", second.variance);
  requireInRange("correlation", correlation, 0, 0.999);
  const w1 = v2 / (v1 + v2);
  const w2 = 1 - w1;
  const covariance = correlation * Math.sqrt(v1 * v2);
  const difference = first.lnValue - second.lnValue;
  const birge = Math.max(1, difference ** 2 / (v1 + v2 - 2 * covariance));
  const ofMean = w1 * w1 * v1 + w2 * w2 * v2 + 2 * w1 * w2 * covariance;
  return {
    lnValue: w1 * first.lnValue + w2 * second.lnValue,
    variance: ofMean * birge,
    firstWeight: w1,
    disagreementVariance: ofMean * (birge - 1),
  };
}
