import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";

/** A ratio of two means with its Fieller interval, or the reason why it has none. */
export type RatioEstimate =
  | {
      readonly status: "ok";
      readonly value: number;
      readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
      readonly basis: "measured";
    }
  | {
      readonly status: "unresolved";
      readonly reason: string;
      /** Lower end of a one-sided interval, when the numerator is resolved. */
      readonly lowerBound?: number;
    };

/** A mean and the variance of that mean. */
export type MeanEstimate = { readonly mean: number; readonly variance: number };

function momentsOfMean(values: readonly number[]): MeanEstimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, variance: squares / (n - 1) / n };
}

/**
 * Ratio of the means of two paired series with Fieller's interval.
 *
 *   a = g^2 - t^2 V_gg, b = s g - t^2 V_sg, c = s^2 - t^2 V_ss;  (b -+ sqrt(b^2 - a c)) / a,  a > 0
 *
 * The pairs are taken as independent: block autocorrelated steps first.
 *
 * @param numerators - s_k. @param denominators - g_k, same length.
 * @param level - coverage of the interval.
 * @returns `unresolved` when the mean denominator is not significantly above zero or there are fewer
 *   than three pairs.
 * @source Fieller 1954; docs/method.md, The noise scale
 */
export function ratioOfMeans(
  numerators: readonly number[],
  denominators: readonly number[],
  level: number,
): RatioEstimate {
  const n = numerators.length;
  if (n < 3) return { status: "unresolved", reason: "fewer than three blocks" };
  const s = momentsOfMean(numerators);
  const g = momentsOfMean(denominators);
  let cross = 0;
  for (let i = 0; i < n; i += 1) {
    cross += (numerators[i]! - s.mean) * (denominators[i]! - g.mean);
  }
  cross /= (n - 1) * n;
  return fiellerRatio(s, g, cross, n - 1, level);
}

/**
 * Ratio of two estimates with Fieller's interval; see `ratioOfMeans`.
 *
 * @param cross - covariance of the two means.
 * @param freedom - degrees of freedom of the variances.
 */
export function fiellerRatio(
  s: MeanEstimate,
  g: MeanEstimate,
  cross: number,
  freedom: number,
  level: number,
): RatioEstimate {
  const t = twoSidedStudentQuantile(level, freedom);
  const a = g.mean ** 2 - t * t * g.variance;
  const b = s.mean * g.mean - t * t * cross;
  const c = s.mean ** 2 - t * t * s.variance;
  const root = b * b - a * c;
  if (!(g.mean > 0 && a > 0 && root >= 0)) {
    const upper = g.mean + t * Math.sqrt(g.variance);
    const lower = s.mean - t * Math.sqrt(s.variance);
    const reason = "the denominator is not significantly above zero";
    return lower > 0 && upper > 0
      ? { status: "unresolved", reason, lowerBound: lower / upper }
      : { status: "unresolved", reason };
  }
  if (!(b - Math.sqrt(root) > 0)) {
    return { status: "unresolved", reason: "the numerator is not significantly above zero" };
  }
  const interval = { lower: (b - Math.sqrt(root)) / a, upper: (b + Math.sqrt(root)) / a, level };
  return { status: "ok", value: s.mean / g.mean, interval, basis: "measured" };
}
