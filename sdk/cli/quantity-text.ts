const EXPONENTS: Readonly<Record<string, number>> = { k: 3, m: 6, b: 9, g: 9, t: 12, p: 15 };
const BINARY: Readonly<Record<string, number>> = { ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 };

const FORM =
  /^(?<sign>[+-]?)(?<digits>\d[\d_,]*(?:\.\d*)?|\.\d+)(?:e(?<exponent>[+-]?\d{1,3})|(?<suffix>[kmbgtp]|[kmg]i))?$/i;

export const NUMBER_FORMS =
  "a number such as 2048, 1e9, 1.3B or 512Ki (k M B T = powers of 1000, Ki Mi Gi = powers of 1024)";

/**
 * Reads a number as people write it: `20e9`, `1.3B`, `2T`, `512k`, `512Ki`, `1,000,000`; undefined when
 * it is none. k, M, B (or G), T and P are powers of 1000 in either case; Ki, Mi and Gi powers of 1024.
 */
export function readQuantity(text: string): number | undefined {
  const { sign, digits, exponent, suffix } = FORM.exec(text.trim())?.groups ?? {};
  if (digits === undefined) return undefined;
  const plain = `${sign}${digits.replace(/[_,]/g, "")}`;
  const ending = suffix?.toLowerCase() ?? "";
  const binary = BINARY[ending];
  if (binary !== undefined) return Number(plain) * binary;
  // Decimal suffixes go through the text, so that 4.1B is 4100000000 and not a hair less.
  return Number(`${plain}e${exponent ?? EXPONENTS[ending] ?? 0}`);
}

const SUFFIXES = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
] as const;

/** A count for a person: whole below a million, three digits and a suffix above. */
export function showCount(count: number): string {
  if (count >= 999_500) {
    for (const [unit, suffix] of SUFFIXES) {
      if (count >= unit * 0.9995 && count < 999.5e15) return threeDigits(count / unit) + suffix;
    }
    return count.toExponential(2);
  }
  return count >= 100 ? grouped(Math.round(count)) : threeDigits(count);
}

/** A whole count in full. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** Three significant digits without trailing noise; powers of ten where a plain number would be long. */
export function threeDigits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-2 || size >= 1e6) return value.toExponential(2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(3)));
}

export function percent(fraction: number): string {
  const points = fraction * 100;
  if (points > 0 && points < 1) return "<1 %";
  return `${Math.round(points)} %`;
}
