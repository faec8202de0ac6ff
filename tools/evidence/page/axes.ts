import { box, label, line, PALETTE } from "./svg.ts";

/** From a value to a coordinate. */
export type Scale = (value: number) => number;

/** Where an axis is marked and with what. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** A part of the picture with its two axes. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly title?: string;
  readonly x: {
    readonly scale: Scale;
    readonly ticks: readonly Tick[];
    readonly label?: string;
  };
  readonly y: {
    readonly scale: Scale;
    readonly ticks: readonly Tick[];
    readonly label?: string;
  };
}

/** Equal steps for equal differences. */
export function linearScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const slope = (range[1] - range[0]) / (domain[1] - domain[0]);
  return (value) => range[0] + (value - domain[0]) * slope;
}

/** Equal steps for equal ratios. */
export function logScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const onLogs = linearScale([Math.log(domain[0]), Math.log(domain[1])], range);
  return (value) => onLogs(Math.log(value));
}

const SUFFIXES = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A count in the way people say it: 516k, 2.78M, 12.2B; three digits. */
export function countText(value: number): string {
  const [unit, suffix] = SUFFIXES.find(([size]) => value >= size) ?? [1, ""];
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}

/** Ticks at given values. */
export function ticksAt(values: readonly number[], text: (value: number) => string): Tick[] {
  return values.map((value) => ({ value, text: text(value) }));
}

/** Grid, tick texts, axis labels and title of a frame. */
export function drawFrame({ left, top, width, height, title, x, y }: Frame): string[] {
  const [right, bottom] = [left + width, top + height];
  return [
    ...x.ticks.flatMap((tick) => [
      line([x.scale(tick.value), top], [x.scale(tick.value), bottom], PALETTE.pale),
      label(x.scale(tick.value), bottom + 16, tick.text, { anchor: "middle", size: 11 }),
    ]),
    ...y.ticks.flatMap((tick) => [
      line([left, y.scale(tick.value)], [right, y.scale(tick.value)], PALETTE.pale),
      label(left - 6, y.scale(tick.value) + 4, tick.text, { anchor: "end", size: 11 }),
    ]),
    line([left, bottom], [right, bottom], PALETTE.grey),
    line([left, top], [left, bottom], PALETTE.grey),
    ...(x.label === undefined
      ? []
      : [label(left + width / 2, bottom + 36, x.label, { anchor: "middle" })]),
    ...(y.label === undefined
      ? []
      : [label(left - 46, top + height / 2, y.label, { anchor: "middle", turned: true })]),
    ...(title === undefined ? [] : [label(left, top - 10, title, { bold: true, size: 13 })]),
  ];
}

/** What a mark of the picture means. */
export interface LegendEntry {
  readonly text: string;
  readonly colour: string;
  readonly mark: "dot" | "hollow" | "line" | "dashes" | "box";
}

/** Entries below each other, on white so that they stay readable over a grid. */
export function drawLegend(left: number, top: number, entries: readonly LegendEntry[]): string[] {
  const width = 30 + Math.max(...entries.map(({ text }) => text.length)) * 6.2;
  const parts = entries.flatMap(({ text, colour, mark }, row) => {
    const y = top + 14 + row * 17;
    return [drawMark(left + 6, y - 4, colour, mark), label(left + 28, y, text, { size: 11 })];
  });
  return [box(left, top, width, entries.length * 17 + 6, "#ffffff"), ...parts];
}

function drawMark(x: number, y: number, colour: string, mark: LegendEntry["mark"]): string {
  switch (mark) {
    case "line":
      return line([x, y], [x + 16, y], colour, 2);
    case "dashes":
      return line([x, y], [x + 16, y], colour, 2, "4 3");
    case "box":
      return box(x, y - 4, 16, 8, colour);
    default:
      return `<circle cx="${x + 8}" cy="${y}" r="4" fill="${mark === "dot" ? colour : "#ffffff"}" stroke="${colour}" stroke-width="1.5"/>`;
  }
}
