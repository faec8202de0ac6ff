import type { LawInputs, LawQuantity } from "../../numerics/laws/law.ts";
import { CRITBATCH_JOINT } from "../../numerics/surface/constants.ts";
import { predictSurfaceLoss, predictSurfaceOptimum } from "../../numerics/surface/predict.ts";

/** How far an estimate may be off: sd of its logarithm, and the degrees of freedom of the quantile that goes with it. */
export interface Spread {
  readonly sdLog: number;
  readonly degreesOfFreedom: number;
}

/**
 * Spread of a prediction of the joint surface at its own point, as the heat map's optimum has it. The catalogue's sd is
 * the largest over the fitted box, which the panel of laws weighs by.
 *
 * @returns undefined for a quantity that the surface does not predict.
 * @source own fit, docs/method.md, "The joint surface"
 */
export function surfaceSpread(
  quantity: LawQuantity,
  { nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate }: LawInputs,
  level: number,
): Spread | undefined {
  if (nonEmbeddingParams === undefined || trainingTokens === undefined) return undefined;
  const degreesOfFreedom = CRITBATCH_JOINT.provenance.cells - 1;
  if (quantity === "lossNats" && batchTokens !== undefined && peakLearningRate !== undefined) {
    const point = { nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate };
    return { sdLog: predictSurfaceLoss(CRITBATCH_JOINT, point, level).sdLog, degreesOfFreedom };
  }
  const optimum = predictSurfaceOptimum(CRITBATCH_JOINT, nonEmbeddingParams, trainingTokens, level);
  switch (quantity) {
    case "bOptTokens":
    case "bCritTokens":
    case "peakLearningRate":
    case "lossNats":
      return { sdLog: optimum[quantity].sdLog, degreesOfFreedom };
    default:
      return undefined;
  }
}
