import type { Estimate } from "../../../schemas/common.ts";
import type { Disagreement, EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { brokenPowerLearningRateRatio } from "../../numerics/rules/learning-rate-rescaling.ts";
import type { PricedSetting } from "../compensation/setting.ts";
import { fittedLoss } from "../evidence/fitted-loss.ts";
import { learningRateAtBatch, learningRateWarnings } from "../evidence/learning-rate.ts";
import {
  joinNoiseScale,
  noiseScaleItem,
  noiseScaleVote,
  noiseScaleWarnings,
} from "../evidence/noise-scale.ts";
import { askPanel, type PanelAnswer } from "../evidence/panel.ts";
import {
  BATCH_PANEL,
  CRITICAL_BATCH_PANEL,
  EXPERTS_SD_LOG,
  LEARNING_RATE_PANEL,
} from "../evidence/panel-specs.ts";
import { probeBatchRule, readProbe } from "../evidence/probe.ts";
import { probeBesideLaws } from "../evidence/probe-ratio.ts";
import {
  joinReference,
  type ReferenceVote,
  referenceAlone,
  referenceItem,
  referenceVote,
  referenceWarnings,
} from "../evidence/reference.ts";
import { requireTerms } from "../evidence/require-terms.ts";
import { estimateOf, type LogQuantity, roundForWire } from "../shared/estimates.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { Notice } from "../shared/notices.ts";
import type { SettledPlan } from "./settle.ts";

/** What laws and measurements together say of a run. */
export interface WeighedPlan {
  readonly setting: PricedSetting;
  /** ln of the best peak learning rate at a batch; a reference run that names no batch had that of the plan. */
  readonly learningRateAt: (batchTokens: number, planBatchTokens: number) => LogQuantity;
  readonly describeLearningRate: (rate: LogQuantity) => Estimate;
  readonly evidence: readonly EvidenceItem[];
  readonly disagreement: Disagreement;
}

// B_opt = sqrt(B_c B_s): a critical batch measured elsewhere than the laws say moves the optimum half as far.
const B_OPT_SHARE_OF_B_CRIT = 0.5;
const MUON_SD_LOG = 0.35;
const SGD_SD_LOG = 0.7;

/**
 * Returns B_opt, B_c and the learning rate of a run from the law panels and the caller's own evidence.
 *
 * @param notices - receives what the evidence lacks.
 * @source docs/method.md
 */
export function weighPlan(
  request: RecommendationRequest,
  settled: SettledPlan,
  level: number,
  notices: Notice[],
): WeighedPlan {
  const point = {
    nonEmbeddingParams: settled.model.nonEmbeddingParams.value,
    computeParams: settled.model.computeParams,
    trainingTokens: settled.tokens.value,
  };
  const protocol = protocolSdLog(request, settled);
  const lawOpt = askPanel(BATCH_PANEL, point, protocol);
  const lawCrit = askPanel(CRITICAL_BATCH_PANEL, point, protocol);
  const lawRate = askPanel(LEARNING_RATE_PANEL, point, protocol);
  const noise = joinNoise(request, settled, lawCrit, level, notices);
  const bOpt: LogQuantity = {
    ...lawOpt,
    lnValue: lawOpt.lnValue + B_OPT_SHARE_OF_B_CRIT * (noise.bCrit.lnValue - lawCrit.lnValue),
    // Where the noise scale leaves B_c less certain than the laws did, B_opt is so by the same share.
    variance:
      lawOpt.variance +
      B_OPT_SHARE_OF_B_CRIT ** 2 * Math.max(0, noise.bCrit.variance - lawCrit.variance),
    basis: noise.bCrit.basis,
  };
  const setting: PricedSetting = {
    nonEmbeddingParams: point.nonEmbeddingParams,
    trainingTokens: point.trainingTokens,
    bOpt,
    bCrit: noise.bCrit,
    level,
    ...ownLoss(request, settled, Math.exp(bOpt.lnValue)),
  };
  const measuredRule = ruleOfProbe(request, noise.bCrit);
  const rate = weighLearningRate({ request, settled, laws: lawRate, bOpt, measuredRule }, notices);
  return {
    setting,
    learningRateAt: rate.at,
    describeLearningRate: rate.describe(level),
    evidence: [...lawOpt.evidence, ...noise.evidence, ...rate.evidence],
    disagreement: {
      bOptTokens: { tauLog: lawOpt.tauLog },
      bCritTokens: { tauLog: lawCrit.tauLog },
      peakLearningRate: { tauLog: lawRate.tauLog },
    },
  };
}

/** What the caller's own fit says of the loss at the optimal batch. */
function ownLoss(
  { lossFit }: RecommendationRequest,
  { model, tokens }: SettledPlan,
  bOptTokens: number,
): Pick<PricedSetting, "ownLoss"> {
  if (lossFit === undefined) return {};
  const sizes = {
    nonEmbeddingParams: model.nonEmbeddingParams.value,
    totalParams: model.totalParams.value,
    computeParams: model.computeParams,
  };
  requireTerms(lossFit, sizes, tokens.value);
  const params = lossFit.paramsCounted === "total" ? sizes.computeParams : sizes.nonEmbeddingParams;
  const point = { params, trainingTokens: tokens.value, batchTokens: bOptTokens };
  return { ownLoss: fittedLoss(lossFit, point) };
}

function protocolSdLog(request: RecommendationRequest, settled: SettledPlan): number {
  const kind = request.optimizer?.kind ?? "adamw";
  const optimizer = { adamw: 0, adam: 0, muon: MUON_SD_LOG, sgd: SGD_SD_LOG, momentum: SGD_SD_LOG };
  return Math.hypot(optimizer[kind], settled.model.mixtureOfExperts ? EXPERTS_SD_LOG : 0);
}

function joinNoise(
  request: RecommendationRequest,
  settled: SettledPlan,
  laws: PanelAnswer,
  level: number,
  notices: Notice[],
): { readonly bCrit: LogQuantity; readonly evidence: readonly EvidenceItem[] } {
  const { noiseScale, probe } = request.evidence ?? {};
  const { reading, evidence: shown } = probeBesideLaws(
    probe,
    noiseScale,
    isAdaptive(request.optimizer?.kind),
    notices,
  );
  const alone = { bCrit: laws, evidence: [...laws.evidence, ...shown] };
  if (noiseScale === undefined) return alone;
  notices.push(...noiseScaleWarnings(noiseScale));
  const tokensPerUnit = noiseScale.unit === "tokens" ? 1 : settled.sequenceLengthTokens;
  const vote = noiseScaleVote(
    noiseScale,
    tokensPerUnit,
    isAdaptive(request.optimizer?.kind),
    reading,
  );
  if (vote === undefined) return alone;
  const { joined, lawShare } = joinNoiseScale(laws, vote, level);
  return {
    bCrit: joined,
    evidence: [
      ...scaled(laws.evidence, lawShare),
      noiseScaleItem("bCritTokens", vote, 1 - lawShare),
      ...shown,
    ],
  };
}

function scaled(evidence: readonly EvidenceItem[], share: number): EvidenceItem[] {
  return evidence.map((item) => ({ ...item, weight: roundForWire(item.weight * share) }));
}

/** Laws of Adam beside a reference run of another optimizer. */
function unused(evidence: readonly EvidenceItem[]): EvidenceItem[] {
  return evidence.map((item) =>
    item.weight === 0 ? item : { ...item, weight: 0, reason: "other-optimizer" },
  );
}

interface WeighedRate {
  readonly at: WeighedPlan["learningRateAt"];
  readonly describe: (level: number) => (rate: LogQuantity) => Estimate;
  readonly evidence: readonly EvidenceItem[];
}

/** Laws of Adam hold its own shape of LR(B); for another optimizer the probe's is used, its batches over its B_c. */
function ruleOfProbe(
  request: RecommendationRequest,
  bCrit: LogQuantity,
): ReturnType<typeof probeBatchRule> {
  const probe = request.evidence?.probe;
  if (probe === undefined || isAdaptive(request.optimizer?.kind)) return undefined;
  const reading = readProbe(probe, false);
  return reading.bCrit && probeBatchRule(reading, Math.exp(bCrit.lnValue - reading.bCrit.lnValue));
}

interface RateInput {
  readonly request: RecommendationRequest;
  readonly settled: SettledPlan;
  readonly laws: PanelAnswer;
  readonly bOpt: LogQuantity;
  readonly measuredRule: ReturnType<typeof probeBatchRule>;
}

function weighLearningRate(
  { request, settled, laws, bOpt, measuredRule }: RateInput,
  notices: Notice[],
): WeighedRate {
  notices.push(...learningRateWarnings(request));
  const reference = request.evidence?.reference;
  if (reference !== undefined) notices.push(...referenceWarnings(reference));
  const bOptTokens = Math.exp(bOpt.lnValue);
  const batchRule =
    measuredRule ??
    ((from: number, to: number) =>
      brokenPowerLearningRateRatio(to, bOptTokens) /
      brokenPowerLearningRateRatio(from, bOptTokens));
  const voteAt = (batchTokens: number, planBatchTokens: number): ReferenceVote | undefined =>
    reference &&
    referenceVote(
      { ...reference, batchTokens: reference.batchTokens ?? planBatchTokens },
      {
        nonEmbeddingParams: settled.model.nonEmbeddingParams.value,
        trainingTokens: settled.tokens.value,
        batchTokens,
        batchRule,
      },
    );
  const lawAt = (batchTokens: number) => learningRateAtBatch(laws, bOpt, batchTokens, request);
  const join = isAdaptive(request.optimizer?.kind) ? joinReference : referenceAlone;
  const at = (batchTokens: number, planBatchTokens: number): LogQuantity => {
    const there = voteAt(batchTokens, planBatchTokens);
    const best = voteAt(bOptTokens, planBatchTokens);
    if (there === undefined || best === undefined) return lawAt(batchTokens);
    const { joined } = join(lawAt(batchTokens), there);
    const highest = join(lawAt(bOptTokens), best).joined.lnValue;
    // The weights of law and reference change with the batch; the rule itself never rises above the optimal one.
    return { ...joined, lnValue: Math.min(joined.lnValue, highest) };
  };
  const vote = voteAt(bOptTokens, bOptTokens);
  const unbounded = !isAdaptive(request.optimizer?.kind) && vote === undefined;
  const lawShare = vote === undefined ? 1 : join(lawAt(bOptTokens), vote).lawShare;
  return {
    at,
    describe: (level) => (rate) => {
      const estimate = estimateOf(rate, level);
      return unbounded ? { ...estimate, interval: { lower: null, upper: null, level } } : estimate;
    },
    evidence: [
      ...(lawShare === 0 ? unused(laws.evidence) : scaled(laws.evidence, lawShare)),
      ...(vote === undefined ? [] : [referenceItem(vote, 1 - lawShare)]),
    ],
  };
}
