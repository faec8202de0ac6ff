import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { ReferenceRun } from "../../../schemas/recommendations/request.ts";
import { combineEstimates } from "../../numerics/pooling/combine-estimates.ts";
import { learningRateAtHorizon } from "../../numerics/rules/learning-rate-rescaling.ts";
import { type LogQuantity, roundForWire } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { batchMoveSdLog } from "./learning-rate.ts";

/** The run the reference is moved to, with the optimal batch at the reference's own horizon. */
export interface MoveTarget {
  readonly nonEmbeddingParams: number;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  /** Learning rate of the second batch over that of the first, at the plan's horizon. */
  readonly batchRule: (fromBatchTokens: number, toBatchTokens: number) => number;
}

/** Where a reference run puts the peak learning rate. */
export interface ReferenceVote {
  readonly lnValue: number;
  readonly variance: number;
}

// A working learning rate is good to a third; each move adds the scatter of its exponent.
const REFERENCE_SD_LOG = 0.3;
const HORIZON_EXPONENT_SD = 0.15;
const PARAMS_EXPONENT = -0.23;
// What the wire takes as a learning rate at all: no move leads out of it.
const LEARNING_RATE_LOG = { lower: Math.log(1e-9), upper: Math.log(1e2) } as const;
const PARAMS_EXPONENT_SD = 0.15;

/**
 * Returns the peak learning rate of a run that worked, moved to another size, horizon and batch.
 *
 *   eta' = eta (N'/N)^-0.23 (D'/D)^-0.32 r(B, B')
 *
 * The horizon is moved at fixed batch first, the batch then at the new horizon. What the reference does not state
 * is taken as equal to the plan.
 *
 * @returns undefined when the reference has no learning rate.
 * @source arXiv:2409.19913 (exponents in N and D); the batch rule is the caller's
 */
export function referenceVote(
  reference: ReferenceRun,
  target: MoveTarget,
): ReferenceVote | undefined {
  if (reference.peakLearningRate === undefined) return undefined;
  const fromTokens = reference.trainingTokens ?? target.trainingTokens;
  const fromParams = reference.nonEmbeddingParams ?? target.nonEmbeddingParams;
  const fromBatch = reference.batchTokens ?? target.batchTokens;
  const paramsLog = Math.log(target.nonEmbeddingParams / fromParams);
  const tokensLog = Math.log(target.trainingTokens / fromTokens);
  const atHorizon = learningRateAtHorizon(
    reference.peakLearningRate,
    fromTokens,
    target.trainingTokens,
  );
  const batchLog = Math.log(target.batchRule(fromBatch, target.batchTokens));
  const batchSd = batchMoveSdLog(fromBatch, target.batchTokens);
  return {
    lnValue: Math.min(
      Math.max(
        Math.log(atHorizon) + PARAMS_EXPONENT * paramsLog + batchLog,
        LEARNING_RATE_LOG.lower,
      ),
      LEARNING_RATE_LOG.upper,
    ),
    variance:
      REFERENCE_SD_LOG ** 2 +
      (HORIZON_EXPONENT_SD * tokensLog) ** 2 +
      (PARAMS_EXPONENT_SD * paramsLog) ** 2 +
      batchSd ** 2,
  };
}

/** The laws' learning rate joined by the vote of a reference run. */
export function joinReference(
  laws: LogQuantity,
  vote: ReferenceVote,
): { readonly joined: LogQuantity; readonly lawShare: number } {
  const { lnValue, variance, firstWeight } = combineEstimates(laws, vote, 0);
  return {
    joined: { ...laws, lnValue, variance, basis: "combined" },
    lawShare: firstWeight,
  };
}

/** The reference without the laws, where they are of another kind of optimizer: twice as wide in ln, as every rule of Adam is there. */
export function referenceAlone(
  laws: LogQuantity,
  vote: ReferenceVote,
): { readonly joined: LogQuantity; readonly lawShare: number } {
  const { lnValue, variance } = vote;
  return { joined: { ...laws, lnValue, variance: 4 * variance, basis: "measured" }, lawShare: 0 };
}

/** The vote as it is listed beside the laws. */
export function referenceItem(vote: ReferenceVote, weight: number): EvidenceItem {
  return {
    id: "reference",
    quantity: "peakLearningRate",
    value: roundForWire(Math.exp(vote.lnValue)),
    sdLog: roundForWire(Math.sqrt(vote.variance)),
    weight: roundForWire(weight),
    insideFit: true,
    extrapolationLog: 0,
    status: "given",
    reason: "measured",
    source: "evidence.reference",
  };
}

/** What the reference left out and was assumed equal. */
export function referenceWarnings(reference: ReferenceRun): Notice[] {
  if (reference.peakLearningRate === undefined) {
    return [
      {
        code: "reference-without-learning-rate",
        detail:
          "evidence.reference has no peakLearningRate, so it does not affect the learning rate.",
      },
    ];
  }
  const missing = (["batchTokens", "nonEmbeddingParams", "trainingTokens"] as const).filter(
    (field) => reference[field] === undefined,
  );
  return missing.map((field) => ({
    field: `evidence.reference.${field}`,
    value: "as planned",
    detail: "Assumed equal to the planned run.",
  }));
}
