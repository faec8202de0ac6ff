import { requirePositive } from "../guards.ts";

/** From `fromTokens` on, train with `batchTokens`. */
export interface RampStage {
  readonly fromTokens: number;
  readonly batchTokens: number;
}

/**
 * Returns the stages of a batch that doubles up to its target as the critical batch of the data seen so far allows.
 *
 *   B_c(d) = B_c(D) (d/D)^m,   stage B starts at the d where B = max(1, 2 B_target/B_c(D)) B_c(d)
 *
 * A stage so starts when it is no longer above its local critical batch; a target above half the final critical
 * batch keeps its own share of twice that, so that it is reached well before the end of the run.
 *
 * @param target - final batch, tokens of the run D, B_c at D, exponent m of B_c in D, and how many doublings at most.
 * @returns stages from the first token on; one stage when no doubling is wanted.
 * @throws {RangeError} when a number is not finite and above 0, or the number of doublings is not a whole number.
 * @source arXiv:2505.23971, batch-size warmup by doublings; derived for B_c proportional to D^m
 * @example with 4e6 tokens a batch, B_c of 1.6e7 at 1e12 tokens, m = 0.5 the target starts at 6.25e10
 */
export function rampStages(target: {
  readonly batchTokens: number;
  readonly trainingTokens: number;
  readonly bCritTokens: number;
  readonly bCritExponent: number;
  readonly doublings: number;
}): readonly RampStage[] {
  requirePositive("batchTokens", target.batchTokens);
  requirePositive("trainingTokens", target.trainingTokens);
  requirePositive("bCritTokens", target.bCritTokens);
  requirePositive("bCritExponent", target.bCritExponent);
  if (!Number.isInteger(target.doublings) || target.doublings < 0) {
    throw new RangeError(`"doublings" must be a whole number, received ${target.doublings}`);
  }
  const share = target.batchTokens / target.bCritTokens;
  const allowed = Math.max(1, 2 * share);
  const stages: RampStage[] = [];
  for (let halvings = target.doublings; halvings >= 0; halvings--) {
    const local = (share * 2 ** -halvings) / allowed;
    const fromTokens =
      halvings === target.doublings
        ? 0
        : target.trainingTokens * local ** (1 / target.bCritExponent);
    stages.push({ fromTokens, batchTokens: target.batchTokens * 2 ** -halvings });
  }
  return stages;
}

/**
 * Returns the share of steps a ramp saves against training with its first batch throughout.
 *
 *   1 - sum_i (tokens_i/B_i) / (D/B_1)
 *
 * @param stages - from the first token on, in order of tokens.
 * @param trainingTokens - D; stages that start later do not count.
 * @returns a share below 1; negative when the batch shrinks.
 * @throws {RangeError} when there is no stage, or a batch or D is not finite and above 0.
 * @source arXiv:2505.23971, batch-size warmup; derived
 * @example doubling half-way saves a quarter of the steps
 */
export function rampStepsSavedFraction(
  stages: readonly RampStage[],
  trainingTokens: number,
): number {
  const first = stages[0];
  if (first === undefined) throw new RangeError('"stages" must have at least one entry');
  const D = requirePositive("trainingTokens", trainingTokens);
  let steps = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!;
    const end = Math.min(D, stages[i + 1]?.fromTokens ?? D);
    const tokens = Math.max(0, end - stage.fromTokens);
    steps += tokens / requirePositive("batchTokens", stage.batchTokens);
  }
  return 1 - steps / (D / first.batchTokens);
}
