import type { CellOptimum, Evidence } from "../collect-evidence.ts";
import type { Bounded } from "../steps-to-target.ts";
import { countText, drawFrame, drawLegend, logScale, ticksAt } from "./axes.ts";
import { box, dot, label, line, PALETTE, picture } from "./svg.ts";

const WIDTH = 940;
const ROW = 26;
const TOP = 46;
const PANEL_WIDTH = 340;
const LEFTS = [110, 570] as const;

interface Panel {
  readonly left: number;
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly text: (value: number) => string;
  readonly predicted: (cell: CellOptimum) => Bounded;
  readonly measured: (cell: CellOptimum) => { readonly value: number; readonly logSd: number };
}

function drawPanel(panel: Panel, optima: readonly CellOptimum[]): string[] {
  const { left, title, domain, ticks, text } = panel;
  const scale = logScale(domain, [left, left + PANEL_WIDTH]);
  const rows = optima.flatMap((cell, row) => {
    const y = TOP + (row + 0.5) * ROW;
    const { value, lower, upper } = panel.predicted(cell);
    const measured = panel.measured(cell);
    const spread = Math.exp(measured.logSd);
    return [
      box(scale(lower), y - 6, scale(upper) - scale(lower), 12, "#b8d8ec"),
      line([scale(value), y - 6], [scale(value), y + 6], PALETTE.blue, 2),
      line(
        [scale(measured.value / spread), y],
        [scale(measured.value * spread), y],
        PALETTE.red,
        1.5,
      ),
      dot(scale(measured.value), y, PALETTE.red, 4),
      label(left - 8, y + 4, cell.id, { anchor: "end", size: 11 }),
    ];
  });
  const frame = drawFrame({
    left,
    top: TOP,
    width: PANEL_WIDTH,
    height: optima.length * ROW,
    title,
    x: { scale, ticks: ticksAt(ticks, text) },
    y: { scale: (value) => value, ticks: [] },
  });
  return [...frame, ...rows];
}

/** Optimal batch and learning rate of every cell, predicted without it and measured. */
export function optimumPlot({ optima }: Evidence): string {
  const bottom = TOP + optima.length * ROW;
  const batch = drawPanel(
    {
      left: LEFTS[0],
      title: "Optimal batch, tokens",
      domain: [7e4, 2e6],
      ticks: [1e5, 2e5, 5e5, 1e6, 2e6],
      text: countText,
      predicted: (cell) => cell.predictedBatchTokens,
      measured: (cell) => ({ value: cell.measuredBatchTokens, logSd: cell.measuredBatchLogSd }),
    },
    optima,
  );
  const rate = drawPanel(
    {
      left: LEFTS[1],
      title: "Optimal peak learning rate",
      domain: [5e-4, 8e-3],
      ticks: [5e-4, 1e-3, 2e-3, 5e-3],
      text: String,
      predicted: (cell) => cell.predictedLearningRate,
      measured: (cell) => ({
        value: cell.measuredLearningRate,
        logSd: cell.measuredLearningRateLogSd,
      }),
    },
    optima,
  );
  const legend = drawLegend(LEFTS[0], bottom + 24, [
    { text: "critbatch-joint fitted without the cell: value", colour: PALETTE.blue, mark: "line" },
    { text: "its 80 % interval", colour: "#b8d8ec", mark: "box" },
    {
      text: "measured: lowest point of the cell's spline, with one bootstrap sd",
      colour: PALETTE.red,
      mark: "dot",
    },
  ]);
  return picture(WIDTH, bottom + 90, "Predicted and measured optimum of every cell", [
    ...batch,
    ...rate,
    ...legend,
  ]);
}
