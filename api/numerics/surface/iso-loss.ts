import { requirePositive } from "../guards.ts";
import type { SurfaceConstants } from "./form.ts";
import { surfaceLearningRate, surfaceLossNats, surfaceOptimum } from "./surface.ts";

/** How much of one resource makes up for a batch above the optimum. */
export type IsoLossRatio =
  | { readonly status: "ok"; readonly ratio: number }
  | { readonly status: "beyond-wall"; readonly searchedTo: number };

/** A model this much larger is no answer: beyond it the wall is said to stand. */
const LARGEST_RATIO = 1e4;

/** Smallest ratio in [1, 1e4] whose loss does not exceed the target; the loss must fall with the ratio. */
function solveRatio(targetNats: number, lossAt: (ratio: number) => number): IsoLossRatio {
  if (lossAt(1) <= targetNats) return { status: "ok", ratio: 1 };
  if (lossAt(LARGEST_RATIO) > targetNats) {
    return { status: "beyond-wall", searchedTo: LARGEST_RATIO };
  }
  let [lower, upper] = [0, Math.log(LARGEST_RATIO)];
  for (let i = 0; i < 50; i++) {
    const middle = (lower + upper) / 2;
    if (lossAt(Math.exp(middle)) > targetNats) lower = middle;
    else upper = middle;
  }
  return { status: "ok", ratio: Math.exp(upper) };
}

/**
 * Returns how many more parameters, or how many more tokens, give a run at batch B the loss it would have had at
 * its optimal batch, with the learning rate tuned at each.
 *
 *   L(N', D, B, LR*) = L(N, D, B_opt, LR_opt)   and   L(N, D', B, LR*) = L(N, D, B_opt, LR_opt)
 *
 * Baseline: the optimal batch. B_c moves with the tokens and B_s with both, as in the surface itself.
 *
 * @param constants - fitted constants.
 * @param nonEmbeddingParams - N; finite, above 0.
 * @param trainingTokens - D; finite, above 0.
 * @param batchTokens - B; tokens a step; finite, above 0.
 * @returns N'/N and D'/D, each at least 1; "beyond-wall" when no ratio up to 1e4 restores the loss.
 * @throws {RangeError} when an argument is not finite and positive.
 * @source own form and fit, see surfaceLossNats.
 * @complexity some 50 evaluations of the surface each.
 */
export function surfaceIsoLoss(
  constants: SurfaceConstants,
  nonEmbeddingParams: number,
  trainingTokens: number,
  batchTokens: number,
): { readonly params: IsoLossRatio; readonly tokens: IsoLossRatio } {
  requirePositive("batchTokens", batchTokens);
  const target = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens).lossNats;
  const tuned = (params: number, tokens: number) =>
    surfaceLossNats(constants, {
      nonEmbeddingParams: params,
      trainingTokens: tokens,
      batchTokens,
      peakLearningRate: surfaceLearningRate(constants, params, tokens, batchTokens),
    });
  return {
    params: solveRatio(target, (ratio) => tuned(nonEmbeddingParams * ratio, trainingTokens)),
    tokens: solveRatio(target, (ratio) => tuned(nonEmbeddingParams, trainingTokens * ratio)),
  };
}
