import { describe, expect, it } from "vitest";
import { batchPenaltyNats } from "../../../api/numerics/compensation/batch-price.ts";
import {
  type CriticalBatchForm,
  criticalBatchLawThrough,
} from "../../../api/numerics/compensation/effective-tokens.ts";
import type { AdditiveLossConstants } from "../../../api/numerics/laws/additive-loss.ts";
import { bergsma2025PowerLines } from "../../../api/numerics/laws/bergsma2025-power-lines.ts";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { evaluateQuantity } from "../../../api/numerics/laws/evaluate-law.ts";
import { hoffmann2022Constants } from "../../../api/numerics/laws/hoffmann2022-approach3.ts";
import vectors from "../../vectors/bergsma2025-fixed-data.json";
import { runVectors } from "../../vectors/run-vectors.ts";

type Inputs = (typeof vectors.rows)[number]["inputs"];

function penaltyAgainstReference(
  law: AdditiveLossConstants,
  form: CriticalBatchForm,
  inputs: Inputs,
): number {
  const { totalParams, trainingTokens } = inputs;
  const bCrit = evaluateQuantity(bergsma2025PowerLines, "bCritTokens", { trainingTokens });
  if (bCrit?.status !== "ok") throw new Error("no critical batch");
  const run = {
    law,
    form,
    params: totalParams,
    tokens: trainingTokens,
    bCrit: criticalBatchLawThrough(bCrit.value, trainingTokens, 0.462),
    baselineBatchTokens: 0,
  };
  return (
    batchPenaltyNats(run, inputs.batchTokens) - batchPenaltyNats(run, inputs.referenceBatchTokens)
  );
}

describe("the published losses of 610M parameters at 12.2e9 tokens over batch", () => {
  runVectors(vectors, (inputs) => ({
    hoffmannImplicit: penaltyAgainstReference(hoffmann2022Constants, "implicit", inputs),
    hoffmannExplicit: penaltyAgainstReference(hoffmann2022Constants, "explicit", inputs),
    besirogluImplicit: penaltyAgainstReference(besiroglu2024Constants, "implicit", inputs),
    besirogluExplicit: penaltyAgainstReference(besiroglu2024Constants, "explicit", inputs),
  }));

  it("are met by the explicit form within a factor 2.4 above the best batch", () => {
    for (const { inputs } of vectors.rows) {
      if (inputs.batchTokens <= inputs.referenceBatchTokens) continue;
      const predicted = penaltyAgainstReference(besiroglu2024Constants, "explicit", inputs);
      expect(predicted / inputs.observedPenaltyNats).toBeGreaterThan(1);
      expect(predicted / inputs.observedPenaltyNats).toBeLessThan(2.4);
    }
  });
});
