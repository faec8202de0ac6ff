import type { Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import { CRITBATCH_JOINT } from "../../numerics/surface/constants.ts";
import { predictSurfaceOptimum } from "../../numerics/surface/predict.ts";
import { surfaceOptimum } from "../../numerics/surface/surface.ts";
import { SWEEP_CENTRE } from "../evidence/reach.ts";
import { halfWidthLog, type LogQuantity, roundForWire } from "../shared/estimates.ts";

// Losses of other corpora and tokenizers differ by several percent at equal N and D.
const CORPUS_SD_LOG = 0.05;

/** A run whose loss is asked. */
export interface LossQuestion {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  /** Loss at the optimal batch by the caller's own fit; it stands in for the surface's. */
  readonly ownLoss?: LogQuantity;
}

/**
 * Returns the loss expected of the run: that of the caller's own fit, else of the joint surface, at the optimal batch of
 * these parameters and tokens, plus the penalty of the chosen batch.
 *
 * @source own fit, docs/method.md, "The joint surface"
 */
export function predictLoss(
  run: LossQuestion,
  batchPenaltyNats: Estimate,
  level: number,
): Recommended["loss"] {
  const best = run.ownLoss ?? lossOfSurface(run, level);
  const half = halfWidthLog(best, level);
  const loss = Math.exp(best.lnValue);
  const { lower, upper } = batchPenaltyNats.interval;
  return {
    lossNats: {
      value: roundForWire(loss + batchPenaltyNats.value),
      interval: {
        lower: roundForWire(loss * Math.exp(-half) + (lower ?? 0)),
        upper: upper === null ? null : roundForWire(loss * Math.exp(half) + upper),
        level,
      },
      basis: best.basis,
    },
    batchPenaltyNats,
  };
}

function lossOfSurface(run: LossQuestion, level: number): LogQuantity {
  const { nonEmbeddingParams, trainingTokens } = run;
  const { value, sdLog } = predictSurfaceOptimum(
    CRITBATCH_JOINT,
    nonEmbeddingParams,
    trainingTokens,
    level,
  ).lossNats;
  const sdNats = sdLog * value;
  return {
    lnValue: Math.log(value),
    variance:
      (sdNats / lossFromCentreUp(nonEmbeddingParams, trainingTokens)) ** 2 + CORPUS_SD_LOG ** 2,
    degreesOfFreedom: CRITBATCH_JOINT.provenance.cells - 1,
    basis: "law",
  };
}

/**
 * Loss of a run no smaller and no shorter than the middle of the sweep: on the way down from there the loss rises faster
 * than its spread in nats, and the spread in ln would shrink outwards.
 */
function lossFromCentreUp(nonEmbeddingParams: number, trainingTokens: number): number {
  return surfaceOptimum(
    CRITBATCH_JOINT.constants,
    Math.max(nonEmbeddingParams, SWEEP_CENTRE.nonEmbeddingParams),
    Math.max(trainingTokens, SWEEP_CENTRE.trainingTokens),
  ).lossNats;
}
