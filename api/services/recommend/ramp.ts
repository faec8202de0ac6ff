import type { BatchStage } from "../../../schemas/recommendations/parts.ts";
import {
  type RampStage,
  rampStages,
  rampStepsSavedFraction,
} from "../../numerics/rules/batch-ramp.ts";
import { roundForWire } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { type BatchLimits, fitBatch } from "./fit-batch.ts";

/** The batch a ramp ends at. */
export interface RampTarget {
  readonly batchTokens: number;
  readonly trainingTokens: number;
  readonly bCritTokens: number;
  readonly bCritExponent: number;
  /** Tokens the run has behind it: its stages begin there. */
  readonly tokensSeen?: number | undefined;
}

// A stage that would last less than a hundredth of the run is not worth a change of batch.
const SHORTEST_STAGE = 0.01;
const MOST_DOUBLINGS = 3;

/**
 * Returns the batch stages of the run: doublings that follow the critical batch of the tokens seen so far.
 *
 *   B_c(d) = B_c(D) (d/D)^m;  learning rate x sqrt(B_stage / B)
 *
 * A ramp takes more steps than its last batch throughout: stages are left out until the steps allowed suffice.
 *
 * @param notices - receives what the ramp saves, when there is one.
 * @returns one stage when the critical batch passes the recommended one within the first hundredth of the run.
 * @source arXiv:2505.23971 (branched training; doublings with sqrt(2) in the learning rate)
 */
export function rampBatch(
  target: RampTarget,
  limits: BatchLimits,
  notices: Notice[],
): BatchStage[] {
  const shortest = SHORTEST_STAGE * target.trainingTokens;
  const stages = fromHere(
    withinSteps(fittedStages(target, limits, shortest), target.trainingTokens, limits.maxSteps),
    Math.min(target.tokensSeen ?? 0, target.trainingTokens),
  );
  if (stages.length > 1) {
    const [first] = stages;
    const ahead = stages.map((stage) => ({
      ...stage,
      fromTokens: stage.fromTokens - (first?.fromTokens ?? 0),
    }));
    const saved = rampStepsSavedFraction(ahead, target.trainingTokens - (first?.fromTokens ?? 0));
    notices.push({
      code: "batch-ramp",
      detail:
        "Early in training the critical batch is below the recommended batch, so batchSchedule starts smaller. " +
        `It takes ${Math.round(100 * saved)} % fewer steps than keeping its first batch throughout.`,
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
  const sequences = target.batchTokens / limits.sequenceLengthTokens;
  const minSequences = Math.min(limits.minSequencesOfRamp, sequences);
  const relaxed = { ...limits, minSequences };
  const stages: RampStage[] = [];
  for (const stage of rampStages({ ...target, doublings: MOST_DOUBLINGS })) {
    const fitted = fitBatch(stage.batchTokens, relaxed);
    const last = stage.batchTokens >= target.batchTokens || fitted.batchTokens > target.batchTokens;
    const { batchTokens } = last ? target : fitted;
    if (stages.at(-1)?.batchTokens === batchTokens) continue;
    if (stage.fromTokens < shortest) stages.length = 0;
    stages.push({ fromTokens: stages.length === 0 ? 0 : stage.fromTokens, batchTokens });
  }
  return stages;
}

/** Leaves out the smallest batches until the run needs no more steps than are allowed. */
function withinSteps(
  stages: readonly RampStage[],
  trainingTokens: number,
  maxSteps: number,
): readonly RampStage[] {
  for (let first = 0; first < stages.length - 1; first++) {
    const rest = stages
      .slice(first)
      .map((stage, i) => (i === 0 ? { ...stage, fromTokens: 0 } : stage));
    if (stepsOf(rest, trainingTokens) <= maxSteps) return rest;
  }
  return stages.slice(-1).map(({ batchTokens }) => ({ fromTokens: 0, batchTokens }));
}

/** Leaves out the stages that a running run has behind it. */
function fromHere(stages: readonly RampStage[], tokensSeen: number): readonly RampStage[] {
  return stages
    .filter((_, i) => (stages[i + 1]?.fromTokens ?? Number.POSITIVE_INFINITY) > tokensSeen)
    .map((stage) => ({ ...stage, fromTokens: Math.max(stage.fromTokens, tokensSeen) }));
}

/** Every stage may end with a step that is not full. */
function stepsOf(stages: readonly RampStage[], trainingTokens: number): number {
  let steps = 0;
  for (const [i, stage] of stages.entries()) {
    const end = stages[i + 1]?.fromTokens ?? trainingTokens;
    steps += Math.ceil((end - stage.fromTokens) / stage.batchTokens);
  }
  return steps;
}
