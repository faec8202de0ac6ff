import type { TradeoffCurve } from "../../../../sdk/generated/schema.ts";
import { byId } from "../base/dom.ts";
import { showAmount, showValue } from "../base/numbers.ts";
import { Chart, type ChartInput, type Mark } from "../charts/chart.ts";
import type { Report, Side } from "./ask-all.ts";

type Drawn = Omit<ChartInput, "x" | "y" | "marks">;

const BATCH_AXIS = { xLabel: "batch, tokens", showX: showAmount } as const;

/** How each curve of a report is drawn, by its name on the wire. */
const CURVES = {
  lossVsBatch: {
    ...BATCH_AXIS,
    title: "Loss by batch size",
    yLabel: "nats per token",
    yLog: false,
    showY: showValue,
  },
  learningRateVsBatch: {
    ...BATCH_AXIS,
    title: "Learning rate by batch size",
    yLabel: "peak learning rate",
    yLog: true,
    showY: showValue,
  },
  stepsVsTokens: {
    title: "Steps and tokens to the same loss",
    xLabel: "tokens to the same loss",
    showX: showAmount,
    yLabel: "steps",
    yLog: true,
    showY: showAmount,
  },
} as const satisfies Readonly<Record<string, Drawn>>;
type CurveName = keyof typeof CURVES;

/** The curves of a trade-off report, with the reader's own batch among their marks. */
export class TradeoffCharts {
  readonly #charts: Readonly<Record<CurveName, Chart>> = {
    lossVsBatch: new Chart(byId("chart-loss")),
    learningRateVsBatch: new Chart(byId("chart-rate")),
    stepsVsTokens: new Chart(byId("chart-steps")),
  };

  show({ report: { curves }, side }: Report): void {
    for (const name of Object.keys(CURVES) as CurveName[]) {
      const curve = curves[name];
      if (curve !== undefined) this.#charts[name].show({ ...CURVES[name], ...lineOf(curve, side) });
    }
  }
}

/** Marks that the page names, by their names on the wire. */
const MARKS: Readonly<Record<string, Mark["kind"]>> = {
  optimal: "optimal",
  critical: "critical",
  wall: "wall",
};

function lineOf({ x, y, lower, upper, marks }: TradeoffCurve, ownSide: Side | undefined) {
  return {
    x,
    y,
    lower,
    upper,
    marks: marks.flatMap(({ id, x: at }): Mark[] => {
      const kind = id === ownSide ? "yours" : MARKS[id];
      return kind === undefined ? [] : [{ x: at, label: kind, kind }];
    }),
  };
}
