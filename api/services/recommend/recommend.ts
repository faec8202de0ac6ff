import { DEFAULT_INTERVAL_LEVEL } from "../../../schemas/common.ts";
import type { RecommendationAnswer, Recommended } from "../../../schemas/recommendations/answer.ts";
import type { BatchPlan } from "../../../schemas/recommendations/parts.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { B_CRIT_TOKEN_EXPONENT } from "../../numerics/laws/bergsma2025-power-lines.ts";
import { priceBatch } from "../compensation/batch.ts";
import { priceOnSurface } from "../compensation/on-surface.ts";
import { priceOfBatch } from "../compensation/setting.ts";
import { estimateOf, halfWidthLog, type LogQuantity, roundForWire } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { unusedOptimizerFields } from "../shared/unused-optimizer-fields.ts";
import { listAlternatives } from "./alternatives.ts";
import { assumedDefaults, unusedHardware } from "./assumed-defaults.ts";
import { type BatchChoices, chooseBatch, machineSpeed, roundsDown } from "./choose-batch.ts";
import { loggableNumbers, summarize } from "./describe.ts";
import {
  type BatchLimits,
  batchLimits,
  type FittedBatch,
  fitBatch,
  fitBatchUpTo,
  fitFixedBatch,
} from "./fit-batch.ts";
import { recommendFromEvidence } from "./from-evidence.ts";
import { judgeCurrent } from "./judge-current.ts";
import { planOptimizer } from "./optimizer.ts";
import { predictLoss } from "./predict-loss.ts";
import { rampBatch } from "./ramp.ts";
import { type SettledPlan, settlePlan } from "./settle.ts";
import { planSize } from "./size.ts";
import { planWarmup } from "./warmup.ts";
import { planWarnings } from "./warnings.ts";
import { type WeighedPlan, weighPlan } from "./weigh.ts";

/**
 * Returns batch size, peak learning rate and parameter count for a planned run, with the price of the batch.
 *
 * How a recommendation is made (docs/method.md):
 *
 * 1. Settle the run: parameters N, tokens D and sequence length, each given, derived from C = 6 N D, or compute-optimal
 *    (arXiv:2404.10102); every gap that is filled becomes an assumption.
 * 2. Weigh the evidence: the panels of published laws give B_opt, B_c and the learning rate at (N, D), joined by a measured
 *    noise scale, a probe's ratio and a reference run, all in ln.
 * 3. Choose the batch: the objective picks between B_opt, 0.2 B_c, sqrt(B_c B_knee) and B_knee; constraints come last, and
 *    the batch is rounded to what the devices hold exactly.
 * 4. Move the rest with the batch: learning rate, beta2, epsilon, weight decay, warm-up and ramp.
 * 5. Price it: what the batch costs in loss, what more parameters or tokens would recover, and what the caller's own
 *    settings cost beside it.
 *
 * @returns `recommended` for pre-training; `evidence-only` or `insufficient-evidence` for other tasks.
 * @throws {InvalidRequest} when the request lacks what its objective needs, or no batch meets its constraints.
 * @source docs/method.md
 */
export function recommendPlan(request: RecommendationRequest): RecommendationAnswer {
  if (request.task === "fine-tuning" || request.task === "other") {
    return recommendFromEvidence(request, request.task);
  }
  const settled = settlePlan(request);
  const level = request.intervalLevel ?? DEFAULT_INTERVAL_LEVEL;
  const notices: Notice[] = [
    ...assumedDefaults(request),
    ...unusedHardware(request),
    ...unusedOptimizerFields(request.optimizer),
    ...settled.notices,
  ];
  const weighed = weighPlan(request, settled, level, notices);
  const limits = batchLimits(request, {
    sequenceLengthTokens: settled.sequenceLengthTokens,
    trainingTokens: settled.tokens.value,
  });
  const speed = machineSpeed(request, settled.model.computeParams);
  const wanted = wantedBatch(request, weighed, speed?.bKneeTokens, level);
  const fitted = decideBatch({ request, settled, weighed, limits, wanted }, notices);
  const learningRateAt = (batch: number) => weighed.learningRateAt(batch, fitted.batchTokens);
  const plan = { request, settled, weighed, limits, wanted, fitted, learningRateAt, level };
  const described = {
    ...assemble(plan, notices),
    alternatives: listAlternatives({
      setting: weighed.setting,
      limits,
      speed,
      recommendedBatchTokens: fitted.batchTokens,
      learningRateAt,
    }),
    evidence: [...weighed.evidence],
    disagreement: weighed.disagreement,
    ...splitNotices(notices),
  };
  const { status, ...parts } = described;
  return {
    status,
    summary: summarize(described),
    ...parts,
    loggable: loggableNumbers(described),
    modelVersion: MODEL_VERSION,
  };
}

interface DecidedPlan {
  readonly request: RecommendationRequest;
  readonly settled: SettledPlan;
  readonly weighed: WeighedPlan;
  readonly limits: BatchLimits;
  readonly wanted: WantedBatch;
  readonly fitted: FittedBatch;
  readonly learningRateAt: (batchTokens: number) => LogQuantity;
  readonly level: number;
}

type Assembled = Omit<
  Recommended,
  | "alternatives"
  | "evidence"
  | "disagreement"
  | "assumptions"
  | "warnings"
  | "loggable"
  | "summary"
  | "modelVersion"
>;

