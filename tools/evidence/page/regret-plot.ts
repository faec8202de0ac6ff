import type { Evidence } from "../collect-evidence.ts";
import { drawFrame, drawLegend, logScale, ticksAt } from "./axes.ts";
import { regretRows } from "./regret-rows.ts";
import { box, dot, label, PALETTE, picture } from "./svg.ts";

const WIDTH = 860;
const LEFT = 300;
const ROW = 24;
const TOP = 46;
/** From here down every bar begins far to the right. */
const LEGEND_ROW = 9.5;
const FLOOR_NATS = 0.0003;
const CEILING_NATS = 0.1;

/** Bars from mean to maximum regret, one for every law and way of pooling. */
export function regretPlot(evidence: Evidence): string {
  const rows = regretRows(evidence);
  const height = rows.length * ROW;
  const right = WIDTH - 110;
  const x = logScale([FLOOR_NATS, CEILING_NATS], [LEFT, right]);
  const y = (row: number) => TOP + (row + 0.5) * ROW;
  const colours = { own: PALETTE.blue, pooled: PALETTE.green, saw: PALETTE.orange };
  const bars = rows.flatMap(({ name, meanNats, maxNats, kind }, row) => {
    const colour = kind === "stranger" || kind === "floor" ? PALETTE.grey : colours[kind];
    return [
      box(x(meanNats), y(row) - 5, x(maxNats) - x(meanNats), 10, colour),
      dot(x(meanNats), y(row), colour, 5),
      label(x(maxNats) + 8, y(row) + 4, `${meanNats.toFixed(4)} / ${maxNats.toFixed(4)}`, {
        size: 11,
      }),
      label(LEFT - 8, y(row) + 4, name, { anchor: "end", size: 11 }),
    ];
  });
  const frame = drawFrame({
    left: LEFT,
    top: TOP,
    width: right - LEFT,
    height,
    title: "Regret over the 12 cells: mean (dot) to maximum (end of the bar)",
    x: {
      scale: x,
      ticks: ticksAt([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1], String),
      label: "nats per token above the cell's optimum (logarithmic)",
    },
    y: { scale: (value) => value, ticks: [] },
  });
  const legend = drawLegend(LEFT + 14, TOP + LEGEND_ROW * ROW, [
    { text: "critbatch-joint, held out", colour: PALETTE.blue, mark: "box" },
    { text: "pooled recommendation", colour: PALETTE.green, mark: "box" },
    { text: "law fitted on these runs", colour: PALETTE.orange, mark: "box" },
    { text: "other laws, noise floor", colour: PALETTE.grey, mark: "box" },
  ]);
  return picture(WIDTH, TOP + height + 50, "Regret by law", [...frame, ...legend, ...bars]);
}
