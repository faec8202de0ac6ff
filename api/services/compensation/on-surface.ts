import type { JointSurface } from "../../../schemas/recommendations/surface.ts";
import { CRITBATCH_JOINT } from "../../numerics/surface/constants.ts";
import { type IsoLossRatio, surfaceIsoLoss } from "../../numerics/surface/iso-loss.ts";
import { surfaceReach } from "../../numerics/surface/predict.ts";
import { roundForWire } from "../shared/estimates.ts";

/**
 * Returns the price of a batch on the joint surface itself, beside the closed form of the loss law.
 *
 * Counted from the surface's own optimal batch at the same parameters and tokens, learning rate tuned to each batch.
 *
 * @param priced - whether the batch needs compensation at all; without it nothing is solved.
 * @source own fit, docs/method.md, "The joint surface"
 */
export function priceOnSurface(
  run: {
    readonly nonEmbeddingParams: number;
    readonly trainingTokens: number;
    readonly batchTokens: number;
  },
  priced: boolean,
): JointSurface {
  const { nonEmbeddingParams, trainingTokens, batchTokens } = run;
  const { insideFit, extrapolationLog } = surfaceReach(
    CRITBATCH_JOINT,
    nonEmbeddingParams,
    trainingTokens,
  );
  const reach = { insideFit, extrapolationLog: roundForWire(extrapolationLog) };
  if (!priced) return { ...reach, compensation: { status: "not-needed" } };
  const { params, tokens } = surfaceIsoLoss(
    CRITBATCH_JOINT.constants,
    nonEmbeddingParams,
    trainingTokens,
    batchTokens,
  );
  return {
    ...reach,
    compensation: {
      status: "priced",
      parameters: describe(params, "paramsRatio"),
      tokens: describe(tokens, "tokensRatio"),
    },
  };
}

function describe<Name extends "paramsRatio" | "tokensRatio">(way: IsoLossRatio, name: Name) {
  return way.status === "ok"
    ? ({ status: "finite", [name]: roundForWire(way.ratio) } as { status: "finite" } & {
        [N in Name]: number;
      })
    : ({ status: "beyond-wall" } as const);
}
