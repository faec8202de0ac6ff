import type { ProbeAnswer, ProbePlan } from "../generated/schema.ts";
import {
  estimateRow,
  type Paint,
  page,
  type Style,
  section,
  showInterval,
  table,
} from "./layout.ts";
import { drawLogPlot } from "./plot.ts";
import { percent, showCount, threeDigits } from "./quantity-text.ts";

type ResultOf<Name extends ProbeAnswer["experiment"]> = Extract<
  ProbeAnswer,
  { readonly experiment: Name }
>["result"];
type NoisePoint = ResultOf<"noise-scale">["points"][number];

const VALUE_STYLES: readonly (Style | undefined)[] = [undefined, "bold", undefined, "dim"];
const SMALL_MODEL =
  "Measured on a small model: it shows the shape and the mechanism, not the critical batch of a large run.";

/** The answer of `probe` for a person. */
export function showProbe(answer: ProbeAnswer, paint: Paint): string {
  return page(...partsOf(answer, paint), paint("dim", SMALL_MODEL), paint("dim", costOf(answer)));
}

/** What a probe would cost, for a person. */
export function showProbePlan(plan: ProbePlan, paint: Paint): string {
  const { expected, ceiling } = plan.flops;
  const verdict = plan.withinLimit ? "would fit one request" : "is too much for one request";
  return page(
    `${paint("bold", plan.status)}: ${plan.experiment} ${verdict}`,
    table([
      ["expected", `${showCount(expected)} FLOP`],
      ["ceiling", `${showCount(ceiling)} FLOP`],
      ["limit of a request", `${showCount(plan.requestFlopsLimit)} FLOP`],
      ["stages", plan.stages.join(", ")],
    ]),
    paint("dim", `model version ${plan.modelVersion}`),
  );
}

function partsOf(answer: ProbeAnswer, paint: Paint): readonly (string | undefined)[] {
  switch (answer.experiment) {
    case "critical-batch":
      return criticalBatchParts(answer.result, paint);
    case "noise-scale":
      return noiseScaleParts(answer.result, paint);
    case "learning-rate":
      return learningRateParts(answer.result, paint);
  }
}

function costOf({ flops, digest, engine, modelVersion }: ProbeAnswer): string {
  const done = `${showCount(flops.done)} of ${showCount(flops.expected)} FLOP expected`;
  return `${done}, engine ${engine}, digest ${digest.slice(0, 16)}, model version ${modelVersion}`;
}

const headline = (status: string, why: string | undefined, paint: Paint): string =>
  `${paint("bold", status)}${why === undefined ? "" : `: ${why}`}`;

function plotSection(
  heading: string,
  plot: Parameters<typeof drawLogPlot>[0],
  paint: Paint,
): string | undefined {
  return section(heading, drawLogPlot(plot) ?? "", paint);
}

function criticalBatchParts(
  result: ResultOf<"critical-batch">,
  paint: Paint,
): readonly (string | undefined)[] {
  const { points, bCritExamples: critical, minSteps, minExamples, rho, rhoSimple } = result;
  const isFitted = minSteps !== undefined && minExamples !== undefined;
  const values = [
    ...(critical ? [estimateRow("critical batch", critical, showCount, "examples")] : []),
    ...(minSteps ? [estimateRow("fewest steps", minSteps, showCount)] : []),
    ...(minExamples ? [estimateRow("fewest examples", minExamples, showCount)] : []),
    ...(rho ? [estimateRow("B_crit / B_noise", rho, threeDigits)] : []),
    ...(rhoSimple ? [estimateRow("B_crit / B_simple", rhoSimple, threeDigits)] : []),
    ...(result.targetLoss === undefined ? [] : [["target loss", targetText(result)]]),
  ];
  const rows = points.map(({ batchExamples, peakLearningRate, steps, stepsBySeed }) => [
    showCount(batchExamples),
    threeDigits(peakLearningRate),
    showCount(steps),
    showCount(steps * batchExamples),
    stepsBySeed.map(showCount).join(" "),
  ]);
  return [
    headline(result.status, result.reason, paint),
    values.length === 0 ? undefined : table(values, paint, VALUE_STYLES),
    plotSection(
      isFitted
        ? "Steps to the target: o measured, . fitted, : critical batch"
        : "Steps to the target",
      {
        xLabel: "batch, examples",
        yLabel: "steps",
        series: [
          { mark: "o", points: points.map((point) => [point.batchExamples, point.steps] as const) },
        ],
        ...(isFitted && { line: (batch) => minSteps.value + minExamples.value / batch }),
        ...(critical && { span: spanOf(critical) }),
      },
      paint,
    ),
    rows.length === 0
      ? undefined
      : table([["batch", "learning rate", "steps", "examples", "steps by seed"], ...rows], paint),
  ];
}

