import { DEFAULT_INTERVAL_LEVEL, type Estimate, type Warning } from "../../schemas/common.ts";
import type { EvidenceOnly, InsufficientEvidence } from "../../schemas/recommendation-answer.ts";
import type { EvidenceItem } from "../../schemas/recommendation-evidence.ts";
import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";
import {
  linearLearningRate,
  saturatingLearningRate,
  squareRootLearningRate,
} from "../numerics/rules/learning-rate-rescaling.ts";
import { estimateOf, givenNumber, type LogQuantity, roundForWire } from "./estimates.ts";
import { batchLimits, type FittedBatch, fitBatch, fitFixedBatch } from "./fit-batch.ts";
import { InvalidRequest } from "./invalid-request.ts";
import { MODEL_VERSION } from "./model-version.ts";
import { assumedDefaults } from "./warn-of-defaults.ts";
import { noiseScaleItem, noiseScaleVote, noiseScaleWarnings } from "./weigh-noise-scale.ts";
import { referenceItem, referenceVote, referenceWarnings } from "./weigh-reference.ts";

type Task = EvidenceOnly["task"];
type Unit = EvidenceOnly["unit"];

// A fifth of the critical batch costs 20 % more examples for the same loss than the smallest batch would.
const TOKEN_OVERHEAD = 0.2;

const LOSS_FIT_UNUSED: Warning = {
  code: "loss-fit-not-used",
  detail:
    "lossFit is of pre-training runs; without their laws there is no loss or price to use it for.",
};

/**
 * Returns what the caller's own evidence says of a task for which no pre-training law holds.
 *
 *   B = 0.2 B_c from the noise scale, else the reference's own; learning rate from the reference, moved to B
 *
 * @returns `evidence-only` as far as the evidence goes; `insufficient-evidence` and what to measure without any.
 * @throws {InvalidRequest} when the objective needs laws or hardware that this task does not have.
 * @source arXiv:1812.06162, eqs. (2.7) and (2.11), appendix E.2; arXiv:2205.10287 (root); the priors of weigh-noise-scale.ts and weigh-reference.ts
 */
export function recommendFromEvidence(
  request: RecommendationRequest,
  task: Task,
): EvidenceOnly | InsufficientEvidence {
  refuseObjective(request, task);
  const warnings: Warning[] = [];
  const level = request.intervalLevel ?? DEFAULT_INTERVAL_LEVEL;
  const measured = readEvidence(request, warnings);
  if (measured.bCrit === undefined && measured.batch === undefined && measured.rate === undefined) {
    return insufficient(task, warnings);
  }
  const { unit, bCrit, batch, rate, evidence } = measured;
  warnings.push(...assumedDefaults(request).filter(({ code }) => code === "optimizer-assumed"));
  warnings.push(...constraintWarnings(request, unit));
  if (request.lossFit !== undefined) warnings.push(LOSS_FIT_UNUSED);
  const fitted = batch && describeBatch(batch, unit, request, level, warnings);
  const answer = {
    status: "evidence-only" as const,
    task,
    unit,
    ...(fitted && { batch: fitted }),
    ...(bCrit && { criticalBatch: inUnit("bCrit", unit, estimateOf(bCrit, level)) }),
    ...(rate && { learningRate: { peakLearningRate: estimateOf(rate, level) } }),
    evidence,
    warnings,
  };
  return {
    ...answer,
    loggable: loggable(answer),
    summary: summarize(task, answer),
    modelVersion: MODEL_VERSION,
  };
}

