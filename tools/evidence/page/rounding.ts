const DIGITS = 4;

/** The value with every number at four digits: fewer than a last-bit difference between machines could reach. */
export function rounded(value: unknown): unknown {
  if (typeof value === "number") {
    return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
  }
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, rounded(field)]));
  }
  return value;
}