function assemble(plan: DecidedPlan, notices: Notice[]): Assembled {
  const { request, settled, weighed, limits, wanted, fitted, learningRateAt, level } = plan;
  const { batchTokens } = fitted;
  const { trainingTokens, bOpt, bCrit } = weighed.setting;
  const learningRate = learningRateAt(batchTokens);
  const steps = Math.max(1, Math.ceil(trainingTokens / batchTokens));
  const batch = describeBatch(wanted, fitted, steps, bOpt.basis, level);
  const yours = judgeCurrent(request.current, {
    setting: weighed.setting,
    recommendedBatchTokens: batchTokens,
    leastBatchTokens: batch.batchTokens.interval.lower ?? 0,
    learningRateAt,
  });
  const { compensation, warnings: priceWarnings } = priceRecommended(plan);
  notices.push(...priceWarnings);
  const jointSurface = priceOnSurface(
    { ...weighed.setting, batchTokens },
    compensation.status !== "not-needed",
  );
  notices.push(
    ...planWarnings({
      wantedBatchTokens: wanted.value,
      batchTokens,
      batchGiven: request.constraints?.batchTokens?.fixed !== undefined,
      trainingTokens,
      uniqueTokens: request.data?.uniqueTokens,
      tokensSeen: request.current?.tokensSeen,
      extrapolationLog: jointSurface.extrapolationLog,
    }),
  );
  return {
    status: "recommended",
    batch,
    criticalBatch: { bCritTokens: estimateOf(bCrit, level), bOptTokens: estimateOf(bOpt, level) },
    learningRate: {
      peakLearningRate: weighed.describeLearningRate(learningRate),
      ...planWarmup(settled.model.computeParams, trainingTokens, batchTokens),
    },
    optimizer: planOptimizer(
      request,
      {
        computeParams: settled.model.computeParams,
        trainingTokens,
        batchTokens,
        bOptTokens: Math.exp(bOpt.lnValue),
        bCritTokens: Math.exp(bCrit.lnValue),
        peakLearningRate: learningRate,
        level,
      },
      notices,
    ),
    ...planSize(settled, level),
    loss: predictLoss(weighed.setting, priceOfBatch(weighed.setting, batchTokens), level),
    compensation,
    jointSurface,
    ...(yours && { yours }),
    batchSchedule: rampBatch(
      {
        batchTokens,
        trainingTokens,
        bCritTokens: Math.exp(bCrit.lnValue),
        bCritExponent: B_CRIT_TOKEN_EXPONENT,
        tokensSeen: request.current?.tokensSeen,
      },
      limits,
      notices,
    ),
  };
}

function priceRecommended({ request, settled, weighed, fitted, level }: DecidedPlan) {
  const { bOpt, bCrit, trainingTokens } = weighed.setting;
  const { interval, value } = estimateOf(bCrit, level);
  return priceBatch({
    model: {
      nonEmbeddingParams: settled.model.nonEmbeddingParams.value,
      totalParams: settled.model.totalParams.value,
      computeParams: settled.model.computeParams,
    },
    trainingTokens,
    batchTokens: fitted.batchTokens,
    lossLaw: request.lossFit === undefined ? "besiroglu2024" : "fit",
    lossFit: request.lossFit,
    bCrit: { value, lower: interval.lower, upper: interval.upper },
    bCritCluster: "pooled",
    bCritExponent: B_CRIT_TOKEN_EXPONENT,
    bOptTokens: Math.exp(bOpt.lnValue),
    relativeTo: "optimal-batch",
    maxSteps: request.constraints?.steps?.max,
    uniqueTokens: request.data?.uniqueTokens,
    intervalLevel: level,
  });
}

/** The objective's batch before constraints and rounding; tokens. */
interface WantedBatch {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Each end of the interval is the objective's batch at that end of both B_opt and B_c, which rises with either. */
function wantedBatch(
  request: RecommendationRequest,
  weighed: WeighedPlan,
  bKneeTokens: number | undefined,
  level: number,
): WantedBatch {
  const { bOpt, bCrit } = weighed.setting;
  const optHalf = halfWidthLog(bOpt, level);
  const critHalf = halfWidthLog(bCrit, level);
  const at = (side: -1 | 0 | 1): number => {
    const choices: BatchChoices = {
      bOptTokens: Math.exp(bOpt.lnValue + side * optHalf),
      bCritTokens: Math.exp(bCrit.lnValue + side * critHalf),
      ...(bKneeTokens !== undefined && { bKneeTokens }),
    };
    return chooseBatch(request.objective ?? "loss", choices);
  };
  return { value: at(0), lower: at(-1), upper: at(1) };
}

/** The wanted batch under the constraints, no larger than the run: `fixed` decides alone. */
function decideBatch(
  {
    request,
    settled,
    weighed,
    limits,
    wanted,
  }: Pick<DecidedPlan, "request" | "settled" | "weighed" | "limits" | "wanted">,
  notices: Notice[],
): FittedBatch {
  const fixed = request.constraints?.batchTokens?.fixed;
  if (fixed !== undefined) return fitFixedBatch(fixed, limits, notices);
  const bOptTokens = Math.exp(weighed.setting.bOpt.lnValue);
  const place = roundsDown(request.objective ?? "loss", wanted.value, bOptTokens)
    ? fitBatchUpTo
    : fitBatch;
  return place(Math.min(wanted.value, settled.tokens.value), limits);
}

/** The interval is that of the batch wanted before rounding, widened to hold the one that fits. */
function describeBatch(
  wanted: WantedBatch,
  fitted: FittedBatch,
  steps: number,
  basis: LogQuantity["basis"],
  level: number,
): BatchPlan {
  const { batchTokens, ...split } = fitted;
  const lower = Math.min(roundForWire(wanted.lower), batchTokens);
  const upper = Math.max(roundForWire(wanted.upper), batchTokens);
  return {
    batchTokens: { value: batchTokens, interval: { lower, upper, level }, basis },
    ...split,
    steps,
  };
}
