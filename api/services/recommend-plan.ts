import { DEFAULT_INTERVAL_LEVEL, type Warning } from "../../schemas/common.ts";
import type { RecommendationAnswer, Recommended } from "../../schemas/recommendation-answer.ts";
import type { BatchPlan } from "../../schemas/recommendation-parts.ts";
import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";
import { chooseBatch, machineSpeed } from "./choose-batch.ts";
import { loggableNumbers, summarize } from "./describe-plan.ts";
import { estimateOf, halfWidthLog, type LogQuantity, roundForWire } from "./estimates.ts";
import { type BatchLimits, batchLimits, type FittedBatch, fitBatch } from "./fit-batch.ts";
import { judgeCurrent } from "./judge-current.ts";
import { listAlternatives } from "./list-alternatives.ts";
import { MODEL_VERSION } from "./model-version.ts";
import { planOptimizer } from "./plan-optimizer.ts";
import { planSize } from "./plan-size.ts";
import { planWarmup } from "./plan-warmup.ts";
import { predictLoss } from "./predict-loss.ts";
import { priceBatch } from "./price-batch.ts";
import { priceOfBatch } from "./price-setting.ts";
import { rampBatch } from "./ramp-batch.ts";
import { recommendFromEvidence } from "./recommend-from-evidence.ts";
import { type SettledPlan, settlePlan } from "./settle-plan.ts";
import { assumedDefaults } from "./warn-of-defaults.ts";
import { B_CRIT_EXPONENT, type WeighedPlan, weighPlan } from "./weigh-plan.ts";

/**
 * Returns batch size, peak learning rate and parameter count for a planned run, with the price of the batch.
 *
 * Policy on top of the weighed evidence: the objective chooses between B_opt, B_c and the hardware's knee, the
 * constraints come last, and the batch is rounded to what the devices hold exactly.
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
  const warnings: Warning[] = [...assumedDefaults(request), ...settled.warnings];
  const weighed = weighPlan(request, settled, level, warnings);
  const limits = batchLimits(request, {
    sequenceLengthTokens: settled.sequenceLengthTokens,
    trainingTokens: settled.tokens.value,
  });
  const speed = machineSpeed(request, settled.model.computeParams);
  const fitted = decideBatch(request, weighed, limits, speed?.bKneeTokens, warnings);
  const plan = { request, settled, weighed, limits, fitted, level };
  const described = {
    ...assemble(plan, warnings),
    alternatives: listAlternatives({
      setting: weighed.setting,
      limits,
      speed,
      recommendedBatchTokens: fitted.batchTokens,
      learningRateAt: weighed.learningRateAt,
    }),
    evidence: [...weighed.evidence],
    disagreement: weighed.disagreement,
    warnings,
  };
  return {
    ...described,
    loggable: loggableNumbers(described),
    summary: summarize(described),
    modelVersion: MODEL_VERSION,
  };
}

interface DecidedPlan {
  readonly request: RecommendationRequest;
  readonly settled: SettledPlan;
  readonly weighed: WeighedPlan;
  readonly limits: BatchLimits;
  readonly fitted: FittedBatch;
  readonly level: number;
}

type Assembled = Omit<
  Recommended,
  | "alternatives"
  | "evidence"
  | "disagreement"
  | "warnings"
  | "loggable"
  | "summary"
  | "modelVersion"
>;

function assemble(plan: DecidedPlan, warnings: Warning[]): Assembled {
  const { request, settled, weighed, limits, fitted, level } = plan;
  const { batchTokens } = fitted;
  const { trainingTokens, bOpt, bCrit } = weighed.setting;
  const learningRate = weighed.learningRateAt(batchTokens);
  const steps = Math.max(1, Math.ceil(trainingTokens / batchTokens));
  const yours = judgeCurrent(request.current, {
    setting: weighed.setting,
    recommendedBatchTokens: batchTokens,
    learningRateAt: weighed.learningRateAt,
  });
  const { compensation, warnings: priceWarnings } = priceRecommended(plan);
  warnings.push(...priceWarnings);
  return {
    status: "recommended",
    batch: describeBatch(fitted, steps, bOpt, level, request),
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
      warnings,
    ),
    ...planSize(settled, level),
    loss: predictLoss(settled, priceOfBatch(weighed.setting, batchTokens), level),
    compensation,
    ...(yours && { yours }),
    batchSchedule: rampBatch(
      {
        batchTokens,
        trainingTokens,
        bCritTokens: Math.exp(bCrit.lnValue),
        bCritExponent: B_CRIT_EXPONENT,
      },
      limits,
      warnings,
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
    lossLaw: "besiroglu2024",
    bCrit: { value, lower: interval.lower, upper: interval.upper },
    bCritCluster: "pooled",
    bCritExponent: B_CRIT_EXPONENT,
    bOptTokens: Math.exp(bOpt.lnValue),
    relativeTo: "optimal-batch",
    maxSteps: request.constraints?.steps?.max,
    uniqueTokens: request.data?.uniqueTokens,
    intervalLevel: level,
  });
}

/** The objective's batch under the constraints: `fixed` decides alone. */
function decideBatch(
  request: RecommendationRequest,
  weighed: WeighedPlan,
  limits: BatchLimits,
  bKneeTokens: number | undefined,
  warnings: Warning[],
): FittedBatch {
  const fixed = request.constraints?.batchTokens?.fixed;
  if (fixed !== undefined) {
    const fitted = fitBatch(fixed, limits);
    if (fitted.batchTokens !== fixed) {
      warnings.push({
        code: "batch-rounded-to-whole-sequences",
        detail:
          `constraints.batchTokens.fixed of ${fixed} tokens is not micro-batch x accumulation x devices x ` +
          `${limits.sequenceLengthTokens} tokens; ${fitted.batchTokens} is the nearest that is.`,
      });
    }
    return fitted;
  }
  const { bOpt, bCrit, trainingTokens } = weighed.setting;
  const wanted = chooseBatch(request.objective ?? "loss", {
    bOptTokens: Math.exp(bOpt.lnValue),
    bCritTokens: Math.exp(bCrit.lnValue),
    ...(bKneeTokens !== undefined && { bKneeTokens }),
  });
  return fitBatch(Math.min(wanted, trainingTokens), limits);
}

/** The interval is that of the unrounded optimum moved to the objective's batch, widened to hold the batch. */
function describeBatch(
  fitted: FittedBatch,
  steps: number,
  bOpt: LogQuantity,
  level: number,
  request: RecommendationRequest,
): BatchPlan {
  const half = halfWidthLog(bOpt, level);
  const centre =
    (request.objective ?? "loss") === "loss" ? bOpt.lnValue : Math.log(fitted.batchTokens);
  const lower = Math.min(roundForWire(Math.exp(centre - half)), fitted.batchTokens);
  const upper = Math.max(roundForWire(Math.exp(centre + half)), fitted.batchTokens);
  const { batchTokens, ...split } = fitted;
  return {
    batchTokens: { value: batchTokens, interval: { lower, upper, level }, basis: bOpt.basis },
    ...split,
    steps,
  };
}
