import type { ProbeAnswer, ProbeCurve, ProbeRequest } from "../../../sdk/generated/schema.ts";
import type { ProbeProgress } from "../../../sdk/probe.ts";
import { Chart, type ChartInput } from "./chart.ts";
import { byId } from "./dom.ts";
import { showAmount, showFlops, showValue } from "./numbers.ts";

const BATCH_AXIS = { xLabel: "batch, examples", showX: showAmount, marks: [], yLog: true };
const EXAMPLES_AXIS = { ...BATCH_AXIS, xLabel: "examples seen" };

type Drawn = Omit<ChartInput, "x" | "y">;

/** How each curve of an answer is drawn, by its name on the wire; a view shows the first two it finds. */
const CURVES: Readonly<Record<string, Drawn>> = {
  stepsVsBatch: {
    ...BATCH_AXIS,
    title: "Steps to the target",
    yLabel: "steps",
    showY: showAmount,
    points: true,
  },
  learningRateVsBatch: {
    ...BATCH_AXIS,
    title: "Best learning rate",
    yLabel: "peak learning rate",
    showY: showValue,
    points: true,
  },
  lossVsExamples: {
    ...EXAMPLES_AXIS,
    title: "Loss",
    yLabel: "validation loss",
    yLog: false,
    showY: showValue,
    points: true,
  },
  traceSigmaVsExamples: {
    ...EXAMPLES_AXIS,
    title: "Gradient noise",
    yLabel: "tr(Sigma)",
    showY: showValue,
    points: true,
  },
};

/** Two charts: live while the probe runs, and of its answer once it has one. */
export class ProbeCharts {
  readonly #charts = [new Chart(byId("probe-chart-0")), new Chart(byId("probe-chart-1"))] as const;
  #told: { readonly cells: number; readonly flops: number }[] = [];

  begin(_experiment: ProbeRequest["experiment"]): void {
    this.#told = [];
    byId("probe-charts").hidden = true;
  }

  /** Training runs ended over the work done so far. */
  add({ flopsDone, cellsDone }: ProbeProgress): void {
    this.#told.push({ flops: Math.max(1, flopsDone), cells: cellsDone });
    if (this.#told.length < 3) return;
    byId("probe-charts").hidden = false;
    this.#show(0, {
      title: "Training runs ended",
      xLabel: "work done",
      showX: showFlops,
      yLabel: "runs",
      showY: showAmount,
      yLog: false,
      marks: [],
      x: this.#told.map(({ flops }) => flops),
      y: this.#told.map(({ cells }) => cells),
    });
  }

  finish({ curves }: ProbeAnswer): void {
    const found = Object.entries(CURVES).filter(([name]) => (curves[name]?.x.length ?? 0) > 1);
    byId("probe-charts").hidden = found.length === 0;
    found.slice(0, 2).forEach(([name, drawn], index) => {
      const { x, y } = curves[name] as ProbeCurve;
      const fit = curves[`${name}Fitted`]?.y;
      this.#show(index as 0 | 1, { ...drawn, x, y, ...(fit !== undefined && { fit }) });
    });
    byId("probe-chart-1")
      .closest("figure")
      ?.toggleAttribute("hidden", found.length < 2);
  }

  #show(place: 0 | 1, input: ChartInput): void {
    byId(`probe-title-${place}`).textContent = input.title;
    this.#charts[place].show(input);
  }
}
