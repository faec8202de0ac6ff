import type { PracticeRow } from "../practice.ts";
import { countText, drawFrame, drawLegend, logScale, ticksAt } from "./axes.ts";
import { dot, element, line, PALETTE, picture } from "./svg.ts";

const SIZE = 560;
const LEFT = 80;
const TOP = 40;
const RIGHT = 540;
const BOTTOM = 500;
const DOMAIN = [5e4, 4e8] as const;
const INTERVAL = "#9ecae1";

/** Recommended against practised batch, with intervals. */
export function practicePlot(rows: readonly PracticeRow[]): string {
  const x = logScale(DOMAIN, [LEFT, RIGHT]);
  const y = logScale(DOMAIN, [BOTTOM, TOP]);
  const ticks = ticksAt([1e5, 1e6, 1e7, 1e8], countText);
  const intervals = rows.map(({ practisedBatchTokens: practised, batch }) =>
    element("line", {
      x1: x(practised),
      x2: x(practised),
      y1: y(batch.lower),
      y2: y(batch.upper),
      stroke: INTERVAL,
      "stroke-width": 3,
      "stroke-opacity": "0.45",
    }),
  );
  const values = rows.map(({ practisedBatchTokens: practised, batch }) => {
    const inside = batch.lower <= practised && practised <= batch.upper;
    return dot(x(practised), y(batch.value), inside ? PALETTE.blue : PALETTE.red);
  });
  const frame = drawFrame({
    left: LEFT,
    top: TOP,
    width: RIGHT - LEFT,
    height: BOTTOM - TOP,
    title: "Published runs: recommended over practised batch",
    x: { scale: x, ticks, label: "practised batch, tokens" },
    y: { scale: y, ticks, label: "recommended batch, tokens" },
  });
  const legend = drawLegend(LEFT + 12, TOP + 10, [
    { text: "recommended, practice inside 80 %", colour: PALETTE.blue, mark: "dot" },
    { text: "recommended, practice outside", colour: PALETTE.red, mark: "dot" },
    { text: "80 % interval", colour: INTERVAL, mark: "line" },
    { text: "equal", colour: PALETTE.grey, mark: "dashes" },
  ]);
  const equal = line(
    [x(DOMAIN[0]), y(DOMAIN[0])],
    [x(DOMAIN[1]), y(DOMAIN[1])],
    PALETTE.grey,
    1,
    "5 4",
  );
  return picture(SIZE, SIZE, "Recommended over practised batch", [
    ...frame,
    equal,
    ...intervals,
    ...values,
    ...legend,
  ]);
}
