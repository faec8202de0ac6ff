import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";
import { nearestSplit } from "../numerics/hardware/micro-batch.ts";
import { InvalidRequest } from "./invalid-request.ts";

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
}

const MOST_SEQUENCES = 2 ** 53 - 1;

/** Reads devices, memory and batch constraints of a request into whole sequences. */
export function batchLimits(
  request: RecommendationRequest,
  plan: { readonly sequenceLengthTokens: number; readonly trainingTokens: number },
): BatchLimits {
  const { sequenceLengthTokens } = plan;
  const constraint = request.constraints?.batchTokens;
  const stepsMax = request.constraints?.steps?.max;
  const fromSteps = stepsMax === undefined ? 1 : plan.trainingTokens / stepsMax;
  return {
    sequenceLengthTokens,
    devices: request.hardware?.devices ?? 1,
    maxMicroBatchSequences: request.hardware?.maxMicroBatchSequences ?? MOST_SEQUENCES,
    minSequences: Math.max(
      1,
      Math.ceil(Math.max(constraint?.min ?? 1, fromSteps) / sequenceLengthTokens),
    ),
    maxSequences: Math.floor((constraint?.max ?? MOST_SEQUENCES) / sequenceLengthTokens),
    multipleOfSequences: sequencesOfMultiple(constraint?.multipleOf ?? 1, sequenceLengthTokens),
  };
}

/**
 * Returns the batch nearest a target that micro-batch x accumulation x devices makes exactly, within the limits.
 *
 * @throws {InvalidRequest} when no batch meets the limits.
 */
export function fitBatch(targetTokens: number, limits: BatchLimits): FittedBatch {
  const { sequenceLengthTokens, minSequences, maxSequences, multipleOfSequences } = limits;
  const target = Math.min(
    Math.max(targetTokens / sequenceLengthTokens, Number.MIN_VALUE),
    MOST_SEQUENCES,
  );
  const split =
    maxSequences < minSequences
      ? ({ status: "not-divisible" } as const)
      : nearestSplit(target, limits.devices, limits.maxMicroBatchSequences, {
          minSequences,
          maxSequences,
          multipleOfSequences,
        });
  if (split.status !== "ok") {
    throw new InvalidRequest([
      {
        pointer: "/constraints/batchTokens",
        code: "no-batch-fits",
        message:
          `room for a batch that is a whole multiple of ${limits.devices} devices x ` +
          `${sequenceLengthTokens} tokens (and of multipleOf) between min, max and the steps allowed`,
      },
    ]);
  }
  const { batchSequences, microBatchSequences, gradientAccumulationSteps } = split;
  return {
    batchTokens: batchSequences * sequenceLengthTokens,
    batchSequences,
    microBatchSequences,
    gradientAccumulationSteps,
  };
}

/** Smallest whole number of sequences whose tokens are a multiple of `multipleOf`. */
function sequencesOfMultiple(multipleOf: number, sequenceLengthTokens: number): number {
  let a = multipleOf;
  let b = sequenceLengthTokens;
  while (b !== 0) [a, b] = [b, a % b];
  return multipleOf / a;
}
