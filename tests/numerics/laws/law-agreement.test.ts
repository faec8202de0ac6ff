import { describe } from "vitest";
import { findLaw } from "../../../api/numerics/laws/catalogue.ts";
import type { LawInputs, LawQuantity } from "../../../api/numerics/laws/law.ts";
import agreement from "../../vectors/law-agreement.json";
import practice from "../../vectors/practice-over-critical.json";
import { runVectors } from "../../vectors/run-vectors.ts";

/** The formula's value even where the law refuses: the comparison of published laws shows them all. */
function formulaValue(lawId: string, quantity: LawQuantity, inputs: LawInputs): number {
  const output = findLaw(lawId)?.outputs.find(
    (candidate) =>
      candidate.quantity === quantity &&
      candidate.requires.every((variable) => inputs[variable] !== undefined),
  );
  if (output === undefined) throw new Error(`${lawId} has no ${quantity}`);
  return output.predict(inputs as Required<LawInputs>);
}

function spread(values: readonly number[]): { readonly geomean: number; readonly ratio: number } {
  const meanLog = values.reduce((sum, value) => sum + Math.log(value), 0) / values.length;
  return { geomean: Math.exp(meanLog), ratio: Math.max(...values) / Math.min(...values) };
}

describe("published laws side by side", () => {
  runVectors(agreement, ({ scenario: _scenario, ...known }) => {
    const { trainingTokens: _tokens, ...withoutTokens } = known;
    const bOpt = spread(
      [
        "bi2024-deepseek",
        "liu2025-moonlight",
        "li2025-step-law",
        "schaipp2026",
        "shuai2024",
        "bergsma2025-power-lines",
      ].map((id) => formulaValue(id, "bOptTokens", known)),
    );
    const bCrit = spread([
      formulaValue("bergsma2025-power-lines", "bCritTokens", known),
      formulaValue("zhang2024-cbs", "bCritTokens", known),
      formulaValue("critbatch-refit", "bCritTokensOneSided", known),
    ]);
    const learningRate = spread([
      formulaValue("bi2024-deepseek", "peakLearningRate", known),
      formulaValue("liu2025-moonlight", "peakLearningRate", known),
      formulaValue("li2025-step-law", "peakLearningRate", known),
      formulaValue("porian2024", "peakLearningRate", withoutTokens),
      formulaValue("bjorck2024-horizon", "peakLearningRate", known),
    ]);
    return {
      bOptGeomean: bOpt.geomean,
      bOptSpread: bOpt.ratio,
      bCritGeomean: bCrit.geomean,
      bCritSpread: bCrit.ratio,
      learningRateGeomean: learningRate.geomean,
      learningRateSpread: learningRate.ratio,
    };
  });
});

describe("production batches over the critical batch of Power Lines", () => {
  runVectors(practice, ({ trainingTokens, batchTokens }) => ({
    ratio: batchTokens / formulaValue("bergsma2025-power-lines", "bCritTokens", { trainingTokens }),
  }));
});
