import type { NoiseScaleAnswer } from "../generated/schema.ts";
import { estimateRow, notes, type Paint, page, section, table } from "./layout.ts";
import { grouped, showCount, threeDigits } from "./quantity-text.ts";

/** The answer of `noise` for a person. */
export function showNoiseScale(answer: NoiseScaleAnswer, paint: Paint): string {
  return page(
    `${paint("bold", answer.status)}${"reason" in answer ? `: ${answer.reason}` : ""}`,
    table(rowsOf(answer), paint, [undefined, "bold", undefined, "dim"]),
    section("Needed for +-20 %", needed(answer), paint),
    section("Diagnosis", notes(answer.diagnosis, paint, "yellow"), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}

function rowsOf(answer: NoiseScaleAnswer): readonly (readonly string[])[] {
  const steps = ["steps used", grouped(answer.usedSteps)];
  const moments = [
    ...(answer.traceSigma ? [estimateRow("tr(Sigma)", answer.traceSigma, threeDigits)] : []),
    ...(answer.gradSqNorm ? [estimateRow("|G|^2", answer.gradSqNorm, threeDigits)] : []),
  ];
  if (answer.status === "resolved") {
    const level = Math.round(answer.bSimple.interval.level * 100);
    return [
      ["", "value", `${level} % interval`, "basis"],
      estimateRow("noise scale", answer.bSimple, showCount, answer.unit),
      ...moments,
      steps,
    ];
  }
  if (answer.status === "unresolved" && answer.lowerBound !== undefined) {
    const { value, level } = answer.lowerBound;
    const bound = `at least ${showCount(value)} ${answer.unit}`;
    return [
      ["noise scale", bound, `at ${Math.round(level * 100)} %, one-sided`],
      ...moments,
      steps,
    ];
  }
  return [...moments, steps];
}

function needed({ needed: what }: NoiseScaleAnswer): string {
  const parts = Object.entries(what).flatMap(([name, value]) =>
    typeof value === "number" ? [`  ${name}: ${showCount(value)}`] : [],
  );
  return parts.join("\n");
}
