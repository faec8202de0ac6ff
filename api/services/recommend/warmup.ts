import { warmupStepsOfParams } from "../../numerics/rules/warmup.ts";
import { roundForWire } from "../shared/estimates.ts";

const LARGEST_SHARE_OF_RUN = 0.1;
const FEWEST_STEPS = 100;

/**
 * Returns the warm-up in tokens and in steps of the batch: as many tokens as parameters.
 *
 *   warmupTokens = min(N, D / 10), but at least 100 steps, and never more than half the run
 *
 * @source arXiv:2406.19146, section 3 (warm-up of N tokens)
 */
export function planWarmup(
  computeParams: number,
  trainingTokens: number,
  batchTokens: number,
): { readonly warmupTokens: number; readonly warmupSteps: number } {
  const byParams = Math.min(
    warmupStepsOfParams(computeParams, batchTokens),
    (LARGEST_SHARE_OF_RUN * trainingTokens) / batchTokens,
  );
  const steps = Math.min(Math.max(byParams, FEWEST_STEPS), trainingTokens / batchTokens / 2);
  const warmupSteps = Math.max(1, Math.round(steps));
  return { warmupTokens: roundForWire(warmupSteps * batchTokens), warmupSteps };
}
