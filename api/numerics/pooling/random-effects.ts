import { requireInRange, requirePositive } from "../guards.ts";

/** One study's estimate of a logarithm. */
export interface PoolMember {
  /** ln of the quantity. */
  readonly lnValue: number;
  /** Sampling variance of `lnValue`. */
  readonly variance: number;
  /** Share of a vote in [0, 1]: fades to 0 where the study must not be used. */
  readonly share: number;
}

/** A random-effects mean of logarithms. */
export interface PooledEstimate {
  readonly lnValue: number;
  /** Predictive variance: tau^2 + variance of the mean. */
  readonly variance: number;
  /** Between-study variance. */
  readonly tauSquared: number;
  /** Sum of the shares. */
  readonly votes: number;
  /** Weight of each member, in order; they sum to 1. */
  readonly weights: readonly number[];
}

const TAU_SQUARED_LIMIT = 1e4;

/**
 * Between-study variance tau^2 by Paule and Mandel: the value at which the weighted sum of squares
 * equals its expectation.
 *
 *   sum f_i (y_i - mu)^2 / (v_i + tau^2) = sum f_i - sum f_i^2 w_i / sum f_i w_i,   w_i = 1 / (v_i + tau^2)
 *
 * With all shares f_i = 1 the right side is k - 1, the textbook form; a member whose share goes to 0
 * leaves the equation continuously. The left side falls as tau^2 grows, so the root is unique.
 *
 * @param members - at least one; variances above 0; shares in [0, 1], not all 0.
 * @param atLeast - the answer is never below it; at least 0.
 * @returns tau^2 >= atLeast; atLeast when the members agree within their variances and it.
 * @throws {RangeError} when a variance is not positive or all shares are 0.
 * @source Paule and Mandel 1982, J. Res. NBS 87(5), eqs. (2)-(6); DerSimonian and Kacker 2007, eq. (6);
 * differs from them in: the shares f_i.
 */
export function pauleMandelTauSquared(members: readonly PoolMember[], atLeast = 0): number {
  checkMembers(members);
  if (excess(members, atLeast) <= 0) return atLeast;
  let lower = atLeast;
  let upper = Math.max(0.05, 4 * atLeast);
  while (excess(members, upper) > 0 && upper < TAU_SQUARED_LIMIT) {
    lower = upper;
    upper *= 4;
  }
  return falsePosition(members, lower, upper);
}

/**
 * Pools logarithms by random effects: disagreement between the members widens the answer by itself.
 *
 *   mu = sum w_i y_i / sum w_i,   w_i = f_i / (v_i + tau^2),   variance = tau^2 + 1 / sum w_i
 *
 * @param givenTauSquared - tau^2 when the caller knows better than these members, e.g. because it was larger nearer
 *   to the data; absent: Paule-Mandel.
 * @returns mean, predictive variance, tau^2 and weights.
 * @throws {RangeError} as `pauleMandelTauSquared`, and when a given tau^2 is below 0.
 * @source DerSimonian and Kacker 2007, Contemp. Clin. Trials 28, eqs. (1)-(4), with tau^2 of Paule-Mandel.
 */
export function poolRandomEffects(
  members: readonly PoolMember[],
  givenTauSquared?: number,
): PooledEstimate {
  checkMembers(members);
  const tauSquared =
    givenTauSquared === undefined
      ? pauleMandelTauSquared(members)
      : requireInRange("givenTauSquared", givenTauSquared, 0, Number.MAX_VALUE);
  const raw = members.map((member) => member.share / (member.variance + tauSquared));
  let total = 0;
  let mean = 0;
  let votes = 0;
  for (let i = 0; i < members.length; i++) {
    total += raw[i]!;
    mean += raw[i]! * members[i]!.lnValue;
    votes += members[i]!.share;
  }
  return {
    lnValue: mean / total,
    variance: tauSquared + 1 / total,
    tauSquared,
    votes,
    weights: raw.map((weight) => weight / total),
  };
}

function checkMembers(members: readonly PoolMember[]): void {
  let votes = 0;
  for (let i = 0; i < members.length; i++) {
    requirePositive("variance", members[i]!.variance);
    votes += members[i]!.share;
  }
  requirePositive("votes", votes);
}

/** Weighted sum of squares minus its expectation at `tauSquared`; falls as `tauSquared` grows. */
function excess(members: readonly PoolMember[], tauSquared: number): number {
  let sumWeight = 0;
  let sumShareWeight = 0;
  let sumMean = 0;
  let shares = 0;
  for (let i = 0; i < members.length; i++) {
    const { lnValue, variance, share } = members[i]!;
    const weight = share / (variance + tauSquared);
    sumWeight += weight;
    sumShareWeight += share * weight;
    sumMean += weight * lnValue;
    shares += share;
  }
  const mean = sumMean / sumWeight;
  let squares = 0;
  for (let i = 0; i < members.length; i++) {
    const { lnValue, variance, share } = members[i]!;
    squares += (share * (lnValue - mean) ** 2) / (variance + tauSquared);
  }
  return squares - (shares - sumShareWeight / sumWeight);
}

/** Illinois variant of false position: a bracketed root to 1e-12 in a handful of evaluations. */
function falsePosition(members: readonly PoolMember[], from: number, to: number): number {
  let lower = from;
  let upper = to;
  let atLower = excess(members, lower);
  let atUpper = excess(members, upper);
  let side = 0;
  for (let i = 0; i < 60 && upper - lower > 1e-12; i++) {
    const middle = (atLower * upper - atUpper * lower) / (atLower - atUpper);
    const atMiddle = excess(members, middle);
    if (Math.abs(atMiddle) < 1e-12) return middle;
    if (atMiddle > 0) {
      lower = middle;
      atLower = atMiddle;
      if (side === 1) atUpper /= 2;
      side = 1;
    } else {
      upper = middle;
      atUpper = atMiddle;
      if (side === -1) atLower /= 2;
      side = -1;
    }
  }
  return (lower + upper) / 2;
}
