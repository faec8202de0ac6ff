import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import {
  type FixedBatchSplit,
  nearestSplit,
  splitFixedBatch,
} from "../../numerics/hardware/micro-batch.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import type { Notice } from "../shared/notices.ts";

/** A batch that the machines can hold exactly; sequences and tokens. */
export interface FittedBatch {
  readonly batchTokens: number;
  readonly batchSequences: number;
  readonly microBatchSequences: number;
  readonly gradientAccumulationSteps: number;
}

/** What a batch of this plan must respect, in whole sequences. */
export interface BatchLimits {
  readonly sequenceLengthTokens: number;
  readonly devices: number;
  readonly maxMicroBatchSequences: number;
  readonly minSequences: number;
  readonly maxSequences: number;
  readonly multipleOfSequences: number;
  /** From constraints.batchTokens alone: a ramp may start below what the number of steps asks for. */
  readonly minSequencesOfRamp: number;
  readonly maxSteps: number;
  /** The constraints that limit the batch, as JSON Pointers. */
  readonly limitedBy: readonly string[];
}

/** The largest whole number that a double counts exactly. */
const LARGEST_COUNT = Number.MAX_SAFE_INTEGER;

/** Reads devices, memory and batch constraints of a request into whole sequences. */
export function batchLimits(
  request: RecommendationRequest,
  plan: { readonly sequenceLengthTokens: number; readonly trainingTokens: number },
): BatchLimits {
  const { sequenceLengthTokens } = plan;
  const { min, max, multipleOf, fixed } = request.constraints?.batchTokens ?? {};
  const stepsMax = request.constraints?.steps?.max;
  const maxSteps = stepsMax ?? LARGEST_COUNT;
  const minSequencesOfRamp = Math.max(1, Math.ceil((fixed ?? min ?? 1) / sequenceLengthTokens));
  const fromSteps = fewestSequences(plan.trainingTokens, maxSteps, sequenceLengthTokens);
  const lower = fromSteps > minSequencesOfRamp && stepsMax !== undefined ? "steps" : "min";
  const limits = {
    "/constraints/steps/max": lower === "steps",
    "/constraints/batchTokens/fixed": fixed !== undefined,
    "/constraints/batchTokens/min": lower === "min" && min !== undefined,
    "/constraints/batchTokens/max": max !== undefined,
    "/constraints/batchTokens/multipleOf": multipleOf !== undefined,
  };
  return {
    sequenceLengthTokens,
    devices: request.hardware?.devices ?? 1,
    maxMicroBatchSequences: request.hardware?.maxMicroBatchSequences ?? LARGEST_COUNT,
    minSequences: Math.max(1, Math.ceil((min ?? 1) / sequenceLengthTokens), fromSteps),
    maxSequences: Math.floor((max ?? LARGEST_COUNT) / sequenceLengthTokens),
    multipleOfSequences: sequencesOfMultiple(multipleOf ?? 1, sequenceLengthTokens),
    minSequencesOfRamp,
    maxSteps,
    limitedBy: Object.entries(limits).flatMap(([pointer, limiting]) => (limiting ? [pointer] : [])),
  };
}

/**
 * Returns the batch nearest a target that micro-batch x accumulation x devices makes exactly, within the limits.
 *
 * @throws {InvalidRequest} when no batch meets the limits; it names every constraint that limits the batch.
 */
export function fitBatch(targetTokens: number, limits: BatchLimits): FittedBatch {
  const { sequenceLengthTokens } = limits;
  const split = splitNear(targetTokens, limits);
  if (split.status !== "ok") {
    throw noBatchFits(
      limits,
      `room for a batch that is a whole multiple of ${limits.devices} devices x ` +
        `${sequenceLengthTokens} tokens (and of multipleOf) between min, max and the steps allowed`,
    );
  }
  return inTokens(split, sequenceLengthTokens);
}

/**
 * Returns the nearest such batch of at most the target, or the nearest of all where none is as small.
 *
 * @throws {InvalidRequest} as `fitBatch` does.
 */
