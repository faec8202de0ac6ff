import type { LawDescription, LawList, VariableRange } from "../../../schemas/laws/laws.ts";
import { findLaw, lawCatalogue } from "../../numerics/laws/catalogue.ts";
import type { Law, LawOutput, LawVariable, RefusalBox } from "../../numerics/laws/law.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";

/**
 * Returns every law of the catalogue as the wire shows it, sorted by id.
 *
 * @returns formulas, source, inputs, fitted and refusal ranges, and how the constants were checked.
 */
export function describeLaws(): LawList {
  return { laws: lawCatalogue.map(describe), modelVersion: MODEL_VERSION };
}

/**
 * Returns one law as the wire shows it.
 *
 * @param lawId - for example "li2025-step-law".
 * @returns undefined when no law has this id.
 */
export function describeLaw(lawId: string): LawDescription | undefined {
  const law = findLaw(lawId);
  return law === undefined ? undefined : describe(law);
}

/** The ranges of a box in the order of its variables; an infinite or zero end is unbounded. */
export function rangesOf(box: RefusalBox): VariableRange[] {
  return Object.entries(box).map(([variable, { lower = 0, upper = Number.POSITIVE_INFINITY }]) => ({
    variable: variable as LawVariable,
    lower: lower > 0 ? lower : null,
    upper: Number.isFinite(upper) ? upper : null,
  }));
}

function describe(law: Law): LawDescription {
  return {
    lawId: law.id as LawDescription["lawId"],
    title: law.title,
    source: { ...law.source },
    cluster: law.cluster,
    setting: { ...law.setting },
    requires: [...new Set(law.outputs.flatMap((output) => output.requires))],
    formulas: law.outputs.map(describeFormula),
    fittedRange: rangesOf(law.fittedBox),
    refusedOutside: rangesOf(law.refusalBox),
    caveats: [...law.caveats],
  };
}

function describeFormula(output: LawOutput): LawDescription["formulas"][number] {
  return {
    quantity: output.quantity,
    formula: output.formula,
    requires: [...output.requires],
    constantStatus: output.status,
    sdLog: output.sdLog,
    sdLogSource: output.sdLogSource,
    exponents: output.exponents.map((exponent) => ({ ...exponent })),
    refusedOutside: rangesOf(output.refusalBox ?? {}),
  };
}
