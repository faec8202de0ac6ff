import { DEFAULT_INTERVAL_LEVEL, type Estimate, type Warning } from "../../../schemas/common.ts";
import type {
  EvidenceOnly,
  InsufficientEvidence,
} from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { type OwnEvidence, readOwnEvidence, TOKEN_OVERHEAD } from "../evidence/own-evidence.ts";
import { estimateOf, givenNumber, roundForWire } from "../shared/estimates.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { assumedDefaults } from "./assumed-defaults.ts";
import { batchLimits, type FittedBatch, fitBatch, fitFixedBatch } from "./fit-batch.ts";

type Task = EvidenceOnly["task"];
type Unit = EvidenceOnly["unit"];

const LOSS_FIT_UNUSED: Warning = {
  code: "loss-fit-not-used",
  detail: "lossFit describes pre-training runs and does not apply to this task.",
};

/**
 * Returns what the caller's own evidence says of a task for which no pre-training law holds.
 *
 *   B = 0.2 B_c from the noise scale, else from the probe, else the reference's own batch;
 *   learning rate from the reference, moved to B, else the probe's at B
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
  const notices: Notice[] = [];
  const level = request.intervalLevel ?? DEFAULT_INTERVAL_LEVEL;
  const measured = readOwnEvidence(request, notices);
  // A batch that the caller alone decided is no answer.
  const decided = measured.evidence.length === 0 && request.evidence?.reference === undefined;
  if (decided || (measured.bCrit ?? measured.batch ?? measured.rate) === undefined) {
    return insufficient(task, notices);
  }
  const { unit, bCrit, batch, rate, evidence } = measured;
  notices.push(...assumedDefaults(request).filter(({ field }) => field === "optimizer.kind"));
  notices.push(...constraintWarnings(request, unit));
  if (request.lossFit !== undefined) notices.push(LOSS_FIT_UNUSED);
  const fitted = batch && describeBatch(batch, unit, request, level, notices);
  const answer = {
    status: "evidence-only" as const,
    task,
    unit,
    ...(fitted && { batch: fitted }),
    ...(bCrit && { criticalBatch: inUnit("bCrit", unit, estimateOf(bCrit, level)) }),
    ...(rate && { learningRate: { peakLearningRate: estimateOf(rate, level) } }),
    evidence,
    ...splitNotices(notices),
  };
  return {
    ...answer,
    loggable: loggable(answer),
    summary: summarize(task, answer, request.evidence ?? {}),
    modelVersion: MODEL_VERSION,
  };
}

function describeBatch(
  batch: NonNullable<OwnEvidence["batch"]>,
  unit: Unit,
  request: RecommendationRequest,
  level: number,
  notices: Notice[],
): EvidenceOnly["batch"] {
  const { wanted } = batch;
  if (unit === "examples") {
    return inUnit("batch", unit, spread(Math.max(1, Math.round(wanted)), batch, level));
  }
  const tokens = request.data?.trainingTokens;
  const length = request.data?.sequenceLengthTokens;
  const { batchTokens, ...split } = fitTokens(batch, request, notices);
  return {
    ...inUnit("batch", unit, spread(batchTokens, batch, level)),
    ...(length !== undefined && split),
    ...(tokens !== undefined && { steps: Math.max(1, Math.ceil(tokens / batchTokens)) }),
  };
}

/** Without a sequence length the batch is only a number of tokens, which no machine has to hold. */
function fitTokens(
  { wanted }: NonNullable<OwnEvidence["batch"]>,
  request: RecommendationRequest,
  notices: Notice[],
): FittedBatch {
  const length = request.data?.sequenceLengthTokens;
  const limits = batchLimits(length === undefined ? { ...request, hardware: undefined } : request, {
    sequenceLengthTokens: length ?? 1,
    trainingTokens: request.data?.trainingTokens ?? 1,
  });
  return request.constraints?.batchTokens?.fixed === undefined
    ? fitBatch(wanted, limits)
    : fitFixedBatch(wanted, limits, notices);
}

/** Constraints that the answer cannot respect, because it does not know what they count. */
function constraintWarnings(request: RecommendationRequest, unit: Unit): Notice[] {
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
    {
      code: "constraint-not-applied",
      detail: `${ignored.join(" and ")} could not be applied: ${needed}.`,
    },
  ];
}

function spread(
  value: number,
  { wanted, given, bCrit }: NonNullable<OwnEvidence["batch"]>,
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

function insufficient(task: Task, notices: Notice[]): InsufficientEvidence {
  return {
    status: "insufficient-evidence",
    task,
    reason: `No pre-training law applies to this task (${task}), and the request has no measurement of it.`,
    needed: [
      {
        code: "probe",
        detail:
          "Run a critical-batch probe on a sample of the data (POST /v1/probes) and send its answer as evidence.probe.",
      },
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
    ...splitNotices(notices),
    summary:
      `No published law gives a batch for ${task}. The request has no measurement of it, so there is no number yet. ` +
      "Send a probe, a measured noise scale or a run that worked.",
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

function summarize(
  task: Task,
  { batch, criticalBatch, learningRate, unit }: Described,
  { noiseScale, reference }: NonNullable<RecommendationRequest["evidence"]>,
): string {
  const size = batch?.batchTokens ?? batch?.batchExamples;
  const critical = criticalBatch?.bCritTokens ?? criticalBatch?.bCritExamples;
  const measure = noiseScale === undefined ? "probe" : "noise scale";
  const first =
    size === undefined
      ? "The evidence does not determine the batch."
      : `Train with batches of about ${roundForWire(size.value)} ${unit}.`;
  const second =
    critical === undefined
      ? "The critical batch is unknown without a measured noise scale or a probe."
      : `Your ${measure} puts the critical batch near ${Number(critical.value.toPrecision(3))} ${unit}.`;
  return `${first} ${second} ${rateSentence(task, learningRate, reference !== undefined)}`;
}

function rateSentence(task: Task, rate: Described["learningRate"], isMoved: boolean): string {
  if (rate === undefined)
    return `No law gives a learning rate for ${task}: send a run that worked.`;
  const value = rate.peakLearningRate.value.toPrecision(2);
  return isMoved
    ? `Your reference run, moved to this batch, gives a peak learning rate of ${value}.`
    : `The best peak learning rate in the probe at this batch is ${value}.`;
}
