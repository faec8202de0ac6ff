import type { CoverageCount } from "../coverage-counts.ts";
import { drawFrame, drawLegend, linearScale, ticksAt } from "./axes.ts";
import { box, dot, label, line, PALETTE, picture } from "./svg.ts";

const WIDTH = 860;
const LEFT = 320;
const RIGHT = 760;
const TOP = 46;
const ROW = 24;

/** Shares of covered intervals beside what a binomial count may show. */
export function coveragePlot(counts: readonly CoverageCount[]): string {
  const height = counts.length * ROW;
  const x = linearScale([0, 1], [LEFT, RIGHT]);
  const rows = counts.flatMap(({ of, hits, count, share, level, allowed, inside }, row) => {
    const y = TOP + (row + 0.5) * ROW;
    const from = x(allowed.least / count);
    const tenths = Math.round(hits * 10) / 10;
    return [
      box(from - 1, y - 6, x(allowed.most / count) - from + 2, 12, "#cfe8df"),
      line([x(level), y - 9], [x(level), y + 9], PALETTE.green, 2),
      dot(x(share), y, inside ? PALETTE.blue : PALETTE.red, 4.5),
      label(LEFT - 8, y + 4, of, { anchor: "end", size: 11 }),
      label(RIGHT + 10, y + 4, `${tenths} of ${count}`, { size: 11 }),
    ];
  });
  const frame = drawFrame({
    left: LEFT,
    top: TOP,
    width: RIGHT - LEFT,
    height,
    title: "Share of intervals that held the measured value",
    x: {
      scale: x,
      ticks: ticksAt([0, 0.2, 0.4, 0.6, 0.8, 1], (share) => `${Math.round(share * 100)} %`),
    },
    y: { scale: (value) => value, ticks: [] },
  });
  const legend = drawLegend(LEFT, TOP + height + 24, [
    { text: "claimed level", colour: PALETTE.green, mark: "line" },
    { text: "what a two-sided 99 % binomial test allows", colour: "#cfe8df", mark: "box" },
    { text: "counted (red: outside)", colour: PALETTE.blue, mark: "dot" },
  ]);
  return picture(WIDTH, TOP + height + 90, "Coverage of the intervals", [
    ...frame,
    ...rows,
    ...legend,
  ]);
}
