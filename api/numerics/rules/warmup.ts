import { requirePositive } from "../guards.ts";

/**
 * Returns the steps of a warmup of as many tokens as parameters.
 *
 *   warmupSteps = N / B
 *
 * Kept in tokens, a warmup does not shrink as the batch grows.
 *
 * @param totalParams - N; also the warmup's tokens.
 * @param batchTokens - B; tokens.
 * @returns steps, unrounded.
 * @throws {RangeError} when a number is not finite and above 0.
 * @source arXiv:2406.19146, warmup of N tokens; OLMo-core model ladder
 * @example warmupStepsOfParams(124e6, 131072) is 946.04
 */
export function warmupStepsOfParams(totalParams: number, batchTokens: number): number {
  return requirePositive("totalParams", totalParams) / requirePositive("batchTokens", batchTokens);
}
