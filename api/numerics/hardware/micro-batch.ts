import { requireInRange } from "../guards.ts";

/** A global batch split exactly: micro-batch x accumulation x devices = sequences. */
export interface BatchSplit {
  readonly batchSequences: number;
  readonly microBatchSequences: number;
  readonly gradientAccumulationSteps: number;
}

/** The split of a decided batch, or the fact that the devices do not divide it. */
export type FixedBatchSplit =
  | ({ readonly status: "ok" } & BatchSplit)
  | { readonly status: "not-divisible" };

/** Bounds on the global batch in sequences; whole numbers. */
export interface SequenceBounds {
  readonly minSequences: number;
  readonly maxSequences: number;
  /** The global batch must be a whole multiple of this. */
  readonly multipleOfSequences: number;
}

const LARGEST_COUNT = Number.MAX_SAFE_INTEGER;

function requireCount(name: string, value: number): number {
  if (!Number.isInteger(value)) {
    throw new RangeError(`"${name}" must be a whole number, received ${value}`);
  }
  return requireInRange(name, value, 1, LARGEST_COUNT);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Largest divisor of `n` that is at most `limit`. */
function largestDivisorUpTo(n: number, limit: number): number {
  if (n <= limit) return n;
  let best = 1;
  for (let small = 1; small <= limit && small * small <= n; small++) {
    if (n % small !== 0) continue;
    const large = n / small;
    if (large <= limit) return large;
    best = small;
  }
  return best;
}

/**
 * Splits a decided global batch over the devices with the largest micro-batch that fits.
 *
 *   micro x accumulation x devices = sequences
 *
 * @param batchSequences - global batch; sequences; whole, at least 1.
 * @param devices - data-parallel workers; whole, at least 1.
 * @param maxMicroBatchSequences - largest micro-batch that fits one device; sequences; whole, at least 1.
 * @returns `ok` with the split; `not-divisible` when the devices do not divide the batch.
 * @throws {RangeError} when an argument is no whole number of at least 1.
 * @source arithmetic.
 */
export function splitFixedBatch(
  batchSequences: number,
  devices: number,
  maxMicroBatchSequences: number,
): FixedBatchSplit {
  requireCount("batchSequences", batchSequences);
  requireCount("devices", devices);
  requireCount("maxMicroBatchSequences", maxMicroBatchSequences);
  if (batchSequences % devices !== 0) return { status: "not-divisible" };
  const perDevice = batchSequences / devices;
  const microBatchSequences = largestDivisorUpTo(perDevice, maxMicroBatchSequences);
  const gradientAccumulationSteps = perDevice / microBatchSequences;
  return { status: "ok", batchSequences, microBatchSequences, gradientAccumulationSteps };
}

/** Candidates around the target; enough to find a batch with a full micro-batch near it. */
const CANDIDATES_EACH_SIDE = 16;

/** What half a micro-batch is worth in ln batch: arithmetic wants it full, the loss is flat within percents. */
const HALF_MICRO_BATCH_COST_LOG = 0.03;

/**
 * The global batch nearest a target that the devices can hold exactly, and its split.
 *
 * Nearest in ln batch, where half a micro-batch counts as {@link HALF_MICRO_BATCH_COST_LOG}: 257 sequences in
 * micro-batches of one are no answer to 257.
 *
 * @param targetSequences - wanted global batch; sequences; above 0, need not be whole.
 * @param devices - data-parallel workers; whole, at least 1.
 * @param maxMicroBatchSequences - largest micro-batch that fits one device; sequences; whole, at least 1.
 * @param bounds - limits, applied to the whole batch.
 * @returns `ok` with the split; `not-divisible` when no multiple of the devices lies within the bounds.
 * @throws {RangeError} when an argument is out of range.
 * @source arithmetic.
 */
export function nearestSplit(
  targetSequences: number,
  devices: number,
  maxMicroBatchSequences: number,
  bounds: SequenceBounds,
): FixedBatchSplit {
  requireInRange("targetSequences", targetSequences, Number.MIN_VALUE, LARGEST_COUNT);
  requireCount("devices", devices);
  requireCount("multipleOfSequences", bounds.multipleOfSequences);
  const { multipleOfSequences } = bounds;
  const common = greatestCommonDivisor(devices, multipleOfSequences);
  const quantum = (devices / common) * multipleOfSequences;
  const first = Math.max(1, Math.ceil(bounds.minSequences / quantum));
  const last = Math.floor(Math.min(bounds.maxSequences, LARGEST_COUNT) / quantum);
  if (!(first <= last)) return { status: "not-divisible" };
  const centre = Math.min(last, Math.max(first, Math.round(targetSequences / quantum)));
  let best: FixedBatchSplit = { status: "not-divisible" };
  let bestCost = Number.POSITIVE_INFINITY;
  const from = Math.max(first, centre - CANDIDATES_EACH_SIDE);
  const to = Math.min(last, centre + CANDIDATES_EACH_SIDE);
  for (let count = from; count <= to; count++) {
    const split = splitFixedBatch(count * quantum, devices, maxMicroBatchSequences);
    if (split.status !== "ok") continue;
    const full = Math.min(maxMicroBatchSequences, split.batchSequences / devices);
    const halvings = Math.log2(full / split.microBatchSequences);
    const cost =
      Math.abs(Math.log(split.batchSequences / targetSequences)) +
      HALF_MICRO_BATCH_COST_LOG * halvings;
    if (cost < bestCost) {
      best = split;
      bestCost = cost;
    }
  }
  return best;
}
