import UPlot from "uplot";
import { drawn, element } from "../base/dom.ts";
import { term } from "../base/term-link.ts";
import type { TermId } from "../base/terms.ts";
import { color } from "../base/theme.ts";

/** A vertical line at a value of x. */
export interface Mark {
  readonly x: number;
  readonly label: string;
  readonly kind: "optimal" | "critical" | "yours" | "wall";
}

/** One curve with an optional band, over a logarithmic x axis. */
export interface ChartInput {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly lower?: readonly (number | null)[];
  readonly upper?: readonly (number | null)[];
  readonly marks: readonly Mark[];
  readonly yLog: boolean;
  /** Measured points rather than a law's line. */
  readonly points?: boolean;
  /** A second line, e.g. the fit through the points. */
  readonly fit?: readonly (number | null)[];
  readonly showX: (value: number) => string;
  readonly showY: (value: number) => string;
}

const HEIGHT = 240;

/** Draws into a figure and follows its width and the colors of the page. */
export class Chart {
  readonly #host: HTMLElement;
  #input: ChartInput | undefined;
  #plot: UPlot | undefined;
  /** Last known width; 0 while the figure is hidden. */
  #width = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      this.#width = width;
      if (width > 0 && width !== this.#plot?.width) this.#plot?.setSize({ width, height: HEIGHT });
    }).observe(host);
    // Paper has another width, and its change is not observed.
    document.addEventListener("themechange", () => this.#draw(this.#host.clientWidth));
  }

  show(input: ChartInput): void {
    this.#input = input;
    this.#draw(this.#width || this.#host.clientWidth);
  }

  #draw(width: number): void {
    const input = this.#input;
    if (input === undefined) return;
    this.#plot?.destroy();
    const picture = element("div", { role: "img", "aria-label": inWords(input) });
    this.#plot = new UPlot(optionsOf(input, Math.max(240, width)), seriesData(input), picture);
    this.#host.replaceChildren(picture, ...(input.marks.length > 0 ? [legendOf(input)] : []));
  }
}

/** What the picture says, for those who do not see it. */
function inWords(input: ChartInput): string {
  const { title, xLabel, yLabel, x, y, marks, points, showX, showY } = input;
  const at = (index: number) =>
    `${showY(y[index] ?? Number.NaN)} at ${showX(x[index] ?? Number.NaN)}`;
  const known = y.flatMap((value, index) => (value === null ? [] : [index]));
  const first = known[0];
  const last = known.at(-1);
  const ends =
    first === undefined || last === undefined ? "" : ` From ${at(first)} to ${at(last)}.`;
  const named = marks.map(({ label, x: where }) => `${label} at ${showX(where)}`).join(", ");
  const count = points === true ? ` ${known.length} points.` : "";
  const marked = named === "" ? "" : ` Marks: ${named}.`;
  return `${title}: ${yLabel} over ${xLabel}.${count}${ends}${marked}`;
}

function seriesData({ x, y, lower, upper, fit }: ChartInput): UPlot.AlignedData {
  const none = x.map(() => null);
  return [[...x], [...y], [...(upper ?? none)], [...(lower ?? none)], [...(fit ?? none)]];
}

function optionsOf(input: ChartInput, width: number): UPlot.Options {
  // A point at the edge would be cut in half.
  const room = input.points === true ? 1.25 : 1;
  const ink = color("--ink-soft");
  const grid = { stroke: color("--line"), width: 1 };
  const line = color("--accent");
  const edge = { stroke: "transparent", points: { show: false } };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  return {
    width,
    height: HEIGHT,
    padding: [12, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: false, distr: 3, range: (_, least, most) => [least / room, most * room] },
      y: input.yLog ? { distr: 3 } : { range: (_, least, most) => padded(least, most) },
    },
    axes: [
      {
        ...axis,
        splits: logSplits,
        filter: allOf,
        label: input.xLabel,
        labelSize: 20,
        labelFont: axis.font,
        size: 34,
        values: ticks(input.showX, true),
      },
      {
        ...axis,
        ...(input.yLog && { splits: logSplits, filter: allOf }),
        label: input.yLabel,
        labelSize: 20,
        labelFont: axis.font,
        size: 58,
        values: ticks(input.showY, input.yLog),
      },
    ],
    series: [
      {},
      input.points === true
        ? { stroke: line, paths: () => null, points: { show: true, size: 8, fill: line } }
        : { stroke: line, width: 2, points: { show: false } },
      edge,
      edge,
      { stroke: line, width: 2, dash: [6, 4], points: { show: false } },
    ],
    bands: [{ series: [2, 3], fill: color("--band") }],
    hooks: { draw: [(plot) => drawMarks(plot, input.marks)], setCursor: [readoutOf(input)] },
  };
}

