import type { BatchRescaleAnswer } from "../generated/schema.ts";
import {
  assumptionLines,
  estimateRow,
  notes,
  type Paint,
  page,
  type Style,
  section,
  table,
} from "./layout.ts";
import { grouped, showCount, threeDigits } from "./quantity-text.ts";

type Rows = readonly (readonly string[])[];
type Moved = Exclude<BatchRescaleAnswer, { status: "refused" }>;

const VALUE_STYLES: readonly (Style | undefined)[] = [undefined, "bold", undefined, "dim"];

/** The answer of `rescale` for a person. */
export function showRescale(answer: BatchRescaleAnswer, paint: Paint): string {
  return page(
    `${paint("bold", answer.rule)} (${answer.status}): ${answer.reason}`,
    answer.status === "refused" ? undefined : table(movedRows(answer), paint, VALUE_STYLES),
    section("Preconditions", table(preconditionRows(answer)), paint),
    section("Other rules", table(alternativeRows(answer), paint, VALUE_STYLES), paint),
    section("Warnings", notes(answer.warnings, paint, "yellow"), paint),
    section("Assumed", assumptionLines(answer.assumptions, paint), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}

function movedRows(answer: Moved): Rows {
  const { peakLearningRate, warmupTokens, warmupExamples, warmupSteps } = answer;
  const warmup = warmupTokens === undefined ? warmupExamples : warmupTokens;
  const unit = warmupTokens === undefined ? "examples" : "tokens";
  const plain = [
    ["adam beta1", answer.adamBeta1, threeDigits],
    ["adam beta2", answer.adamBeta2, decayText],
    ["adam epsilon", answer.adamEpsilon, threeDigits],
    ["momentum", answer.momentum, threeDigits],
    ["weight decay", answer.weightDecay, threeDigits],
    ["warm-up steps", warmupSteps, grouped],
    [`warm-up ${unit}`, warmup, showCount],
  ] as const;
  return [
    ["", "value", `${Math.round(100 * peakLearningRate.interval.level)} % interval`, "basis"],
    estimateRow("peak learning rate", peakLearningRate, threeDigits),
    ...plain.flatMap(([label, value, show]) => (value === undefined ? [] : [[label, show(value)]])),
  ];
}

/** A decay near one: three digits of what is missing to it. */
function decayText(decay: number): string {
  const missing = 1 - decay;
  return missing > 0 ? decay.toFixed(Math.max(3, 2 - Math.floor(Math.log10(missing)))) : "1";
}

function preconditionRows({ preconditions }: BatchRescaleAnswer): Rows {
  return preconditions.map(({ code, holds, detail }) => {
    const verdict = holds === null ? "unknown" : holds ? "holds" : "fails";
    return [verdict, code, detail];
  });
}

function alternativeRows({ alternatives }: BatchRescaleAnswer): Rows {
  return alternatives.map(({ rule, status, peakLearningRate }) => [
    ...estimateRow(rule, peakLearningRate, threeDigits).slice(0, 3),
    status,
  ]);
}
