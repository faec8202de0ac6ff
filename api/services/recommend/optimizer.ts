import type { Warning } from "../../../schemas/common.ts";
import type { OptimizerPlan } from "../../../schemas/recommendations/parts.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { bergsma2025PowerLines } from "../../numerics/laws/bergsma2025-power-lines.ts";
import { evaluateQuantity } from "../../numerics/laws/evaluate-law.ts";
import { adamSdeSettings, beta2AtBatch } from "../../numerics/rules/adam-rescaling.ts";
import { weightDecayAtBatch } from "../../numerics/rules/weight-decay.ts";
import { estimateOf, givenNumber, type LogQuantity, roundForWire } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { SDE_FORM_UNVERIFIED } from "../shared/unverified-constants.ts";

/** The run the optimizer is set for. */
export interface OptimizerTarget {
  readonly computeParams: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly bOptTokens: number;
  readonly bCritTokens: number;
  readonly peakLearningRate: LogQuantity;
  readonly level: number;
}

// The runs behind the learning-rate law held beta2 = 0.95 at their optimal batch.
const SWEEP_BETA2 = 0.95;
const BETA2_RANGE = { lower: 0.9, upper: 0.9999 } as const;
const DEFAULT_BETA1 = 0.9;
const DEFAULT_EPSILON = 1e-8;
// Above it Adam no longer divides by the gradient's own size.
const LARGEST_EPSILON = 1;
// Heavy ball as usual; Muon as in torch.optim.Muon and its author's code.
const DEFAULT_MOMENTUM = { sgd: 0, momentum: 0.9, muon: 0.95 } as const;
const CLIP_NORM = 1;
const LARGEST_USUAL_DECAY = 1;
const UNUSUAL_DECAY: Warning = {
  code: "weight-decay-beyond-practice",
  detail:
    "The timescale law gives a weight decay above 1 at this batch, far outside the runs it was fitted on: " +
    "test it before relying on it.",
};

/**
 * Returns the optimizer settings that move with the batch.
 *
 *   beta2 = beta2_0^(B/B_0), in [0.9, 0.9999];   epsilon = epsilon_0 / sqrt(B/B_0);   lambda = B / (eta D tau_opt)
 *
 * beta2 and epsilon start from the caller's own at their current batch, else from 0.95 at the optimal batch. A weight
 * decay in use moves as lambda B'/B / (eta'/eta) (arXiv:2405.13698).
 *
 * @param notices - receives what was assumed or does not hold.
 * @source arXiv:2507.07101 (half-life in tokens); arXiv:2205.10287 (SDE rule); arXiv:2505.13738 (timescale; its
 * constant is unverified)
 */
export function planOptimizer(
  request: RecommendationRequest,
  target: OptimizerTarget,
  notices: Notice[],
): OptimizerPlan {
  const kind = request.optimizer?.kind ?? "adamw";
  const weightDecay =
    kind === "adamw" || kind === "muon" ? planWeightDecay(request, target, notices) : undefined;
  const decided = { gradientClipNorm: CLIP_NORM, ...(weightDecay && { weightDecay }) };
  if (kind === "adamw" || kind === "adam") {
    return { kind, ...planAdam(request, target, notices), ...decided };
  }
  const momentum = request.optimizer?.momentum ?? DEFAULT_MOMENTUM[kind];
  return { kind, momentum, ...decided };
}

type AdamPlan = Pick<OptimizerPlan, "adamBeta1" | "adamBeta2" | "adamEpsilon">;

function planAdam(
  request: RecommendationRequest,
  target: OptimizerTarget,
  notices: Notice[],
): AdamPlan {
  const { adamBeta1 = DEFAULT_BETA1, adamBeta2 } = request.optimizer ?? {};
  const from = request.current?.batchTokens;
  const start =
    adamBeta2 === undefined || from === undefined
      ? { beta2: adamBeta2 ?? SWEEP_BETA2, batchTokens: target.bOptTokens }
      : { beta2: adamBeta2, batchTokens: from };
  const moved =
    start.beta2 === 0 ? 0 : beta2AtBatch(start.beta2, start.batchTokens, target.batchTokens);
  return {
    adamBeta1,
    adamBeta2: roundForWire(Math.min(Math.max(moved, BETA2_RANGE.lower), BETA2_RANGE.upper)),
    adamEpsilon: planEpsilon(request, target, notices),
  };
}