interface Measured {
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

function readEvidence(request: RecommendationRequest, warnings: Warning[]): Measured {
  const { noiseScale, reference } = request.evidence ?? {};
  const length = request.data?.sequenceLengthTokens;
  const unit = settleUnit(request, length);
  const evidence: EvidenceItem[] = [];
  if (noiseScale !== undefined) warnings.push(...noiseScaleWarnings(noiseScale));
  const scale = noiseScale?.unit === "tokens" || unit === "examples" ? 1 : (length ?? 1);
  const vote = noiseScale && noiseScaleVote(noiseScale, scale, isAdaptive(request));
  const bCrit: LogQuantity | undefined = vote && {
    ...vote,
    degreesOfFreedom: Number.POSITIVE_INFINITY,
    basis: "measured",
  };
  if (vote) {
    const quantity = unit === "tokens" ? "bCritTokens" : "bCritExamples";
    evidence.push(noiseScaleItem(quantity, vote, 1));
  }
  const batch = wantedBatch(request, unit, bCrit);
  const rate = movedRate(request, unit, batch?.wanted, bCrit, evidence);
  if (reference !== undefined) warnings.push(...referenceWarnings(reference));
  return {
    unit,
    ...(bCrit && { bCrit }),
    ...(batch && { batch }),
    ...(rate && { rate }),
    evidence,
  };
}

/** Examples where the noise scale counts them, or counts sequences of unknown length; tokens otherwise. */
function settleUnit(request: RecommendationRequest, length: number | undefined): Unit {
  const unit = request.evidence?.noiseScale?.unit;
  if (unit === "examples") return "examples";
  return unit === "sequences" && length === undefined ? "examples" : "tokens";
}

function wantedBatch(
  request: RecommendationRequest,
  unit: Unit,
  bCrit: LogQuantity | undefined,
): Measured["batch"] {
  const fixed = request.constraints?.batchTokens?.fixed;
  if (unit === "tokens" && fixed !== undefined) return { wanted: fixed, given: true };
  if (bCrit !== undefined) {
    return { wanted: TOKEN_OVERHEAD * Math.exp(bCrit.lnValue), given: false, bCrit };
  }
  if (unit === "examples") return undefined;
  const known = request.evidence?.reference?.batchTokens ?? request.current?.batchTokens;
  return known === undefined ? undefined : { wanted: known, given: true };
}

/** The reference's learning rate; its batch is in tokens and moves it only where the answer counts them too. */
function movedRate(
  request: RecommendationRequest,
  unit: Unit,
  wanted: number | undefined,
  bCrit: LogQuantity | undefined,
  evidence: EvidenceItem[],
): LogQuantity | undefined {
  const reference = request.evidence?.reference;
  if (reference === undefined) return undefined;
  const inTokens = unit === "tokens";
  const vote = referenceVote(
    inTokens ? reference : { peakLearningRate: reference.peakLearningRate },
    {
      nonEmbeddingParams: reference.nonEmbeddingParams ?? 1,
      // No law of fine-tuning says how the rate moves with tokens or size: only the batch moves it.
      trainingTokens: reference.trainingTokens ?? 1,
      batchTokens: (inTokens ? wanted : undefined) ?? reference.batchTokens ?? 1,
      batchRule: batchRule(isAdaptive(request), bCrit),
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

function isAdaptive(request: RecommendationRequest): boolean {
  return !["sgd", "momentum"].includes(request.optimizer?.kind ?? "adamw");
}

function describeBatch(
  batch: NonNullable<Measured["batch"]>,
  unit: Unit,
  request: RecommendationRequest,
  level: number,
  warnings: Warning[],
): EvidenceOnly["batch"] {
  const { wanted } = batch;
  if (unit === "examples") {
    return inUnit("batch", unit, spread(Math.max(1, Math.round(wanted)), batch, level));
  }
  const tokens = request.data?.trainingTokens;
  const length = request.data?.sequenceLengthTokens;
  const { batchTokens, ...split } = fitTokens(batch, request, warnings);
  return {
    ...inUnit("batch", unit, spread(batchTokens, batch, level)),
    ...(length !== undefined && split),
    ...(tokens !== undefined && { steps: Math.max(1, Math.ceil(tokens / batchTokens)) }),
  };
}

/** Without a sequence length the batch is only a number of tokens, which no machine has to hold. */
function fitTokens(
  { wanted }: NonNullable<Measured["batch"]>,
  request: RecommendationRequest,
  warnings: Warning[],
): FittedBatch {
  const length = request.data?.sequenceLengthTokens;
  const limits = batchLimits(length === undefined ? { ...request, hardware: undefined } : request, {
    sequenceLengthTokens: length ?? 1,
    trainingTokens: request.data?.trainingTokens ?? 1,
  });
  return request.constraints?.batchTokens?.fixed === undefined
    ? fitBatch(wanted, limits)
    : fitFixedBatch(wanted, limits, warnings);
}

/** Constraints that the answer cannot respect, because it does not know what they count. */
function constraintWarnings(request: RecommendationRequest, unit: Unit): Warning[] {
  const { batchTokens, steps } = request.constraints ?? {};
  const ignored = [
    ...(unit === "examples" && batchTokens !== undefined ? ["constraints.batchTokens"] : []),
    ...(steps?.max !== undefined && (unit === "examples" || !request.data?.trainingTokens)
      ? ["constraints.steps"]
      : []),
  ];
  if (ignored.length === 0) return [];
  const needed =
    unit === "examples" ? "the answer counts examples" : "data.trainingTokens is not given";
  return [
    { code: "constraint-not-applied", detail: `${ignored.join(" and ")}: not applied, ${needed}.` },
  ];
}

function spread(
  value: number,
  { wanted, given, bCrit }: NonNullable<Measured["batch"]>,
  level: number,
): Estimate {
  if (given || bCrit === undefined) {
    const number = givenNumber(value, level);
    return value === wanted ? number : { ...number, basis: "derived" };
  }
  const { interval } = estimateOf(
    { ...bCrit, lnValue: bCrit.lnValue + Math.log(TOKEN_OVERHEAD) },
    level,
  );
  return {
    value,
    interval: {
      lower: Math.min(interval.lower ?? value, value),
      upper: Math.max(interval.upper ?? value, value),
      level,
    },
    basis: "measured",
  };
}

function inUnit(what: "batch" | "bCrit", unit: Unit, estimate: Estimate) {
  return unit === "tokens" ? { [`${what}Tokens`]: estimate } : { [`${what}Examples`]: estimate };
}

function refuseObjective(request: RecommendationRequest, task: Task): void {
  const objective = request.objective;
  if (objective === undefined || objective === "loss" || objective === "balanced") return;
  throw new InvalidRequest([
    {
      pointer: "/objective",
      code: "not-for-this-task",
      message: `"loss" or "balanced": without laws for ${task} no run time can be predicted`,
    },
  ]);
}

function insufficient(task: Task, warnings: Warning[]): InsufficientEvidence {
  return {
    status: "insufficient-evidence",
    task,
    reason: `No pre-training law holds for this task (${task}), and no evidence was given that says anything of it.`,
    needed: [
      {
        code: "noise-scale",
        detail:
          "Measure the gradient noise scale over the last half of a tuned run and send it as evidence.noiseScale.",
      },
      {
        code: "reference",
        detail: "Send the batch and learning rate of a run that worked as evidence.reference.",
      },
    ],
    warnings,
    summary:
      `No published law says which batch fits ${task}. Nothing was measured, so there is no number to give. ` +
      "Send a measured noise scale or a run that worked.",
    modelVersion: MODEL_VERSION,
  };
}

type Described = Pick<EvidenceOnly, "batch" | "criticalBatch" | "learningRate" | "unit">;

function loggable({ batch, criticalBatch, learningRate }: Described): Record<string, number> {
  const numbers = {
    "critbatch/batchTokens": batch?.batchTokens?.value,
    "critbatch/batchExamples": batch?.batchExamples?.value,
    "critbatch/bCritTokens": criticalBatch?.bCritTokens?.value,
    "critbatch/bCritExamples": criticalBatch?.bCritExamples?.value,
    "critbatch/peakLearningRate": learningRate?.peakLearningRate.value,
  };
  return Object.fromEntries(
    Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

function summarize(task: Task, described: Described): string {
  const { batch, criticalBatch, learningRate, unit } = described;
  const size = batch?.batchTokens ?? batch?.batchExamples;
  const critical = criticalBatch?.bCritTokens ?? criticalBatch?.bCritExamples;
  const first =
    size === undefined
      ? "The evidence says nothing of the batch."
      : `Train with batches of about ${roundForWire(size.value)} ${unit}.`;
  const second =
    critical === undefined
      ? "The critical batch is unknown without a measured noise scale."
      : `Your noise scale puts the critical batch near ${roundForWire(critical.value)} ${unit}.`;
  const third =
    learningRate === undefined
      ? `No law of ${task} gives a learning rate: send a run that worked.`
      : `Moved from your reference run, the peak learning rate is ${learningRate.peakLearningRate.value.toPrecision(2)}.`;
  return `${first} ${second} ${third}`;
}
