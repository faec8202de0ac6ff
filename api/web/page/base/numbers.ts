import type { Interval } from "../../../../sdk/generated/schema.ts";

// The reader's locale throughout; undefined is the browser's own.
const compact = new Intl.NumberFormat(undefined, {
  notation: "compact",
  maximumSignificantDigits: 3,
});
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const significant = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const tiny = new Intl.NumberFormat(undefined, {
  notation: "scientific",
  maximumSignificantDigits: 3,
});
const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });

/** A count of tokens, parameters or FLOP: three digits and the locale's word for thousands. */
export function showAmount(value: number): string {
  if (value >= 1e15) return tiny.format(value);
  // The sentences of the service write 385k, as people type it.
  return compact.format(value).replace(/K$/, "k");
}

export const showWhole = (value: number): string => whole.format(value);

/** A rate, ratio or loss: three digits. */
export function showValue(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-5 || size >= 1e6)
    ? tiny.format(value)
    : significant.format(value);
}

export const showShare = (fraction: number): string => share.format(fraction);

/** A loss difference: below a thousandth nothing more is known. */
export function showNats(nats: number): string {
  return nats < 0.001 ? `< ${significant.format(0.001)}` : showValue(Number(nats.toFixed(3)));
}

/** Both ends of an interval; an open end is said so. */
export function showInterval(
  { lower, upper }: Pick<Interval, "lower" | "upper">,
  show: (value: number) => string,
): string {
  if (lower !== null && upper !== null) return `${show(lower)} – ${show(upper)}`;
  if (lower !== null) return `at least ${show(lower)}`;
  return upper === null ? "unbounded" : `at most ${show(upper)}`;
}

/** FLOP with the unit's own prefix: GFLOP, not a billion FLOP. */
export function showFlops(flops: number): string {
  const units = [
    [1e18, "EFLOP"],
    [1e15, "PFLOP"],
    [1e12, "TFLOP"],
    [1e9, "GFLOP"],
    [1e6, "MFLOP"],
  ] as const;
  const [size, unit] = units.find(([least]) => flops >= least) ?? ([1, "FLOP"] as const);
  return `${significant.format(flops / size)} ${unit}`;
}