function planEpsilon(
  request: RecommendationRequest,
  target: OptimizerTarget,
  notices: Notice[],
): number {
  const {
    adamBeta1 = DEFAULT_BETA1,
    adamBeta2 = SWEEP_BETA2,
    adamEpsilon,
  } = request.optimizer ?? {};
  const from = request.current?.batchTokens;
  if (adamEpsilon === undefined || from === undefined) return adamEpsilon ?? DEFAULT_EPSILON;
  const ratio = target.batchTokens / from;
  const sde = adamSdeSettings({ peakLearningRate: 1, adamBeta1, adamBeta2, adamEpsilon }, ratio);
  const noisy = Math.max(target.batchTokens, from) < target.bCritTokens;
  if (sde.holds && noisy && sde.adamEpsilon <= LARGEST_EPSILON) {
    if (ratio !== 1) notices.push(SDE_FORM_UNVERIFIED);
    return roundForWire(sde.adamEpsilon);
  }
  notices.push({
    code: "sde-rule-does-not-hold",
    detail:
      "epsilon / sqrt(k) needs k (1 - beta1) < 1 and k (1 - beta2) < 1, both batches below the critical one and an " +
      "epsilon of at most 1; the given epsilon is kept.",
  });
  return adamEpsilon;
}

/**
 * The decay in use, moved with batch and learning rate so that its timescale stays, where those are known: as
 * uncertain as the learning rate it goes with.
 */
function movedWeightDecay(
  { current }: RecommendationRequest,
  target: OptimizerTarget,
): OptimizerPlan["weightDecay"] {
  const { weightDecay, batchTokens, peakLearningRate } = current ?? {};
  if (weightDecay === undefined) return undefined;
  if (weightDecay === 0 || batchTokens === undefined || peakLearningRate === undefined) {
    return givenNumber(weightDecay, target.level);
  }
  const rateRatio = Math.exp(target.peakLearningRate.lnValue) / peakLearningRate;
  const moved = weightDecayAtBatch(weightDecay, target.batchTokens / batchTokens, rateRatio);
  return estimateOf(
    { ...target.peakLearningRate, lnValue: Math.log(moved), basis: "derived" },
    target.level,
  );
}

function planWeightDecay(
  request: RecommendationRequest,
  target: OptimizerTarget,
  notices: Notice[],
): OptimizerPlan["weightDecay"] {
  const given = request.optimizer?.weightDecay;
  if (given !== undefined) return givenNumber(given, target.level);
  const moved = movedWeightDecay(request, target);
  if (moved !== undefined) return moved;
  const decay = evaluateQuantity(bergsma2025PowerLines, "weightDecay", {
    totalParams: target.computeParams,
    trainingTokens: target.trainingTokens,
    batchTokens: target.batchTokens,
    peakLearningRate: Math.exp(target.peakLearningRate.lnValue),
  });
  if (decay?.status !== "ok") return undefined;
  if (decay.value > LARGEST_USUAL_DECAY) notices.push(UNUSUAL_DECAY);
  notices.push({
    code: "weight-decay-constant-unverified",
    detail:
      "The AdamW timescale of Power Lines has an unverified constant and was fitted with muP learning rates, so " +
      "the interval of the weight decay is twice as wide in ln.",
  });
  return estimateOf(
    {
      lnValue: Math.log(decay.value),
      variance: (2 * decay.sdLog) ** 2,
      degreesOfFreedom: Number.POSITIVE_INFINITY,
      basis: "law",
    },
    target.level,
  );
}
