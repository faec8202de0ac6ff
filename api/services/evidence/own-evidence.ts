import type { Warning } from "../../../schemas/common.ts";
import type { EvidenceOnly } from "../../../schemas/recommendations/answer.ts";
import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import {
  linearLearningRate,
  saturatingLearningRate,
  squareRootLearningRate,
} from "../../numerics/rules/learning-rate-rescaling.ts";
import type { LogQuantity } from "../shared/estimates.ts";
import { isAdaptive } from "../shared/is-adaptive.ts";
import type { Notice } from "../shared/notices.ts";
import {
  type NoiseScaleVote,
  noiseScaleItem,
  noiseScaleVote,
  noiseScaleWarnings,
} from "./noise-scale.ts";
import {
  type ProbeReading,
  probeBatchRule,
  probeItem,
  probeRateAt,
  probeWithoutValue,
  readProbe,
} from "./probe.ts";
import { referenceItem, referenceVote, referenceWarnings } from "./reference.ts";

type Unit = EvidenceOnly["unit"];

// A fifth of the critical batch costs 20 % more examples for the same loss than the smallest batch would.
export const TOKEN_OVERHEAD = 0.2;

/** What the caller's own evidence says where no law holds; batches in the unit. */
export interface OwnEvidence {
  readonly unit: Unit;
  readonly bCrit?: LogQuantity;
  /** Wanted batch in the unit, before rounding. */
  readonly batch?: {
    readonly wanted: number;
    readonly given: boolean;
    readonly bCrit?: LogQuantity;
  };
  readonly rate?: LogQuantity;
  readonly evidence: EvidenceItem[];
}

/** A probe with the batch units of the answer that one of its examples counts. */
interface ScaledProbe {
  readonly reading: ProbeReading;
  readonly unitsPerExample: number;
}

/**
 * Reads noise scale, probe and reference run of a task without laws.
 *
 * The noise scale of the run itself decides its critical batch, with the probe's ratio of the two; only without one
 * does the probe's own critical batch stand for it.
 *
 * @param notices - receives what the evidence lacks.
 */
export function readOwnEvidence(request: RecommendationRequest, notices: Notice[]): OwnEvidence {
  const { noiseScale, reference } = request.evidence ?? {};
  const length = request.data?.sequenceLengthTokens;
  const unit = settleUnit(request, length);
  const probe = scaledProbe(request, unit, length, notices);
  const evidence: EvidenceItem[] = [];
  if (noiseScale !== undefined) notices.push(...noiseScaleWarnings(noiseScale));
  const scale = noiseScale?.unit === "tokens" || unit === "examples" ? 1 : (length ?? 1);
  const vote =
    noiseScale &&
    noiseScaleVote(noiseScale, scale, isAdaptive(request.optimizer?.kind), probe?.reading ?? {});
  const bCrit = criticalBatch(unit, vote, probe, evidence, notices);
  const batch = wantedBatch(request, unit, bCrit, probe);
  const rate =
    movedRate(request, unit, batch?.wanted, bCrit, probe, evidence) ??
    probeRate(batch?.wanted, probe, evidence);
  if (reference !== undefined) notices.push(...referenceWarnings(reference));
  return {
    unit,
    ...(bCrit && { bCrit }),
    ...(batch && { batch }),
    ...(rate && { rate }),
    evidence,
  };
}

/**
 * Examples where the noise scale counts them, or where a noise scale or probe counts sequences of unknown length;
 * tokens otherwise.
 */
function settleUnit(request: RecommendationRequest, length: number | undefined): Unit {
  const { noiseScale, probe } = request.evidence ?? {};
  if (noiseScale === undefined) {
    return probe !== undefined && length === undefined ? "examples" : "tokens";
  }
  if (noiseScale.unit === "examples") return "examples";
  return noiseScale.unit === "sequences" && length === undefined ? "examples" : "tokens";
}

function scaledProbe(
  request: RecommendationRequest,
  unit: Unit,
  length: number | undefined,
  notices: Notice[],
): ScaledProbe | undefined {
  const probe = request.evidence?.probe;
  if (probe === undefined) return undefined;
  const reading = readProbe(probe, isAdaptive(request.optimizer?.kind));
  notices.push(...probeWithoutValue(probe, reading));
  if (unit === "examples") return { reading, unitsPerExample: 1 };
  if (length === undefined) {
    notices.push({
      code: "probe-counts-examples",
      detail:
        "The answer is in tokens and evidence.probe in examples, so only the probe's ratio of critical batch to noise scale is used. " +
        "Send data.sequenceLengthTokens.",
    });
    const { rho, rhoSimple } = reading;
    const ratios = { ...(rho && { rho }), ...(rhoSimple && { rhoSimple }), rates: [] };
    return { reading: ratios, unitsPerExample: 1 };
  }
  notices.push({
    field: "evidence.probe.tokensPerExample",
    value: length,
    detail: `One example of the probe counts as one sequence of ${length} tokens.`,
  });
  return { reading, unitsPerExample: length };
}