export function fitBatchUpTo(targetTokens: number, limits: BatchLimits): FittedBatch {
  const most = Math.floor(targetTokens / limits.sequenceLengthTokens);
  const maxSequences = Math.min(limits.maxSequences, most);
  const split = splitNear(targetTokens, { ...limits, maxSequences });
  if (split.status !== "ok") return fitBatch(targetTokens, limits);
  return inTokens(split, limits.sequenceLengthTokens);
}

/**
 * Returns the batch that the caller has decided, or the nearest one that the devices can hold.
 *
 * @param notices - receives that the batch had to be rounded.
 * @throws {InvalidRequest} when the batch takes more steps than are allowed, or none near it meets the limits.
 */
export function fitFixedBatch(
  fixedTokens: number,
  limits: BatchLimits,
  notices: Notice[],
): FittedBatch {
  const { sequenceLengthTokens, devices, maxMicroBatchSequences } = limits;
  const sequences = fixedTokens / sequenceLengthTokens;
  if (Math.ceil(sequences) < limits.minSequences) {
    throw noBatchFits(
      limits,
      "more steps, or a larger fixed batch: this one needs more steps than allowed for the tokens",
    );
  }
  const exact: FixedBatchSplit = Number.isInteger(sequences)
    ? splitFixedBatch(sequences, devices, maxMicroBatchSequences)
    : { status: "not-divisible" };
  if (exact.status === "ok") return inTokens(exact, sequenceLengthTokens);
  const fitted = fitBatch(fixedTokens, limits);
  notices.push({
    code: "batch-rounded-to-whole-sequences",
    detail:
      `constraints.batchTokens.fixed of ${fixedTokens} tokens is not a multiple of micro-batch x accumulation x ${devices} devices x ` +
      `${sequenceLengthTokens} tokens; the nearest that is, ${fitted.batchTokens}, is used.`,
  });
  return fitted;
}

function splitNear(targetTokens: number, limits: BatchLimits): FixedBatchSplit {
  const { sequenceLengthTokens, minSequences, maxSequences, multipleOfSequences } = limits;
  if (maxSequences < minSequences) return { status: "not-divisible" };
  const target = Math.min(
    Math.max(targetTokens / sequenceLengthTokens, Number.MIN_VALUE),
    LARGEST_COUNT,
  );
  return nearestSplit(target, limits.devices, limits.maxMicroBatchSequences, {
    minSequences,
    maxSequences,
    multipleOfSequences,
  });
}

function inTokens(
  split: Extract<FixedBatchSplit, { status: "ok" }>,
  sequenceLengthTokens: number,
): FittedBatch {
  const { batchSequences, microBatchSequences, gradientAccumulationSteps } = split;
  return {
    batchTokens: batchSequences * sequenceLengthTokens,
    batchSequences,
    microBatchSequences,
    gradientAccumulationSteps,
  };
}

function noBatchFits({ limitedBy }: BatchLimits, message: string): InvalidRequest {
  const pointers = limitedBy.length === 0 ? ["/constraints/batchTokens"] : limitedBy;
  return new InvalidRequest(
    pointers.map((pointer) => ({ pointer, code: "no-batch-fits", message })),
  );
}

/** Fewest whole sequences with which the tokens are spent in that many steps. */
function fewestSequences(
  trainingTokens: number,
  maxSteps: number,
  sequenceLengthTokens: number,
): number {
  const sequences = Math.max(1, Math.ceil(trainingTokens / maxSteps / sequenceLengthTokens));
  // The quotients are rounded: the last bit decides whether one step too many is left.
  const steps = Math.ceil(trainingTokens / (sequences * sequenceLengthTokens));
  return steps > maxSteps ? sequences + 1 : sequences;
}

/** Smallest whole number of sequences whose tokens are a multiple of `multipleOf`. */
function sequencesOfMultiple(multipleOf: number, sequenceLengthTokens: number): number {
  let a = multipleOf;
  let b = sequenceLengthTokens;
  while (b !== 0) [a, b] = [b, a % b];
  return multipleOf / a;
}
