/** The number asked of a figure: at most, or at least. */
export interface Target {
  readonly comparison: "<" | "<=" | ">=";
  readonly value: number;
}

/** One figure: median and range over its rounds; `target` is null where no number is asked. */
export interface Case {
  readonly id: string;
  /** What was run, and how often. */
  readonly shape: string;
  readonly unit: string;
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly target: Target | null;
  readonly met: boolean | null;
}

type Measured = Omit<Case, "target" | "met">;

export function toCase(measured: Measured, target: Target | null = null): Case {
  return { ...measured, target, met: target === null ? null : meets(measured.median, target) };
}

function meets(value: number, { comparison, value: asked }: Target): boolean {
  if (comparison === "<") return value < asked;
  return comparison === "<=" ? value <= asked : value >= asked;
}

/** The figures beside the numbers asked, as lines of text. */
export function tableOf(cases: readonly Case[]): string {
  const rows = cases.map(({ id, unit, median, lower, upper, target, met }) => [
    id,
    shown(median),
    lower === upper ? "" : `${shown(lower)} to ${shown(upper)}`,
    unit,
    target === null ? "" : `${target.comparison} ${shown(target.value)}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  const all = [["figure", "median", "range", "unit", "asked", ""], ...rows];
  const widths = all[0]?.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Whole numbers as they are, others to three digits. */
function shown(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
