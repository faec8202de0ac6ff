import type { PairCovariance } from "./fieller.ts";

/**
 * tr(Sigma) and |G|^2 with each unit (a block of steps, or an example) left out in turn. Units lie in strata
 * that vary independently: one stratum of blocks, or one stratum of examples for each step.
 */
export interface Replicates {
  readonly traceSigma: number;
  readonly gradSqNorm: number;
  readonly traceWithout: Float64Array;
  readonly gradSqWithout: Float64Array;
  /** Index one past the last unit of each stratum. */
  readonly strataEnds: readonly number[];
  readonly degreesOfFreedom: number;
}

/** Sums over the steps of one block, of one group of parameters. */
export interface BlockSums {
  readonly weight: Float64Array;
  readonly weightedTrace: Float64Array;
  readonly weightedGradSq: Float64Array;
}

/**
 * Ratio-of-sums estimates with each block left out in turn.
 *
 *   theta = sum_j w_j x_j / sum_j w_j,   theta_(i) = the same without block i
 *   degrees of freedom = (sum_i h_i)^2 / sum_i h_i^2 - 1,   h_i = weight of block i
 *
 * @param sums - per block; weights not negative, at least two of them above 0.
 * @returns the replicates, one stratum; undefined when fewer than two blocks carry weight.
 * @source docs/method.md, The noise scale, with blocks that do not overlap in place of steps; degrees of freedom derived here, equal
 * to blocks - 1 for equal weights
 */
export function blockReplicates(sums: BlockSums): Replicates | undefined {
  const { weight, weightedTrace, weightedGradSq } = sums;
  const blockCount = weight.length;
  let totalWeight = 0;
  let totalTrace = 0;
  let totalGradSq = 0;
  let squaredWeights = 0;
  for (let i = 0; i < blockCount; i++) {
    totalWeight += weight[i]!;
    totalTrace += weightedTrace[i]!;
    totalGradSq += weightedGradSq[i]!;
  }
  for (let i = 0; i < blockCount; i++) squaredWeights += (weight[i]! / totalWeight) ** 2;
  const degreesOfFreedom = Math.round((1 / squaredWeights - 1) * 1e6) / 1e6;
  if (!(degreesOfFreedom > 0)) return undefined;
  const traceWithout = new Float64Array(blockCount);
  const gradSqWithout = new Float64Array(blockCount);
  for (let i = 0; i < blockCount; i++) {
    const rest = totalWeight - weight[i]!;
    traceWithout[i] = (totalTrace - weightedTrace[i]!) / rest;
    gradSqWithout[i] = (totalGradSq - weightedGradSq[i]!) / rest;
  }
  return {
    traceSigma: totalTrace / totalWeight,
    gradSqNorm: totalGradSq / totalWeight,
    traceWithout,
    gradSqWithout,
    strataEnds: [blockCount],
    degreesOfFreedom,
  };
}

/**
 * Estimates of the whole from estimates of its parts: squared norms of disjoint groups of parameters add up.
 *
 *   tr(Sigma) = sum over groups of tr(Sigma_group),   |G|^2 = sum over groups of |G_group|^2
 *
 * @param parts - one for each group, over the same units; at least one.
 * @returns the sum, in the order of the parts; adding up the parts in that order gives the same bits.
 * @throws {RangeError} when there are no parts, or their units differ in number.
 */
