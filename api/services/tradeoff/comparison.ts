import { DEFAULT_INTERVAL_LEVEL, type Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import type { TradeoffReportRequest } from "../../../schemas/tradeoff-reports/report.ts";
import { tokensOverMinimum } from "../../numerics/hardware/step-time.ts";
import { spanEstimate } from "../compensation/spans.ts";
import { type MachineSpeed, machineSpeed } from "../recommend/choose-batch.ts";
import { type SettledPlan, settlePlan } from "../recommend/settle.ts";
import { type WeighedPlan, weighPlan } from "../recommend/weigh.ts";
import { halfWidthLog, type LogQuantity, roundForWire } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { planBatches } from "./batches.ts";

/** A run at two batches, with all that rows and curves are made of. */
export interface Comparison {
  readonly request: RecommendationRequest;
  readonly level: number;
  readonly settled: SettledPlan;
  readonly weighed: WeighedPlan;
  readonly speed: MachineSpeed | undefined;
  readonly small: Recommended;
  readonly large: Recommended;
  readonly notices: readonly Notice[];
}

/**
 * Plans the run at both batches and weighs its evidence once more for the curves.
 *
 * @throws {InvalidRequest} when there is no such run, or no room for the two batches.
 */
export function compareBatches(body: TradeoffReportRequest): Comparison {
  const { request, small, large, notices } = planBatches(body);
  const level = request.intervalLevel ?? DEFAULT_INTERVAL_LEVEL;
  const settled = settlePlan(request);
  return {
    request,
    level,
    settled,
    weighed: weighPlan(request, settled, level, []),
    speed: machineSpeed(request, settled.model.computeParams),
    small,
    large,
    notices,
  };
}

/** ln of the best peak learning rate at a batch. */
export function learningRateAt({ weighed, small }: Comparison, batchTokens: number): LogQuantity {
  // Every reference run names a batch by now: which plan it would have had otherwise does not matter.
  return weighed.learningRateAt(batchTokens, small.batch.batchTokens.value);
}

/** B_c of the run: centre and both ends of its interval, tokens. */
export function criticalEnds({ weighed, level }: Comparison): readonly [number, number, number] {
  const { bCrit } = weighed.setting;
  const half = halfWidthLog(bCrit, level);
  const at = (side: number) => Math.exp(bCrit.lnValue + side * half);
  return [at(0), at(-1), at(1)];
}

/** A function of the critical batch, with the interval of the critical batch. */
export function overCritical(
  comparison: Comparison,
  evaluate: (bCritTokens: number) => number,
): Estimate {
  const [value, lower, upper] = criticalEnds(comparison).map(evaluate) as [number, number, number];
  const span = { value, lower: Math.min(lower, upper), upper: Math.max(lower, upper) };
  return spanEstimate(span, comparison.level);
}

/** A count that is exact apart from the tokens of the run; the interval is that of the tokens. */
export function countOfTokens({ small, level }: Comparison, value: number): Estimate {
  const { value: tokens, interval } = small.data.trainingTokens;
  const end = (tokensAtEnd: number | null) =>
    tokensAtEnd === null ? null : roundForWire((value * tokensAtEnd) / tokens);
  const isExact = interval.lower === tokens && interval.upper === tokens;
  const [lower, upper] = isExact ? [value, value] : [end(interval.lower), end(interval.upper)];
  return { value, interval: { lower, upper, level }, basis: "derived" };
}

/** Below it two losses are one: smaller than what a seed moves. */
export const NEGLIGIBLE_NATS = 0.002;

/** By how much the large batch ends above the small one, on the joint surface; below 0 where the small one is too small. */
export function lossGapNats({ small, large }: Comparison): number {
  return large.loss.batchPenaltyNats.value - small.loss.batchPenaltyNats.value;
}

/**
 * Tokens with which a batch reaches the loss that the small batch has after the tokens of the run.
 *
 *   D' = D (1 + B/B_c) / (1 + B_small/B_c)
 *
 * @source arXiv:1812.06162, eq. (2.11)
 */
export function tokensToEqualLoss(
  { weighed, small }: Comparison,
  batchTokens: number,
  bCritTokens: number,
): number {
  const ratio =
    tokensOverMinimum(batchTokens, bCritTokens) /
    tokensOverMinimum(small.batch.batchTokens.value, bCritTokens);
  return weighed.setting.trainingTokens * ratio;
}
