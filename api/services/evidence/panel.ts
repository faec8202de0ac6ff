import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import { evaluateQuantity } from "../../numerics/laws/evaluate-law.ts";
import type { ClusteredMember } from "../../numerics/pooling/pool-clusters.ts";
import type { PooledEstimate } from "../../numerics/pooling/random-effects.ts";
import { type LogQuantity, roundForWire } from "../shared/estimates.ts";
import { lawEvidence } from "./law-evidence.ts";
import type { PanelPoint, PanelSpec } from "./panel-specs.ts";
import { keepTrend, spreadAt } from "./reach.ts";
import { type AnchorEstimate, combineAt, type Vote } from "./votes.ts";

/** What the published laws together say of one quantity. */
export interface PanelAnswer extends LogQuantity {
  /** Sd of ln between the pooled laws beyond their own errors. */
  readonly tauLog: number;
  readonly evidence: readonly EvidenceItem[];
}

/**
 * Returns the two-level combination of a panel at one point: the directly measured law widened by its distance
 * from the sweep, and the random-effects pool of all other clusters.
 *
 *   x = w1 x1 + w2 x2, w proportional to 1/v;  tau^2, the variance and the votes lost never fall on the way out
 *
 * They are the largest between the sweep's centre and the point: where laws that disagree happen to cross far outside,
 * their agreement is no evidence. A trend that the panel names is kept by the value.
 *
 * @param protocolSdLog - sd of ln added because the run's optimizer or architecture is not that of the laws.
 * @returns ln value, predictive variance, Student degrees of freedom, each law's weight.
 * @source recommendation of this project, docs/method.md; the parts: poolClusters, combineEstimates, spreadAt
 */
export function askPanel(spec: PanelSpec, point: PanelPoint, protocolSdLog: number): PanelAnswer {
  const { tauSquared, variance, absentVotes } = spreadAt(spec, point);
  const { lnValue, firstWeight, anchor, pool, votes } = combineAt(spec, point, tauSquared);
  return {
    lnValue: keepTrend(spec, point, lnValue),
    variance: variance + spec.transferSdLog ** 2 + protocolSdLog ** 2,
    degreesOfFreedom: Math.max(1, spec.pooled.length - absentVotes),
    basis: "law",
    tauLog: roundForWire(Math.sqrt(tauSquared)),
    evidence: [
      ...measuredEvidence(spec, point, anchor, firstWeight),
      ...pooledEvidence(spec, votes, pool, 1 - firstWeight),
    ],
  };
}

function measuredEvidence(
  spec: PanelSpec,
  point: PanelPoint,
  anchor: AnchorEstimate | undefined,
  anchorWeight: number,
): EvidenceItem[] {
  const twins = spec.sameData.map(({ law, inputsAt }) =>
    lawEvidence(spec.quantity, law, evaluateQuantity(law, spec.quantity, inputsAt(point)), {
      weight: 0,
      reason: "same-data",
    }),
  );
  if (anchor === undefined || spec.anchor === undefined) return twins;
  const measured = lawEvidence(spec.quantity, spec.anchor.member.law, anchor.evaluation, {
    weight: anchorWeight,
    reason: "measured-surface",
    lnValue: anchor.lnValue,
    sdLog: Math.sqrt(anchor.variance),
  });
  return [measured, ...twins];
}

function pooledEvidence(
  spec: PanelSpec,
  votes: readonly Vote[],
  pool: PooledEstimate,
  poolWeight: number,
): EvidenceItem[] {
  let next = 0;
  return votes.map(({ member, evaluation, counted }) =>
    lawEvidence(spec.quantity, member.law, evaluation, {
      weight: counted === undefined ? 0 : poolWeight * (pool.weights[next++] ?? 0),
      reason: reasonFor(counted),
      ...(counted && { lnValue: counted.lnValue, sdLog: Math.sqrt(counted.variance) }),
    }),
  );
}

function reasonFor(counted: ClusteredMember | undefined): string {
  if (counted === undefined) return "outside-law";
  return counted.share < 1 ? "pooled-fading-near-refusal" : "pooled";
}
