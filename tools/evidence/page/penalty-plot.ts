import type { FixedDataPenalty, PenaltyForm } from "../fixed-data-penalties.ts";
import { countText, drawFrame, drawLegend, linearScale, logScale, ticksAt } from "./axes.ts";
import { dot, line, PALETTE, picture, polyline } from "./svg.ts";

const WIDTH = 900;
const HEIGHT = 480;
const TOP = 40;
const BOTTOM = 410;
const PANEL_WIDTH = 360;
const LEFTS = [80, 520] as const;

/** How every way to predict is drawn and called. */
const FORMS: { readonly [form in PenaltyForm]: readonly [colour: string, name: string] } = {
  explicit: [PALETTE.orange, "closed form, explicit"],
  implicit: [PALETTE.red, "closed form, implicit"],
  "two-sided": [PALETTE.pink, "older two-sided refit"],
  joint: [PALETTE.blue, "critbatch-joint"],
  shipped: [PALETTE.green, "as an answer says it"],
};

function drawPanel(
  rows: readonly FixedDataPenalty[],
  left: number,
  title: string,
  domain: readonly [number, number],
  ticks: readonly number[],
): string[] {
  const batches = rows.map(({ batchTokens }) => batchTokens);
  const x = logScale(
    [Math.min(...batches) / 1.2, Math.max(...batches) * 1.2],
    [left, left + PANEL_WIDTH],
  );
  const y = linearScale(domain, [BOTTOM, TOP]);
  const curves = Object.entries(FORMS).map(([form, [colour]]) =>
    polyline(
      rows.map((row) => [x(row.batchTokens), y(row.predictedNats[form as PenaltyForm])] as const),
      colour,
      1.8,
    ),
  );
  const frame = drawFrame({
    left,
    top: TOP,
    width: PANEL_WIDTH,
    height: BOTTOM - TOP,
    title,
    x: { scale: x, ticks: ticksAt(batches, countText), label: "batch, tokens" },
    y: { scale: y, ticks: ticksAt(ticks, String), label: "nats against 516k tokens" },
  });
  return [
    ...frame,
    line([left, y(0)], [left + PANEL_WIDTH, y(0)], PALETTE.grey),
    ...curves,
    ...rows.map((row) => dot(x(row.batchTokens), y(row.observedNats), PALETTE.black, 4.5)),
  ];
}

/** Penalty over batch at fixed tokens, all of it and the small batches enlarged. */
export function penaltyPlot(rows: readonly FixedDataPenalty[]): string {
  const small = rows.filter(({ batchSequences }) => batchSequences <= 504);
  return picture(WIDTH, HEIGHT, "Penalty of a batch at fixed tokens, measured and predicted", [
    ...drawPanel(
      rows,
      LEFTS[0],
      "610M parameters, 12.2B tokens",
      [-0.03, 0.33],
      [0, 0.1, 0.2, 0.3],
    ),
    ...drawPanel(
      small,
      LEFTS[1],
      "The same near the optimum",
      [-0.016, 0.022],
      [-0.01, 0, 0.01, 0.02],
    ),
    ...drawLegend(LEFTS[0] + 12, TOP + 10, [
      { text: "measured (arXiv:2505.13738)", colour: PALETTE.black, mark: "dot" },
      ...Object.values(FORMS).map(([colour, text]) => ({ text, colour, mark: "line" as const })),
    ]),
  ]);
}
