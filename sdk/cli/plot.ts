import { showCount, threeDigits } from "./quantity-text.ts";

/** A curve of a plot: points of their own, or a line through every column. */
export interface PlotSeries {
  readonly mark: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot over two logarithmic axes, for a terminal. */
export interface LogPlot {
  readonly xLabel: string;
  readonly yLabel: string;
  /** Later ones are drawn over earlier ones. */
  readonly series: readonly PlotSeries[];
  /** Drawn at every column of the plot, under the series. */
  readonly line?: (x: number) => number;
  /** A value of x, marked by a vertical line and its interval on the axis. */
  readonly span?: { readonly value: number; readonly lower: number; readonly upper: number };
}

const COLUMNS = 64;
const ROWS = 15;
const LABEL_WIDTH = 9;
const MARKS = { line: ".", span: ":", interval: "=" } as const;
// Labels of the axes stand where 1, 2 and 5 times a power of ten lie, at most so many of them.
const MOST_TICKS = 6;

/** The plot as lines of at most 76 characters; undefined when nothing in it is positive and finite. */
export function drawLogPlot(plot: LogPlot): string | undefined {
  const points = plot.series.flatMap((series) => series.points.filter(isDrawable));
  if (points.length === 0) return undefined;
  const x = axisOver(points.map(([at]) => at).concat(plot.span?.value ?? []));
  const y = axisOver(points.map(([, at]) => at));
  const cells = Array.from({ length: ROWS }, () => new Array<string>(COLUMNS).fill(" "));
  const put = (column: number, row: number, mark: string) => {
    const line = cells[ROWS - 1 - row];
    if (line !== undefined && column >= 0 && column < COLUMNS) line[column] = mark;
  };
  const spanColumn = plot.span && placeOn(x, plot.span.value, COLUMNS);
  for (let row = 0; spanColumn !== undefined && row < ROWS; row++) put(spanColumn, row, MARKS.span);
  for (let column = 0; plot.line !== undefined && column < COLUMNS; column++) {
    put(column, placeOn(y, plot.line(valueAt(x, column)), ROWS), MARKS.line);
  }
  for (const { mark, points: own } of plot.series) {
    for (const [atX, atY] of own.filter(isDrawable)) {
      put(placeOn(x, atX, COLUMNS), placeOn(y, atY, ROWS), mark);
    }
  }
  return [plot.yLabel, ...rowsOf(cells, y), axisLine(plot, x), tickLine(x, plot.xLabel)]
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}

type Axis = { readonly lower: number; readonly upper: number };

function isDrawable([x, y]: readonly [number, number]): boolean {
  return x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y);
}

/** Logarithms of the range with a little room; never empty. */
function axisOver(values: readonly number[]): Axis {
  const logs = values.map(Math.log);
  const lower = Math.min(...logs);
  const upper = Math.max(...logs);
  const room = Math.max(0.04 * (upper - lower), upper === lower ? 0.5 : 0);
  return { lower: lower - room, upper: upper + room };
}

function placeOn({ lower, upper }: Axis, value: number, places: number): number {
  return Math.round(((Math.log(value) - lower) / (upper - lower)) * (places - 1));
}

function valueAt({ lower, upper }: Axis, column: number): number {
  return Math.exp(lower + (column / (COLUMNS - 1)) * (upper - lower));
}

function ticksOf({ lower, upper }: Axis): readonly number[] {
  const first = Math.floor(lower / Math.LN10);
  const last = Math.ceil(upper / Math.LN10);
  const decades = Array.from({ length: last - first + 1 }, (_unused, i) => first + i);
  const inside = (digits: readonly number[]) =>
    decades
      .flatMap((decade) => digits.map((digit) => Number(`${digit}e${decade}`)))
      .filter((value) => Math.log(value) >= lower && Math.log(value) <= upper);
  const fine = inside([1, 2, 5]);
  if (fine.length <= MOST_TICKS) return fine.length < 2 ? inside([1, 1.5, 2, 3, 5, 7]) : fine;
  const coarse = inside([1]);
  const stride = Math.ceil(coarse.length / MOST_TICKS);
  return coarse.filter((_tick, index) => index % stride === 0);
}

const showTick = (value: number): string => (value >= 1000 ? showCount(value) : threeDigits(value));

function rowsOf(cells: readonly (readonly string[])[], y: Axis): readonly string[] {
  const labels = new Map(ticksOf(y).map((tick) => [placeOn(y, tick, ROWS), showTick(tick)]));
  return cells.map((line, index) => {
    const label = labels.get(ROWS - 1 - index) ?? "";
    return `${label.padStart(LABEL_WIDTH)} ${label === "" ? "|" : "+"}${line.join("")}`;
  });
}

function axisLine({ span }: LogPlot, x: Axis): string {
  const line = new Array<string>(COLUMNS).fill("-");
  for (const tick of ticksOf(x)) line[placeOn(x, tick, COLUMNS)] = "+";
  if (span !== undefined) {
    const from = Math.max(0, placeOn(x, span.lower, COLUMNS));
    const to = Math.min(COLUMNS - 1, placeOn(x, span.upper, COLUMNS));
    for (let column = from; column <= to; column++) line[column] = MARKS.interval;
  }
  return `${" ".repeat(LABEL_WIDTH)} +${line.join("")}`;
}

function tickLine(x: Axis, label: string): string {
  let line = " ".repeat(LABEL_WIDTH + 2);
  for (const tick of ticksOf(x)) {
    const text = showTick(tick);
    const at = LABEL_WIDTH + 2 + placeOn(x, tick, COLUMNS) - Math.floor(text.length / 2);
    if (at > line.trimEnd().length) line = line.trimEnd().padEnd(at) + text;
  }
  return `${line.trimEnd()}\n${label.padStart(LABEL_WIDTH + 2 + COLUMNS)}`;
}
