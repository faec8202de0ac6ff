import {
  type PooledEstimate,
  type PoolMember,
  pauleMandelTauSquared,
  poolRandomEffects,
} from "./random-effects.ts";

/** One study's estimate and the data it was fitted on. */
export interface ClusteredMember extends PoolMember {
  /** Studies with the same name were fitted on the same data and share one vote. */
  readonly cluster: string;
}

/**
 * Pools by random effects over clusters; within a cluster the members share one vote.
 *
 *   y_c = sum a_i y_i / sum a_i,   v_c = sum a_i (v_i + (y_i - y_c)^2) / sum a_i,   a_i = f_i / v_i
 *
 * Members of one cluster are taken as fully correlated: averaging them does not narrow the variance, and
 * their spread widens it. The share of a cluster is the largest of its members.
 *
 * @param givenTauSquared - tau^2 between the clusters when it is known; absent: Paule-Mandel.
 * @returns the pool over clusters; `weights` are those of the members, in order, and sum to 1.
 * @throws {RangeError} when a variance is not positive or all shares are 0.
 * @source Paule-Mandel random effects (see poolRandomEffects); the within-cluster rule [D]
 */
export function poolClusters(
  members: readonly ClusteredMember[],
  givenTauSquared?: number,
): PooledEstimate {
  const clusters = groupByCluster(members);
  const merged = [...clusters.values()].map(mergeCluster);
  const pooled = poolRandomEffects(merged, givenTauSquared);
  const weights = new Map<string, number>();
  let index = 0;
  for (const cluster of clusters.keys()) weights.set(cluster, pooled.weights[index++]!);
  return {
    ...pooled,
    weights: members.map((member) => {
      const siblings = clusters.get(member.cluster)!;
      let total = 0;
      for (const sibling of siblings) total += sibling.share / sibling.variance;
      return (weights.get(member.cluster)! * (member.share / member.variance)) / total;
    }),
  };
}

/**
 * Variance tau^2 between clusters by Paule and Mandel: that of {@link poolClusters} where it is not given.
 *
 * @param atLeast - the answer is never below it.
 * @throws {RangeError} as `pauleMandelTauSquared`.
 * @source see pauleMandelTauSquared; the within-cluster rule [D]
 */
export function tauSquaredBetweenClusters(
  members: readonly ClusteredMember[],
  atLeast = 0,
): number {
  return pauleMandelTauSquared([...groupByCluster(members).values()].map(mergeCluster), atLeast);
}

function groupByCluster(members: readonly ClusteredMember[]): Map<string, ClusteredMember[]> {
  const clusters = new Map<string, ClusteredMember[]>();
  for (const member of members) {
    const known = clusters.get(member.cluster);
    if (known === undefined) clusters.set(member.cluster, [member]);
    else known.push(member);
  }
  return clusters;
}

function mergeCluster(members: readonly PoolMember[]): PoolMember {
  if (members.length === 1) return members[0]!;
  let total = 0;
  let mean = 0;
  let share = 0;
  for (const member of members) {
    const weight = member.share / member.variance;
    total += weight;
    mean += weight * member.lnValue;
    share = Math.max(share, member.share);
  }
  mean /= total;
  let variance = 0;
  for (const member of members) {
    const weight = member.share / member.variance;
    variance += weight * (member.variance + (member.lnValue - mean) ** 2);
  }
  return { lnValue: mean, variance: variance / total, share };
}