function criticalBatch(
  unit: Unit,
  vote: NoiseScaleVote | undefined,
  probe: ScaledProbe | undefined,
  evidence: EvidenceItem[],
  notices: Notice[],
): LogQuantity | undefined {
  const quantity = unit === "tokens" ? "bCritTokens" : "bCritExamples";
  const own = probe?.reading.bCrit && {
    ...probe.reading.bCrit,
    lnValue: probe.reading.bCrit.lnValue + Math.log(probe.unitsPerExample),
  };
  const decides = vote ?? own;
  if (vote) evidence.push(noiseScaleItem(quantity, vote, 1));
  if (own) evidence.push(probeItem(quantity, own, vote ? 0 : 1, vote ? "ratio-only" : "measured"));
  if (own && !vote) notices.push(OF_THE_PROBE);
  return decides && { ...decides, degreesOfFreedom: Number.POSITIVE_INFINITY, basis: "measured" };
}

const OF_THE_PROBE: Warning = {
  code: "critical-batch-of-the-probe",
  detail:
    "The critical batch and its interval are those of the probe's task, small model and target loss. It grows as the " +
    "loss falls, so a longer run tolerates a larger batch. Measure the noise scale of the run itself and send both.",
};

function wantedBatch(
  request: RecommendationRequest,
  unit: Unit,
  bCrit: LogQuantity | undefined,
  probe: ScaledProbe | undefined,
): OwnEvidence["batch"] {
  const fixed = request.constraints?.batchTokens?.fixed;
  if (unit === "tokens" && fixed !== undefined) return { wanted: fixed, given: true };
  if (bCrit !== undefined) {
    return { wanted: TOKEN_OVERHEAD * Math.exp(bCrit.lnValue), given: false, bCrit };
  }
  const best = probe?.reading.bestBatchExamples;
  // `current` is what the caller asks about; it is no evidence for an answer.
  const known = unit === "examples" ? undefined : request.evidence?.reference?.batchTokens;
  if (known !== undefined) return { wanted: known, given: true };
  return best === undefined || probe === undefined
    ? undefined
    : { wanted: best * probe.unitsPerExample, given: true };
}

/** The reference's learning rate; its batch is in tokens and moves it only where the answer counts them too. */
function movedRate(
  request: RecommendationRequest,
  unit: Unit,
  wanted: number | undefined,
  bCrit: LogQuantity | undefined,
  probe: ScaledProbe | undefined,
  evidence: EvidenceItem[],
): LogQuantity | undefined {
  const reference = request.evidence?.reference;
  if (reference === undefined) return undefined;
  const inTokens = unit === "tokens";
  const measuredRule = probe && probeBatchRule(probe.reading, probe.unitsPerExample);
  const vote = referenceVote(
    inTokens ? reference : { peakLearningRate: reference.peakLearningRate },
    {
      nonEmbeddingParams: reference.nonEmbeddingParams ?? 1,
      // No law of fine-tuning says how the rate moves with tokens or size: only the batch moves it.
      trainingTokens: reference.trainingTokens ?? 1,
      batchTokens: (inTokens ? wanted : undefined) ?? reference.batchTokens ?? 1,
      batchRule: measuredRule ?? batchRule(isAdaptive(request.optimizer?.kind), bCrit),
    },
  );
  if (vote === undefined) return undefined;
  evidence.push(referenceItem(vote, 1));
  return {
    ...vote,
    degreesOfFreedom: Number.POSITIVE_INFINITY,
    basis: "measured",
  };
}

/** The probe's own best rate at the wanted batch. */
function probeRate(
  wanted: number | undefined,
  probe: ScaledProbe | undefined,
  evidence: EvidenceItem[],
): LogQuantity | undefined {
  if (wanted === undefined || probe === undefined) return undefined;
  const rate = probeRateAt(probe.reading, wanted / probe.unitsPerExample);
  if (rate === undefined) return undefined;
  evidence.push(probeItem("peakLearningRate", rate, 1, "measured"));
  return { ...rate, degreesOfFreedom: Number.POSITIVE_INFINITY, basis: "measured" };
}
// McCandlish expects between the root and the whole of the SGD rule for Adam.
const ADAM_SATURATING_EXPONENT = 0.75;

/** With a critical batch the rule that saturates there; without one, the root for Adam and the line for SGD. */
function batchRule(adaptive: boolean, bCrit: LogQuantity | undefined) {
  return (fromBatch: number, toBatch: number): number => {
    const move = { fromBatch, toBatch, peakLearningRate: 1 };
    if (bCrit === undefined)
      return adaptive ? squareRootLearningRate(move) : linearLearningRate(move);
    const exponent = adaptive ? ADAM_SATURATING_EXPONENT : 1;
    return saturatingLearningRate(move, Math.exp(bCrit.lnValue), exponent);
  };
}
