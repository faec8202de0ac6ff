import type { Estimate } from "../generated/schema.ts";

export type Style = "bold" | "dim" | "red" | "yellow";

/** Adds a style to a text, or leaves it as it is where nobody would see it. */
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
};

/** Colours for a terminal. */
export const COLOURS: Paint = (style, text) => {
  const [on, off] = CODES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** For files, pipes and whoever set NO_COLOR. */
export const PLAIN: Paint = (_style, text) => text;

/** Lines of cells under each other; column i is painted with styles[i]. */
export function table(
  rows: readonly (readonly string[])[],
  paint: Paint = PLAIN,
  styles: readonly (Style | undefined)[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    // What ends a line may run on without moving the columns of the others.
    row.slice(0, filledCells(row) - 1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) => line(row, widths, paint, styles)).join("\n");
}

function filledCells(row: readonly string[]): number {
  return row.findLastIndex((cell) => cell !== "") + 1;
}

function line(
  row: readonly string[],
  widths: readonly number[],
  paint: Paint,
  styles: readonly (Style | undefined)[],
): string {
  const filled = filledCells(row);
  const cells = row.slice(0, filled).map((cell, column) => {
    const padded = column === filled - 1 ? cell : cell.padEnd(widths[column] ?? 0);
    const style = styles[column];
    return style === undefined || cell === "" ? padded : paint(style, padded);
  });
  return `  ${cells.join("  ")}`;
}

/** A heading with what stands under it; undefined when nothing does. */
export function section(heading: string, body: string, paint: Paint): string | undefined {
  return body === "" ? undefined : `${paint("bold", heading)}\n${body}`;
}

/** The parts that are there, a blank line between them. */
export function page(...parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

/** `lower to upper`; empty where the interval is the value itself. */
export function showInterval(
  { value, interval: { lower, upper } }: Estimate,
  show: (value: number) => string,
): string {
  if (lower === value && upper === value) return "";
  const low = lower === null ? "unbounded" : show(lower);
  return `${low} to ${upper === null ? "unbounded" : show(upper)}`;
}

/** Cells of a row for one estimate: label, value with unit, interval, basis. */
export function estimateRow(
  label: string,
  estimate: Estimate,
  show: (value: number) => string,
  unit = "",
): readonly string[] {
  const value = unit === "" ? show(estimate.value) : `${show(estimate.value)} ${unit}`;
  return [label, value, showInterval(estimate, show), estimate.basis];
}

/** Warnings, caveats and the like: a code and a sentence each. */
export function notes(
  entries: readonly { readonly code: string; readonly detail: string }[],
  paint: Paint,
  style: Style,
): string {
  return entries.map(({ code, detail }) => `  ${paint(style, code)}: ${detail}`).join("\n");
}

/** The defaults of an answer, one a line: field = value, and what that means. */
export function assumptionLines(
  entries: readonly {
    readonly field: string;
    readonly value: number | string;
    readonly detail: string;
  }[],
  paint: Paint,
): string {
  return entries
    .map(({ field, value, detail }) => `  ${paint("dim", `${field} = ${value}`)}: ${detail}`)
    .join("\n");
}

/** A moment of the wire to the second. */
export function showMoment(moment: string): string {
  return moment.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** How a list goes on behind a page; undefined on the last. */
export function whatFollows(
  command: string,
  nextCursor: string | undefined,
  paint: Paint,
): string | undefined {
  return nextCursor === undefined
    ? undefined
    : paint("dim", `more: ${command} --cursor ${nextCursor}`);
}
