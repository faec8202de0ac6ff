import type { Estimate } from "../../schemas/common.ts";
import type { Recommended } from "../../schemas/recommendation-answer.ts";
import { twoSidedStudentQuantile } from "../numerics/quantiles.ts";
import { CRITBATCH_JOINT } from "../numerics/surface/constants.ts";
import { predictSurfaceOptimum } from "../numerics/surface/predict.ts";
import { roundForWire } from "./estimates.ts";

// Losses of other corpora and tokenizers differ by several percent at equal N and D.
const CORPUS_SD_LOG = 0.05;

/**
 * Returns the loss the joint surface expects of the run: that of its optimum at these parameters and tokens, plus the
 * penalty of the chosen batch.
 *
 * @source own fit, docs/method.md, "The joint surface"
 */
export function predictLoss(
  run: { readonly nonEmbeddingParams: number; readonly trainingTokens: number },
  batchPenaltyNats: Estimate,
  level: number,
): Recommended["loss"] {
  const { lossNats } = predictSurfaceOptimum(
    CRITBATCH_JOINT,
    run.nonEmbeddingParams,
    run.trainingTokens,
    level,
  );
  const quantile = twoSidedStudentQuantile(level, CRITBATCH_JOINT.provenance.cells - 1);
  const half = quantile * Math.hypot(lossNats.sdLog, CORPUS_SD_LOG);
  const { lower, upper } = batchPenaltyNats.interval;
  return {
    lossNats: {
      value: roundForWire(lossNats.value + batchPenaltyNats.value),
      interval: {
        lower: roundForWire(lossNats.value * Math.exp(-half) + (lower ?? 0)),
        upper: upper === null ? null : roundForWire(lossNats.value * Math.exp(half) + upper),
        level,
      },
      basis: "law",
    },
    batchPenaltyNats,
  };
}
