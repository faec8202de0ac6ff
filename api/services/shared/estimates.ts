import type { Estimate } from "../../../schemas/common.ts";
import { normalQuantile, twoSidedStudentQuantile } from "../../numerics/quantiles.ts";

const WIRE_DIGITS = 6;

/** A positive quantity while it is worked with: ln(value), its predictive variance, and what stands behind it. */
export interface LogQuantity {
  readonly lnValue: number;
  readonly variance: number;
  /** Student degrees of freedom of the interval. */
  readonly degreesOfFreedom: number;
  readonly basis: Estimate["basis"];
}

const EXACT_POWERS = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
] as const;

/**
 * Six significant digits: more than any law knows, and the same bytes from every JavaScript engine.
 *
 * A whole number below 2^53 times or over an exact power of ten is correctly rounded, so the result is the
 * double nearest to the decimal; toPrecision says the same at twenty times the cost.
 */
export function roundForWire(value: number): number {
  if (value === 0) return 0;
  const places = WIRE_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value)));
  const power = EXACT_POWERS[Math.abs(places)];
  if (power === undefined) return Number(value.toPrecision(WIRE_DIGITS));
  return places >= 0 ? Math.round(value * power) / power : Math.round(value / power) * power;
}

/** The Estimate of a number that the caller gave: lower = value = upper. */
export function givenNumber(value: number, level: number): Estimate {
  return { value, interval: { lower: value, upper: value, level }, basis: "given" };
}

/** An exact consequence of other numbers of the answer, with the interval they give it. */
export function derivedNumber(
  value: number,
  lower: number | null,
  upper: number | null,
  level: number,
): Estimate {
  return {
    value: roundForWire(value),
    interval: {
      lower: lower === null ? null : roundForWire(lower),
      upper: upper === null ? null : roundForWire(upper),
      level,
    },
    basis: "derived",
  };
}

/** Sd of ln of an estimate from its interval; one unbounded end leaves the other to say it, two leave nothing. */
export function sdLogOf({
  value,
  interval: { lower, upper, level },
}: Pick<Estimate, "value" | "interval">): number | undefined {
  const quantile = normalQuantile((1 + level) / 2);
  const down = lower === null ? undefined : Math.log(value / lower) / quantile;
  const up = upper === null ? undefined : Math.log(upper / value) / quantile;
  if (down === undefined) return up === undefined ? undefined : 2 * up;
  return up === undefined ? 2 * down : (down + up) / 2;
}

/** Half-width of the two-sided interval of ln(value). */
export function halfWidthLog(quantity: LogQuantity, level: number): number {
  return twoSidedStudentQuantile(level, quantity.degreesOfFreedom) * Math.sqrt(quantity.variance);
}

/** The Estimate of a worked-out quantity: exp(lnValue +- Student quantile x sd). */
export function estimateOf(quantity: LogQuantity, level: number): Estimate {
  const half = halfWidthLog(quantity, level);
  return {
    value: roundForWire(Math.exp(quantity.lnValue)),
    interval: {
      lower: roundForWire(Math.exp(quantity.lnValue - half)),
      upper: roundForWire(Math.exp(quantity.lnValue + half)),
      level,
    },
    basis: quantity.basis,
  };
}
