import type { Alternative } from "../../../schemas/recommendations/parts.ts";
import { stepSeconds } from "../../numerics/hardware/step-time.ts";
import { batchPenaltyNats, type PricedSetting } from "../compensation/setting.ts";
import { type LogQuantity, roundForWire } from "../shared/estimates.ts";
import { chooseBatch, type MachineSpeed, type Objective, roundsDown } from "./choose-batch.ts";
import { type BatchLimits, fitBatch, fitBatchUpTo } from "./fit-batch.ts";

/** The plan whose other batches are listed. */
export interface AlternativesPlan {
  readonly setting: PricedSetting;
  readonly limits: BatchLimits;
  readonly speed: MachineSpeed | undefined;
  readonly recommendedBatchTokens: number;
  readonly learningRateAt: (batchTokens: number) => LogQuantity;
}

const SECONDS_PER_HOUR = 3600;

/**
 * Returns the other batches worth knowing, by growing batch: what each objective would choose, and the critical batch.
 *
 *   tokensRatio = 1 + B/B_c,   stepsRatio = 1 + B_c/B
 *
 * @source arXiv:1812.06162, eq. (2.11)
 */
export function listAlternatives(plan: AlternativesPlan): Alternative[] {
  const { setting, limits, speed } = plan;
  const bOptTokens = Math.exp(setting.bOpt.lnValue);
  const bCritTokens = Math.exp(setting.bCrit.lnValue);
  const objectives: readonly Objective[] = speed
    ? ["loss", "balanced", "time", "cost"]
    : ["loss", "balanced"];
  const choices = { bOptTokens, bCritTokens, ...(speed && { bKneeTokens: speed.bKneeTokens }) };
  const wanted: (readonly [string, number])[] = [
    ...objectives.map((id) => [id, chooseBatch(id, choices)] as const),
    ["critical", bCritTokens],
  ];
  const seen = new Set([plan.recommendedBatchTokens]);
  const points: Alternative[] = [];
  for (const [id, target] of wanted) {
    const place = roundsDown(id, target, bOptTokens) ? fitBatchUpTo : fitBatch;
    const { batchTokens } = place(Math.min(target, setting.trainingTokens), limits);
    if (seen.has(batchTokens)) continue;
    seen.add(batchTokens);
    points.push(alternative(id, batchTokens, plan));
  }
  return points.sort((a, b) => a.batchTokens - b.batchTokens);
}

function alternative(id: string, batchTokens: number, plan: AlternativesPlan): Alternative {
  const { setting, speed } = plan;
  const overCritical = batchTokens / Math.exp(setting.bCrit.lnValue);
  const steps = Math.max(1, Math.ceil(setting.trainingTokens / batchTokens));
  return {
    id,
    batchTokens,
    peakLearningRate: roundForWire(Math.exp(plan.learningRateAt(batchTokens).lnValue)),
    steps,
    tokensRatio: roundForWire(1 + overCritical),
    stepsRatio: roundForWire(1 + 1 / overCritical),
    batchPenaltyNats: batchPenaltyNats(setting, batchTokens),
    ...(speed && { timeHours: hours(steps, batchTokens, speed) }),
  };
}

function hours(steps: number, batchTokens: number, speed: MachineSpeed): number {
  const seconds = stepSeconds(batchTokens, speed.stepOverheadSeconds, speed.tokensPerSecond);
  return roundForWire((steps * seconds) / SECONDS_PER_HOUR);
}
