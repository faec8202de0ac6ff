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

/**
 * Largest divisor of `n` that is at most `limit`; 1 when it would lie below `least`, which shortens the search.
 *
 * Divisors above the root of n are sought by their cofactors, smallest first, those below it directly.
 */
function largestDivisorUpTo(n: number, limit: number, least = 1): number {
  if (n <= limit) return n;
  const root = Math.floor(Math.sqrt(n));
  const largestCofactor = Math.min(root, Math.floor(n / least));
  for (let cofactor = Math.ceil(n / limit); cofactor <= largestCofactor; cofactor++) {
    if (n % cofactor === 0) return n / cofactor;
  }
  for (let divisor = Math.min(limit, root); divisor >= least; divisor--) {
    if (n % divisor === 0) return divisor;
  }
  return 1;
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
  const limit = Math.min(maxMicroBatchSequences, LARGEST_COUNT);
  const priced = (count: number, bound: number) =>
    priceCandidate({ targetSequences, devices, limit, batchSequences: count * quantum }, bound);
  // A batch of full micro-batches bounds the price of all others, so that few divisors have to be tried.
  const whole = limit / greatestCommonDivisor(limit, quantum / devices);
  const nearest = Math.max(Math.round(centre / whole), Math.ceil(first / whole));
  const full = Math.min(nearest, Math.floor(last / whole)) * whole;
  const seed = priced(full >= first ? full : centre, Number.POSITIVE_INFINITY);
  let best: PricedSplit | undefined;
  const from = Math.max(first, centre - CANDIDATES_EACH_SIDE);
  const to = Math.min(last, centre + CANDIDATES_EACH_SIDE);
  for (let count = from; count <= to; count++) {
    const candidate = priced(count, best?.cost ?? seed.cost * (1 + 1e-9));
    if (candidate.cost < (best?.cost ?? Number.POSITIVE_INFINITY)) best = candidate;
  }
  const { split } = best !== undefined && best.cost <= seed.cost ? best : seed;
  return { status: "ok", ...split };
}

interface PricedSplit {
  readonly split: BatchSplit;
  /** Distance from the target in ln plus what the micro-batch lacks; Infinity when it lies above the bound. */
  readonly cost: number;
}

function priceCandidate(
  candidate: {
    readonly targetSequences: number;
    readonly devices: number;
    readonly limit: number;
    readonly batchSequences: number;
  },
  bound: number,
): PricedSplit {
  const { targetSequences, devices, limit, batchSequences } = candidate;
  const perDevice = batchSequences / devices;
  const full = Math.min(limit, perDevice);
  const distance = Math.abs(Math.log(batchSequences / targetSequences));
  const halvings = (bound - distance) / HALF_MICRO_BATCH_COST_LOG;
  const least = Math.max(1, Math.floor(full * 2 ** -Math.max(0, halvings)));
  const microBatchSequences = largestDivisorUpTo(perDevice, limit, least);
  const split = {
    batchSequences,
    microBatchSequences,
    gradientAccumulationSteps: perDevice / microBatchSequences,
  };
  if (halvings < 0 || microBatchSequences < least) {
    return { split, cost: Number.POSITIVE_INFINITY };
  }
  const lacking = Math.log2(full / microBatchSequences);
  return { split, cost: distance + HALF_MICRO_BATCH_COST_LOG * lacking };
}
