/** The value below which the given share of the values lies; the mean of both neighbours is not taken. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("quantile of no values");
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Median with the range of the values. */
export function spreadOf(values: readonly number[]) {
  const sorted = Float64Array.from(values).sort();
  return {
    median: quantile(values, 0.5),
    lower: sorted[0] ?? Number.NaN,
    upper: sorted.at(-1) ?? Number.NaN,
  };
}