export function addReplicates(parts: readonly Replicates[]): Replicates {
  const first = parts[0];
  if (first === undefined) throw new RangeError(`"parts" must hold at least 1, received 0`);
  const unitCount = first.traceWithout.length;
  const traceWithout = new Float64Array(unitCount);
  const gradSqWithout = new Float64Array(unitCount);
  let traceSigma = 0;
  let gradSqNorm = 0;
  let degreesOfFreedom = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (part.traceWithout.length !== unitCount) {
      throw new RangeError(
        `"parts" must have ${unitCount} units, received ${part.traceWithout.length}`,
      );
    }
    traceSigma += part.traceSigma;
    gradSqNorm += part.gradSqNorm;
    degreesOfFreedom = Math.min(degreesOfFreedom, part.degreesOfFreedom);
    for (let i = 0; i < unitCount; i++) {
      traceWithout[i]! += part.traceWithout[i]!;
      gradSqWithout[i]! += part.gradSqWithout[i]!;
    }
  }
  return {
    traceSigma,
    gradSqNorm,
    traceWithout,
    gradSqWithout,
    strataEnds: first.strataEnds,
    degreesOfFreedom,
  };
}

/**
 * Covariance of the errors of tr(Sigma) and |G|^2 by the delete-one jackknife.
 *
 *   V = sum over strata of (n - 1)/n sum_i (theta_(i) - mean theta_(.)) (theta_(i) - mean theta_(.))'
 *
 * @param replicates - at least two units in each stratum.
 * @param varianceFactor - what serial correlation left in the blocks multiplies the variance by; at least 1.
 * @returns numerator = tr(Sigma), denominator = |G|^2.
 * @source docs/method.md, The noise scale: for equal blocks V is the covariance of the means
 */
export function jackknifeCovariance(
  replicates: Replicates,
  varianceFactor: number,
): PairCovariance {
  let numerator = 0;
  let cross = 0;
  let denominator = 0;
  forEachStratum(replicates, (start, end) => {
    const n = end - start;
    const meanTrace = meanOf(replicates.traceWithout, start, end);
    const meanGradSq = meanOf(replicates.gradSqWithout, start, end);
    const scale = (varianceFactor * (n - 1)) / n;
    for (let i = start; i < end; i++) {
      const trace = replicates.traceWithout[i]! - meanTrace;
      const gradSq = replicates.gradSqWithout[i]! - meanGradSq;
      numerator += scale * trace * trace;
      cross += scale * trace * gradSq;
      denominator += scale * gradSq * gradSq;
    }
  });
  return { numerator, cross, denominator };
}

export interface JackknifedRatio {
  readonly ratio: number;
  readonly biasCorrectedRatio: number;
  readonly standardError: number;
}

/**
 * The ratio of averages R = tr(Sigma)/|G|^2 with jackknife bias correction and standard error.
 *
 *   R_J = R - sum over strata (n - 1)(mean R_(.) - R),   se^2 = sum over strata (n - 1)/n sum_i (R_(i) - mean)^2
 *
 * Meant for ratios whose denominator is well away from 0 in every replicate; Fieller's set does not need that.
 *
 * @param replicates - at least two units in each stratum.
 * @param varianceFactor - as in `jackknifeCovariance`.
 * @returns R, R_J and se in the unit of tr(Sigma)/|G|^2.
 * @source docs/method.md, The noise scale
 * @example the eight pairs of docs/method.md: R 738.9, R_J 722.0, se 114.7.
 */
export function jackknifeRatio(replicates: Replicates, varianceFactor: number): JackknifedRatio {
  const ratio = replicates.traceSigma / replicates.gradSqNorm;
  const without = replicates.traceWithout.map((trace, i) => trace / replicates.gradSqWithout[i]!);
  let bias = 0;
  let variance = 0;
  forEachStratum(replicates, (start, end) => {
    const n = end - start;
    const mean = meanOf(without, start, end);
    bias += (n - 1) * (mean - ratio);
    for (let i = start; i < end; i++) {
      variance += ((varianceFactor * (n - 1)) / n) * (without[i]! - mean) ** 2;
    }
  });
  return { ratio, biasCorrectedRatio: ratio - bias, standardError: Math.sqrt(variance) };
}

function forEachStratum(replicates: Replicates, visit: (start: number, end: number) => void): void {
  let start = 0;
  for (const end of replicates.strataEnds) {
    visit(start, end);
    start = end;
  }
}

function meanOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += values[i]!;
  return sum / (end - start);
}
