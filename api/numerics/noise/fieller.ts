/** Two estimates and the covariance matrix of their errors. */
export interface EstimatedPair {
  readonly numerator: number;
  readonly denominator: number;
  readonly covariance: PairCovariance;
}

export interface PairCovariance {
  readonly numerator: number;
  readonly cross: number;
  readonly denominator: number;
}

/** All ratios that a test at the given quantile does not refuse. */
export type FiellerSet =
  | { readonly kind: "bounded"; readonly lower: number; readonly upper: number }
  /** Everything above `lower`, or everything below `upper`. */
  | { readonly kind: "ray-above"; readonly lower: number }
  | { readonly kind: "ray-below"; readonly upper: number }
  /** Everything but the open interval from `belowUpTo` to `aboveFrom`. */
  | { readonly kind: "complement"; readonly belowUpTo: number; readonly aboveFrom: number }
  | { readonly kind: "whole-line" };

/**
 * Confidence set of a ratio R = s/g by Fieller's theorem.
 *
 *   { R : (s - R g)^2 <= t^2 (V_ss - 2 R V_sg + R^2 V_gg) }
 *   a = g^2 - t^2 V_gg,  b = s g - t^2 V_sg,  c = s^2 - t^2 V_ss;   a R^2 - 2 b R + c <= 0
 *
 * Exact for jointly normal s and g, whatever their ratio; a <= 0 says that g is not significantly different
 * from 0, and then the set is not bounded.
 *
 * @param pair - s, g and the covariance matrix of their errors.
 * @param quantile - t, two-sided, above 0.
 * @returns the set, in the unit of s/g; never empty, since R = s/g satisfies the inequality.
 * @source Fieller 1954, Some problems in interval estimation; docs/method.md, The noise scale
 * @example eight pairs of docs/method.md, t = 2.3646: bounded, 534.6 to 1161.
 */
export function fiellerSet(pair: EstimatedPair, quantile: number): FiellerSet {
  const { numerator: s, denominator: g, covariance: v } = pair;
  const t2 = quantile * quantile;
  const a = g * g - t2 * v.denominator;
  const b = s * g - t2 * v.cross;
  const c = s * s - t2 * v.numerator;
  if (a === 0) return linearSet(b, c);
  const discriminant = b * b - a * c;
  if (a < 0 && discriminant <= 0) return { kind: "whole-line" };
  const root = Math.sqrt(Math.max(0, discriminant));
  // The product of the roots is c/a; dividing by the larger sum keeps the small root from cancelling.
  const sum = b >= 0 ? b + root : b - root;
  const first = sum / a;
  const second = sum === 0 ? 0 : c / sum;
  const lower = Math.min(first, second);
  const upper = Math.max(first, second);
  return a > 0
    ? { kind: "bounded", lower, upper }
    : { kind: "complement", belowUpTo: lower, aboveFrom: upper };
}

/** { R : c <= 2 b R }. */
function linearSet(b: number, c: number): FiellerSet {
  if (b > 0) return { kind: "ray-above", lower: c / (2 * b) };
  if (b < 0) return { kind: "ray-below", upper: c / (2 * b) };
  return { kind: "whole-line" };
}

/**
 * Whether a ratio lies in a Fieller set.
 *
 * @param set - as `fiellerSet` gives it.
 * @param ratio - in the unit of the set.
 * @returns true on the ends, too.
 */
export function fiellerContains(set: FiellerSet, ratio: number): boolean {
  switch (set.kind) {
    case "bounded":
      return set.lower <= ratio && ratio <= set.upper;
    case "ray-above":
      return ratio >= set.lower;
    case "ray-below":
      return ratio <= set.upper;
    case "complement":
      return ratio <= set.belowUpTo || ratio >= set.aboveFrom;
    case "whole-line":
      return true;
  }
}

/**
 * Smallest ratio in the set that is not negative: what bounds a noise scale from below.
 *
 * @param set - as `fiellerSet` gives it.
 * @returns the bound; undefined when 0 itself is in the set, or nothing at or above 0 is.
 */
export function lowestPositiveRatio(set: FiellerSet): number | undefined {
  if (set.kind === "whole-line" || set.kind === "ray-below") return undefined;
  if (set.kind === "complement") {
    return set.belowUpTo < 0 && set.aboveFrom > 0 ? set.aboveFrom : undefined;
  }
  return set.lower > 0 ? set.lower : undefined;
}
