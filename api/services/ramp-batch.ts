import type { Warning } from "../../schemas/common.ts";
import type { BatchStage } from "../../schemas/recommendation-parts.ts";
import {
  type RampStage,
  rampStages,
  rampStepsSavedFraction,
} from "../numerics/rules/batch-ramp.ts";
import { roundForWire } from "./estimates.ts";
import { type BatchLimits, fitBatch } from "./fit-batch.ts";

/** The batch a ramp ends at. */
export interface RampTarget {
  readonly batchTokens: number;
  readonly trainingTokens: number;
  readonly bCritTokens: number;
  readonly bCritExponent: number;
}

// A stage that would last less than a hundredth of the run is not worth a change of batch.
const SHORTEST_STAGE = 0.01;
const MOST_DOUBLINGS = 3;

/**
 * Returns the batch stages of the run: doublings that follow the critical batch of the tokens seen so far.
 *
 *   B_c(d) = B_c(D) (d/D)^m;  learning rate x sqrt(B_stage / B)
 *
 * @param warnings - receives what the ramp saves, when there is one.
 * @returns one stage when the critical batch passes the recommended one within the first hundredth of the run.
 * @source arXiv:2505.23971 (branched training; doublings with sqrt(2) in the learning rate)
 */
export function rampBatch(
  target: RampTarget,
  limits: BatchLimits,
  warnings: Warning[],
): BatchStage[] {
  const shortest = SHORTEST_STAGE * target.trainingTokens;
  const stages = fittedStages(target, limits, shortest);
  if (stages.length > 1) {
    const saved = rampStepsSavedFraction(stages, target.trainingTokens);
    warnings.push({
      code: "batch-ramp",
      detail:
        "The critical batch of the first tokens lies below the recommended batch: batchSchedule starts smaller. " +
        `It takes ${Math.round(100 * saved)} % fewer steps than its first batch would throughout.`,
    });
  }
  return stages.map(({ fromTokens, batchTokens }) => ({
    fromTokens: roundForWire(fromTokens),
    batchTokens,
    peakLearningRateRatio: roundForWire(Math.sqrt(batchTokens / target.batchTokens)),
  }));
}

/** Stages the devices can hold; one that starts within the shortest stage replaces those before it. */
function fittedStages(target: RampTarget, limits: BatchLimits, shortest: number): RampStage[] {
  const relaxed = { ...limits, minSequences: 1 };
  const stages: RampStage[] = [];
  for (const stage of rampStages({ ...target, doublings: MOST_DOUBLINGS })) {
    const last = stage.batchTokens >= target.batchTokens;
    const { batchTokens } = last ? target : fitBatch(stage.batchTokens, relaxed);
    if (stages.at(-1)?.batchTokens === batchTokens) continue;
    if (stage.fromTokens < shortest) stages.length = 0;
    stages.push({ fromTokens: stages.length === 0 ? 0 : stage.fromTokens, batchTokens });
  }
  return stages;
}
