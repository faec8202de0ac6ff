import type {
  LawAnswer,
  LawList,
  LawPredictionAnswer,
  VariableRange,
} from "../generated/schema.ts";
import { assumptionLines, estimateRow, notes, type Paint, page, section, table } from "./layout.ts";
import { showCount, threeDigits } from "./quantity-text.ts";

/** The catalogue, a line for each law. */
export function showLawList({ laws, modelVersion }: LawList, paint: Paint): string {
  const rows = laws.map(({ lawId, source, formulas }) => [
    lawId,
    source.arxivId === undefined ? "" : `arXiv:${source.arxivId}`,
    [...new Set(formulas.map(({ constantStatus }) => constantStatus))].join(" "),
    [...new Set(formulas.map(({ quantity }) => quantity))].join(", "),
  ]);
  return page(
    table([["law", "source", "checked", "predicts"], ...rows], paint, ["bold", "dim", "dim"]),
    "V1 in the authors' own code or data, V2 in an independent transcription, D derived, O our own fit,\n" +
      "U recalled only.",
    paint("dim", `model version ${modelVersion}`),
  );
}

/** One law in full. */
export function showLaw({ law, modelVersion }: LawAnswer, paint: Paint): string {
  const { source, setting } = law;
  const published = [
    `${source.authors}, ${source.year}`,
    ...(source.arxivId === undefined ? [] : [`arXiv:${source.arxivId}`]),
    source.location,
  ].join(", ");
  const formulas = law.formulas.map(({ quantity, formula, constantStatus, sdLog, requires }) => [
    quantity,
    formula,
    `${constantStatus}, sd of log ${threeDigits(sdLog)}`,
    `needs ${requires.join(", ")}`,
  ]);
  return page(
    `${paint("bold", law.lawId)}: ${law.title}\n${published}`,
    section("Formulas", table(formulas, paint, ["bold", undefined, "dim", "dim"]), paint),
    section(
      "Fitted on",
      table([
        ["optimizer", setting.optimizer],
        ["schedule", setting.schedule],
        ["parameters counted", setting.paramsCounted],
        ...law.fittedRange.map(rangeRow),
      ]),
      paint,
    ),
    section("Refused outside", table(law.refusedOutside.map(rangeRow)), paint),
    section("Caveats", law.caveats.map((caveat) => `  ${caveat}`).join("\n"), paint),
    paint("dim", `model version ${modelVersion}`),
  );
}

function rangeRow({ variable, lower, upper }: VariableRange): readonly string[] {
  if (lower === null) return [variable, upper === null ? "any" : `at most ${showCount(upper)}`];
  if (upper === null) return [variable, `at least ${showCount(lower)}`];
  return [variable, `${showCount(lower)} to ${showCount(upper)}`];
}

/** What a law predicts, or why it refuses. */
export function showPredictions(answer: LawPredictionAnswer, paint: Paint): string {
  const refused = answer.refused.map(({ quantity, reason }) => [quantity, reason]);
  const isCount = (quantity: string) => /(Tokens|Params|Steps|Flops|OneSided)/.test(quantity);
  const predictions =
    answer.status === "ok"
      ? answer.predictions.map((prediction) => [
          ...estimateRow(
            prediction.quantity,
            prediction.estimate,
            isCount(prediction.quantity) ? showCount : threeDigits,
          ),
          prediction.insideFit ? "inside its fit" : "extrapolated",
          `${prediction.constantStatus}, ${prediction.formula}`,
        ])
      : [];
  const styles = [undefined, "bold", undefined, "dim", undefined, "dim"] as const;
  return page(
    answer.status === "ok"
      ? `${paint("bold", answer.lawId)} predicts\n${table(predictions, paint, styles)}`
      : `${paint("bold", answer.lawId)}: ${answer.status}\n  ${answer.reason}`,
    section("Refused", table(refused, paint), paint),
    section("Warnings", notes(answer.warnings, paint, "yellow"), paint),
    section("Assumed", assumptionLines(answer.assumptions, paint), paint),
    paint("dim", `model version ${answer.modelVersion}`),
  );
}
