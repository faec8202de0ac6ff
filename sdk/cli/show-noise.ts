import type {
  MomentEstimate,
  NoiseScaleAnswer,
  NoiseScaleGroup,
  ResolvedNoiseScale,
  UnresolvedNoiseScale,
} from "../generated/schema.ts";
import {
  estimateRow,
  notes,
  type Paint,
  page,
  type Style,
  section,
  showInterval,
  table,
} from "./layout.ts";
import { grouped, showCount, threeDigits } from "./quantity-text.ts";

type Rows = readonly (readonly string[])[];
type MeasuredNoise = ResolvedNoiseScale | UnresolvedNoiseScale;
type Bound = NonNullable<UnresolvedNoiseScale["lowerBound"]>;

const VALUE_STYLES: readonly (Style | undefined)[] = [undefined, "bold", undefined, "dim"];

/** The answer of `noise` for a person. */
export function showNoiseScale(answer: NoiseScaleAnswer, paint: Paint): string {
  return page(
    `${paint("bold", answer.status)}${"reason" in answer ? `: ${answer.reason}` : ""}`,
    table(valueRows(answer), paint, VALUE_STYLES),
    groups(answer, paint),
    efficiency(answer, paint),
    section("Needed for about +-20 %", neededText(answer), paint),
    errorBars(answer, paint),
    section("Diagnosis", notes(answer.diagnosis, paint, "yellow"), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}

function valueRows(answer: NoiseScaleAnswer): Rows {
  const level = answer.gradSqNorm?.interval.level;
  const heading = level === undefined ? "" : `${Math.round(100 * level)} % interval`;
  return [
    ["", "value", heading, "basis"],
    ...noiseRows(answer),
    momentRow("tr(Sigma)", answer.traceSigma),
    momentRow("|G|^2", answer.gradSqNorm),
    ["steps used", grouped(answer.usedSteps)],
  ];
}

function noiseRows(answer: NoiseScaleAnswer): Rows {
  if (answer.status === "resolved") {
    return [estimateRow("noise scale", answer.bSimple, showCount, answer.unit)];
  }
  const bound = answer.status === "unresolved" ? answer.lowerBound : undefined;
  return bound === undefined ? [] : [["noise scale", ...boundCells(bound)]];
}

function boundCells({ value, unit, level }: Bound): readonly string[] {
  return [`at least ${showCount(value)} ${unit}`, `with ${Math.round(100 * level)} %`];
}

function momentRow(label: string, moment: MomentEstimate | undefined): readonly string[] {
  if (moment === undefined) return [label, "not measured"];
  const { lower, upper } = moment.interval;
  const interval = lower === null && upper === null ? "" : showInterval(moment, threeDigits);
  return [label, threeDigits(moment.value), interval, moment.basis];
}

function groups(answer: NoiseScaleAnswer, paint: Paint): string | undefined {
  if (answer.status === "insufficient-measurements" || answer.groups === undefined) {
    return undefined;
  }
  const rows = answer.groups.map(groupRow);
  return section("Groups of parameters", table(rows, paint, VALUE_STYLES), paint);
}

function groupRow(one: NoiseScaleGroup): readonly string[] {
  if (one.status === "resolved") {
    return estimateRow(one.group, one.bSimple, showCount, one.bSimple.unit);
  }
  return [one.group, ...(one.lowerBound === undefined ? [one.status] : boundCells(one.lowerBound))];
}

function efficiency(answer: NoiseScaleAnswer, paint: Paint): string | undefined {
  if (answer.status !== "resolved") return undefined;
  const rows = answer.efficiencyAtBatch.map(({ batch, efficiency: worth }) => [
    `${showCount(batch)} ${answer.unit}`,
    threeDigits(worth.value),
    showInterval(worth, threeDigits),
  ]);
  const heading = "Progress of an example at a batch, relative to a tiny one";
  return section(heading, table(rows, paint, VALUE_STYLES), paint);
}

function neededText({ needed, usedSteps, unit, status }: NoiseScaleAnswer): string {
  const { observations, bigBatch } = needed;
  if (status === "resolved" && observations <= usedSteps)
    return "  nothing: it is narrower already";
  return `  ${grouped(observations)} steps in all, or a big batch of ${showCount(bigBatch)} ${unit}`;
}

function errorBars(answer: NoiseScaleAnswer, paint: Paint): string | undefined {
  if (answer.status === "insufficient-measurements") return undefined;
  return paint("dim", `error bars from ${errorBarsText(answer)}`);
}

function errorBarsText({ errorBars: bars, blockSteps }: MeasuredNoise): string {
  const length = blockSteps === 1 ? "one step" : `${grouped(blockSteps ?? 0)} steps`;
  const steps = blockSteps === undefined ? "" : ` of ${length}`;
  const serial = bars.serialCorrelationFactor;
  const widened = serial === 1 ? "" : `, variances x${threeDigits(serial)} for correlation`;
  const freedom = threeDigits(bars.degreesOfFreedom);
  return `${grouped(bars.count)} ${bars.from}${steps}, ${freedom} degrees of freedom${widened}`;
}
