import type { ProbeAnswer, ProbeCurve } from "../../../../sdk/generated/schema.ts";
import type { ProbeProgress } from "../../../../sdk/probe.ts";
import { byId } from "../base/dom.ts";
import { showAmount, showValue } from "../base/numbers.ts";
import { Chart, type ChartInput } from "../charts/chart.ts";

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

type Ended = NonNullable<ProbeProgress["ended"]>[number];

/** Two charts: of the training runs as they end, and of the answer once there is one. */
export class ProbeCharts {
  readonly #charts = [new Chart(byId("probe-chart-0")), new Chart(byId("probe-chart-1"))] as const;
  #ended: Ended[] = [];

  begin(): void {
    this.#ended = [];
    byId("probe-charts").hidden = true;
  }

  add({ ended = [] }: ProbeProgress): void {
    if (ended.length === 0) return;
    this.#ended.push(...ended);
    const losses = pointsOf(this.#ended, ({ peakLearningRate, finalLoss }) => [
      peakLearningRate,
      finalLoss,
    ]);
    const steps = pointsOf(this.#ended, ({ batchExamples, stepsToTarget }) => [
      batchExamples,
      stepsToTarget,
    ]);
    if (losses.x.length < 2) return;
    byId("probe-charts").hidden = false;
    // Only a run that went astray makes the others too small to tell apart.
    const yLog = Math.max(...losses.y) > 10 * Math.min(...losses.y);
    this.#show(0, { ...LIVE_LOSSES, ...losses, yLog });
    const many = new Set(steps.x).size > 1;
    byId("probe-chart-1").closest("figure")?.toggleAttribute("hidden", !many);
    if (many) this.#show(1, { ...LIVE_STEPS, ...steps });
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

const LIVE_LOSSES: Drawn = {
  ...BATCH_AXIS,
  title: "Training runs so far",
  xLabel: "peak learning rate",
  showX: showValue,
  yLabel: "final loss",
  showY: showValue,
  points: true,
};
const LIVE_STEPS: Drawn = {
  ...BATCH_AXIS,
  title: "Steps to the target so far",
  yLabel: "steps",
  showY: showAmount,
  points: true,
};

/** One point a run that has both numbers, in the order of the axis. */
function pointsOf(ended: readonly Ended[], of: (run: Ended) => [number, number | undefined]) {
  const points = ended
    .map(of)
    .filter((point): point is [number, number] => point[1] !== undefined && point[1] > 0)
    .toSorted(([a], [b]) => a - b);
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
}