function padded(least: number, most: number): [number, number] {
  const room = (most - least || Math.abs(most) || 1) * 0.08;
  return [least - room, most + room];
}

/** Every digit of every decade: uPlot's own start at the lowest value, whatever that is. */
function logSplits(_: UPlot, __: number, least: number, most: number): number[] {
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++) {
    for (let digit = 1; digit < 10; digit++) {
      const value = Number(`${digit}e${power}`);
      if (value >= least && value <= most) splits.push(value);
    }
  }
  return splits;
}

/** In place of the filter that leaves out what this page wants to name. */
const allOf = (_: UPlot, splits: number[]): number[] => splits;

/** Decades are named; over less than two of them, twos and fives too. */
function ticks(show: (value: number) => string, logarithmic: boolean) {
  return (_: UPlot, splits: readonly (number | null)[]) => {
    const known = splits.filter((value) => value !== null);
    const few = Math.log10((known.at(-1) ?? 1) / (known[0] ?? 1)) < 2;
    return splits.map((value) => {
      if (value === null) return "";
      const digit = value.toExponential()[0] ?? "";
      return !logarithmic || digit === "1" || (few && "25".includes(digit)) ? show(value) : "";
    });
  };
}

function drawMarks({ ctx, bbox, valToPos, scales }: UPlot, marks: readonly Mark[]): void {
  const { min = 0, max = 0 } = scales["x"] as { min?: number; max?: number };
  ctx.save();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const { x, kind } of marks) {
    if (x < min || x > max) continue;
    const at = Math.round(valToPos(x, "x", true));
    ctx.strokeStyle = color(`--mark-${kind}`);
    ctx.setLineDash(DASHES[kind].map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** By form as well as by color. */
const DASHES: Readonly<Record<Mark["kind"], readonly number[]>> = {
  optimal: [],
  critical: [7, 4],
  yours: [2, 3],
  wall: [12, 3, 2, 3],
};

const TERM_OF: Readonly<Record<Mark["kind"], TermId>> = {
  optimal: "optimal",
  critical: "critical",
  yours: "batch",
  wall: "wall",
};

function legendOf({ title, marks, showX }: ChartInput): HTMLElement {
  const items = marks.map(({ label, kind, x }) =>
    element("li", {}, keyOf(kind), term(TERM_OF[kind], label), showX(x)),
  );
  return element("ul", { class: "legend", "aria-label": `Marks: ${title}` }, ...items);
}

function keyOf(kind: Mark["kind"]): Element {
  return drawn(
    "svg",
    { class: `key ${kind}`, viewBox: "0 0 26 4", "aria-hidden": "true" },
    drawn("line", { x2: 26, y1: 2, y2: 2, "stroke-dasharray": DASHES[kind].join(" ") }),
  );
}

/** The values under the pointer, in place of the title's unit line. */
function readoutOf({ showX, showY, x, y, lower, upper }: ChartInput) {
  return (plot: UPlot) => {
    const readout = plot.root.closest("figure")?.querySelector(".readout");
    const index = plot.cursor.idx;
    if (readout === null || readout === undefined) return;
    const value = index === null || index === undefined ? null : y[index];
    if (index === null || index === undefined || value === null || value === undefined) {
      readout.textContent = "";
      return;
    }
    const [low, high] = [lower?.[index], upper?.[index]];
    const band = low != null && high != null ? ` (${showY(low)} – ${showY(high)})` : "";
    readout.textContent = `${showX(x[index] ?? 0)}: ${showY(value)}${band}`;
  };
}
