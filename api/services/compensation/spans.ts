import type { Estimate } from "../../../schemas/common.ts";
import { derivedNumber } from "../shared/estimates.ts";

/** A value between two ends, in the unit of its name; null = unbounded. */
export interface Span {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Larger numbers, such as a wall that nothing reaches, are shown as this. */
export const LARGEST_ON_WIRE = 1e300;

/** Mean of two positive numbers in ln; 0 when one is 0. Never overflows when they do not. */
export function geometricMean(a: number, b: number): number {
  return Math.sqrt(a) * Math.sqrt(b);
}

/** The same increasing function of all three numbers. */
export function mapSpan(span: Span, increasing: (x: number) => number): Span {
  const { value, lower, upper } = span;
  return {
    value: increasing(value),
    lower: lower === null ? null : increasing(lower),
    upper: upper === null ? null : increasing(upper),
  };
}

/** The Estimate of a span; rounding or equal forms never put the value outside its interval. */
export function spanEstimate({ value, lower, upper }: Span, level: number): Estimate {
  const shown = Math.min(value, LARGEST_ON_WIRE);
  return derivedNumber(
    shown,
    lower === null ? null : Math.min(lower, shown),
    upper === null || upper > LARGEST_ON_WIRE ? null : Math.max(upper, shown),
    level,
  );
}

/** From one number to another, whichever is larger; the value is their geometric mean. */
export function betweenEstimate(a: number, b: number, level: number): Estimate {
  const span = { value: geometricMean(a, b), lower: Math.min(a, b), upper: Math.max(a, b) };
  return spanEstimate(span, level);
}
