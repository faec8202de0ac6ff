import type { Estimate } from "../../schemas/common.ts";
import type { Recommended } from "../../schemas/recommendation-answer.ts";
import { besiroglu2024 } from "../numerics/laws/besiroglu2024.ts";
import { evaluateQuantity } from "../numerics/laws/evaluate-law.ts";
import { normalQuantile } from "../numerics/quantiles.ts";
import { roundForWire } from "./estimates.ts";
import type { SettledPlan } from "./settle-plan.ts";

// Losses of other corpora and tokenizers differ by several percent at equal N and D.
const CORPUS_SD_LOG = 0.05;

/**
 * Returns the loss the loss law expects of the run at the chosen batch: its own, which belongs to well-chosen
 * batches, plus the penalty against the optimal batch.
 *
 * @source arXiv:2404.10102, Table 1
 */
export function predictLoss(
  settled: SettledPlan,
  batchPenaltyNats: Estimate,
  level: number,
): Recommended["loss"] {
  const law = evaluateQuantity(besiroglu2024, "lossNats", {
    totalParams: settled.model.computeParams,
    trainingTokens: settled.tokens.value,
  });
  if (law?.status !== "ok") throw new Error("besiroglu2024 gives no loss");
  const half = normalQuantile((1 + level) / 2) * Math.hypot(law.sdLog, CORPUS_SD_LOG);
  const { lower, upper } = batchPenaltyNats.interval;
  return {
    lossNats: {
      value: roundForWire(law.value + batchPenaltyNats.value),
      interval: {
        lower: roundForWire(law.value * Math.exp(-half) + (lower ?? 0)),
        upper: upper === null ? null : roundForWire(law.value * Math.exp(half) + upper),
        level,
      },
      basis: "law",
    },
    batchPenaltyNats,
  };
}