function targetText({ targetLoss = 0, targetDepth }: ResultOf<"critical-batch">): string {
  const depth = targetDepth === undefined ? "" : `, ${percent(targetDepth)} of the way to the best`;
  return `${threeDigits(targetLoss)}${depth}`;
}

function spanOf({ value, interval }: NonNullable<ResultOf<"critical-batch">["bCritExamples"]>) {
  return { value, lower: interval.lower ?? value, upper: interval.upper ?? value };
}

type Ratio = NoisePoint["bSimpleExamples"];

function noiseScaleParts(
  { status, reason, points, batchExamples, peakLearningRate }: ResultOf<"noise-scale">,
  paint: Paint,
): readonly (string | undefined)[] {
  const resolved = (ratio: (point: NoisePoint) => Ratio) =>
    points.flatMap((point) => {
      const one = ratio(point);
      return one.status === "ok" ? [[point.examplesSeen, one.value] as const] : [];
    });
  const rows = points.map((point) => [
    showCount(point.examplesSeen),
    threeDigits(point.loss),
    ...ratioCells(point.bSimpleExamples),
    ...ratioCells(point.bNoiseExamples),
  ]);
  const run =
    batchExamples === undefined || peakLearningRate === undefined
      ? undefined
      : table([
          ["batch", `${showCount(batchExamples)} examples`],
          ["peak learning rate", threeDigits(peakLearningRate)],
        ]);
  return [
    headline(status, reason, paint),
    run,
    plotSection(
      "Noise scale along the run: o tr(Sigma)/|G|^2, x weighted by the Hessian",
      {
        xLabel: "examples seen",
        yLabel: "examples",
        series: [
          { mark: "x", points: resolved((point) => point.bNoiseExamples) },
          { mark: "o", points: resolved((point) => point.bSimpleExamples) },
        ],
      },
      paint,
    ),
    rows.length === 0
      ? undefined
      : table([["examples seen", "loss", "B_simple", "", "B_noise", ""], ...rows], paint),
  ];
}

function ratioCells(ratio: Ratio): readonly string[] {
  if (ratio.status === "ok") return [showCount(ratio.value), showInterval(ratio, showCount)];
  return ratio.lowerBound === undefined
    ? ["unresolved", ""]
    : ["unresolved", `at least ${showCount(ratio.lowerBound)}`];
}

function learningRateParts(
  { status, reason, needed, optima, rules }: ResultOf<"learning-rate">,
  paint: Paint,
): readonly (string | undefined)[] {
  const found = optima.flatMap(({ batchExamples, peakLearningRate }) =>
    peakLearningRate === undefined ? [] : [[batchExamples, peakLearningRate] as const],
  );
  const rows = optima.map((one) => [
    showCount(one.batchExamples),
    one.peakLearningRate === undefined ? one.status : threeDigits(one.peakLearningRate),
    one.loss === undefined ? "" : threeDigits(one.loss),
    one.divergedAbove === undefined ? "" : threeDigits(one.divergedAbove),
  ]);
  const ruleRows = rules.map(({ rule, rmsLogResidual, constants }) => [
    rule,
    `off by ${percent(Math.expm1(rmsLogResidual))}`,
    Object.entries(constants)
      .map(([name, value]) => `${name} ${threeDigits(value)}`)
      .join(", "),
  ]);
  return [
    headline(status, reason, paint),
    needed === undefined
      ? undefined
      : `needed: a budget of ${showCount(needed.budgetFlops)} FLOP (--budget-flops)`,
    plotSection(
      "Best learning rate by batch",
      { xLabel: "batch, examples", yLabel: "rate", series: [{ mark: "o", points: found }] },
      paint,
    ),
    rows.length === 0
      ? undefined
      : table([["batch", "best rate", "loss", "diverged from"], ...rows], paint),
    section("Rules, best first", ruleRows.length === 0 ? "" : table(ruleRows, paint), paint),
  ];
}
