import type { Estimate } from "../../schemas/common.ts";
import { twoSidedStudentQuantile } from "../numerics/quantiles.ts";

const WIRE_DIGITS = 6;

/** A positive quantity while it is worked with: ln(value), its predictive variance, and what stands behind it. */
export interface LogQuantity {
  readonly lnValue: number;
  readonly variance: number;
  /** Student degrees of freedom of the interval. */
  readonly degreesOfFreedom: number;
  readonly basis: Estimate["basis"];
}

/** Six significant digits: more than any law knows, and the same bytes from every JavaScript engine. */
export function roundForWire(value: number): number {
  return Number(value.toPrecision(WIRE_DIGITS));
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
