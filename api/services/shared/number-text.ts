const SUFFIXES = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A positive number in a sentence: three digits, 524288 as 524k, 1.3e9 as 1.3B, 2e16 as 2e16, 0.0123 as it is. */
export function shortNumber(value: number): string {
  if (value >= 1e15)
    return value
      .toExponential(2)
      .replace(/\.?0+e\+/, "e")
      .replace("e+", "e");
  for (const [size, suffix] of SUFFIXES) {
    if (value >= size * 0.9995) return `${Number((value / size).toPrecision(3))}${suffix}`;
  }
  return `${Number(value.toPrecision(3))}`;
}
