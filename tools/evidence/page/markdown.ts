/** A table in Markdown; cells are written as they come. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const written = rows.map((row) => `| ${row.join(" | ")} |`);
  return [`| ${heads.join(" | ")} |`, `|${"---|".repeat(heads.length)}`, ...written].join("\n");
}

/** Nats with four decimals, a sign where asked. */
export function nats(value: number | null, decimals = 4): string {
  if (value === null) return "-";
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text;
}

/** A share in percent. */
export function percent(share: number, decimals = 0): string {
  return `${(share * 100).toFixed(decimals)} %`;
}

/** Three significant digits, without a trailing zero. */
export function digits(value: number, count = 3): string {
  return String(Number(value.toPrecision(count)));
}

/** A picture with its description. */
export function figure(name: string, description: string): string {
  return `![${description}](evidence/${name}.svg)`;
}

/** Paragraphs, tables and pictures, a blank line between them. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.join("\n\n");
}

/** Geometric mean. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
