import type { StepsToTarget } from "../steps-to-target.ts";
import { countText, drawFrame, drawLegend, logScale, ticksAt } from "./axes.ts";
import { dot, element, PALETTE, picture, polyline } from "./svg.ts";

const WIDTH = 760;
const HEIGHT = 500;
const LEFT = 80;
const TOP = 40;
const RIGHT = 730;
const BOTTOM = 440;
const COLOURS = [PALETTE.blue, PALETTE.green, PALETTE.orange, PALETTE.red, PALETTE.pink];
const CURVE_POINTS = 60;
const BATCHES = [24_000, 12e6] as const;

/** Steps to the target loss over batch, with the fitted hyperbola and its critical batch. */
export function stepsPlot(sizes: readonly StepsToTarget[]): string {
  const x = logScale(BATCHES, [LEFT, RIGHT]);
  const y = logScale([1000, 1e6], [BOTTOM, TOP]);
  const curves = sizes.flatMap((row, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? PALETTE.black;
    const stepsAt = (batch: number) => row.minSteps * (1 + row.bCritTokens / batch);
    const curve = Array.from({ length: CURVE_POINTS }, (_, point) => {
      const batch = BATCHES[0] * (BATCHES[1] / BATCHES[0]) ** (point / (CURVE_POINTS - 1));
      return [x(batch), y(stepsAt(batch))] as const;
    });
    const [corner, twice] = [x(row.bCritTokens), y(stepsAt(row.bCritTokens))];
    return [
      polyline(curve, colour),
      ...row.batches.map((batch, run) =>
        dot(x(batch * row.sequenceLengthTokens), y(row.steps[run] ?? 1), colour),
      ),
      element("path", {
        d: `M${Math.round(corner)} ${Math.round(twice) - 8}l7 8l-7 8l-7 -8z`,
        fill: "#ffffff",
        stroke: colour,
        "stroke-width": 2,
      }),
    ];
  });
  const frame = drawFrame({
    left: LEFT,
    top: TOP,
    width: RIGHT - LEFT,
    height: BOTTOM - TOP,
    title: "Steps to a fixed loss over batch (arXiv:2410.21676); diamonds: B_c",
    x: {
      scale: x,
      ticks: ticksAt([3e4, 1e5, 3e5, 1e6, 3e6, 1e7], countText),
      label: "batch, tokens",
    },
    y: { scale: y, ticks: ticksAt([1e3, 1e4, 1e5, 1e6], countText), label: "steps" },
  });
  const legend = drawLegend(
    RIGHT - 170,
    TOP + 8,
    sizes.map(({ size, bCritTokens }, index) => ({
      text: `${size}: B_c ${countText(bCritTokens)}`,
      colour: COLOURS[index % COLOURS.length] ?? PALETTE.black,
      mark: "dot" as const,
    })),
  );
  return picture(WIDTH, HEIGHT, "Steps to a fixed loss over batch, with fitted hyperbolas", [
    ...frame,
    ...legend,
    ...curves,
  ]);
}
