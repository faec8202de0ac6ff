import { evaluateQuantity, type OutputEvaluation } from "../../numerics/laws/evaluate-law.ts";
import type { Range } from "../../numerics/laws/law.ts";
import {
  type CombinedEstimate,
  combineEstimates,
  type LogEstimate,
} from "../../numerics/pooling/combine-estimates.ts";
import {
  type ClusteredMember,
  poolClusters,
  tauSquaredBetweenClusters,
} from "../../numerics/pooling/pool-clusters.ts";
import type { PooledEstimate } from "../../numerics/pooling/random-effects.ts";
import type { PanelAnchor, PanelMember, PanelPoint, PanelSpec } from "./panel-specs.ts";

/** What one pooled law says at a point; without a counted vote it must not be used there. */
export interface Vote {
  readonly member: PanelMember;
  readonly evaluation: OutputEvaluation | undefined;
  readonly counted: ClusteredMember | undefined;
}

/** The directly measured law at a point, widened by the distance from its sweep. */
export interface AnchorEstimate extends LogEstimate {
  readonly evaluation: Extract<OutputEvaluation, { status: "ok" }>;
}

/** Both levels of a panel at one point. */
export interface PanelCombination extends CombinedEstimate {
  readonly votes: readonly Vote[];
  readonly pool: PooledEstimate;
  readonly anchor: AnchorEstimate | undefined;
}

/** The sweep behind the measured laws: its range in N and in D. */
export const SWEEP = {
  params: { lower: 2.1e8, upper: 1.07e9 },
  tokens: { lower: 4e9, upper: 1e11 },
} as const;

// Over its last factor of ten before its refusal range a law fades out, so that no answer jumps.
const FADE_LOG = Math.log(10);
// The laws share corpora and architectures.
const ANCHOR_POOL_CORRELATION = 0.5;

/**
 * Returns the two-level combination of a panel at one point, at a given spread between its clusters.
 *
 * @param tauSquared - of the pool; see {@link tauSquaredAt}.
 */
export function combineAt(
  spec: PanelSpec,
  point: PanelPoint,
  tauSquared: number,
): PanelCombination {
  const votes = spec.pooled.map((member) => castVote(spec, member, point));
  const pool = poolClusters(countedVotes(votes), tauSquared);
  const anchor = spec.anchor && anchorEstimate(spec.anchor, spec.quantity, point);
  const combined =
    anchor === undefined
      ? { lnValue: pool.lnValue, variance: pool.variance, firstWeight: 0, disagreementVariance: 0 }
      : combineEstimates(anchor, pool, ANCHOR_POOL_CORRELATION);
  return { ...combined, votes, pool, anchor };
}

/**
 * tau^2 between the pooled clusters, or between all with the measured one, whichever is larger: it too is a study the
 * others may disagree with. Never below `atLeast`.
 */
export function tauSquaredAt(spec: PanelSpec, point: PanelPoint, atLeast = 0): number {
  const counted = countedVotes(spec.pooled.map((member) => castVote(spec, member, point)));
  const ofPool = tauSquaredBetweenClusters(counted, atLeast);
  if (spec.anchor === undefined) return ofPool;
  const { lnValue, variance } = anchorEstimate(spec.anchor, spec.quantity, point);
  counted.push({ lnValue, variance, share: 1, cluster: spec.anchor.member.law.cluster });
  return tauSquaredBetweenClusters(counted, ofPool);
}

function castVote(spec: PanelSpec, member: PanelMember, point: PanelPoint): Vote {
  const evaluation = evaluateQuantity(member.law, spec.quantity, member.inputsAt(point));
  return { member, evaluation, counted: countVote(member, evaluation, point) };
}

/** The law's share of the pool; undefined where it must not be used. */
function countVote(
  member: PanelMember,
  evaluation: OutputEvaluation | undefined,
  point: PanelPoint,
): ClusteredMember | undefined {
  if (evaluation?.status !== "ok") return undefined;
  const share = Math.min(1, evaluation.refusalMarginLog / FADE_LOG);
  if (share <= 0) return undefined;
  const shiftLog = member.shiftLog(point);
  return {
    lnValue: Math.log(evaluation.value) + shiftLog,
    variance: evaluation.sdLog ** 2 + member.mismatchSdLog(point, shiftLog) ** 2,
    share,
    cluster: member.law.cluster,
  };
}

function countedVotes(votes: readonly Vote[]): ClusteredMember[] {
  const counted: ClusteredMember[] = [];
  for (const vote of votes) if (vote.counted !== undefined) counted.push(vote.counted);
  return counted;
}

function anchorEstimate(
  anchor: PanelAnchor,
  quantity: PanelSpec["quantity"],
  point: PanelPoint,
): AnchorEstimate {
  const { member, sdLog, sdPerLogParams, sdPerLogTokens } = anchor;
  const evaluation = evaluateQuantity(member.law, quantity, member.inputsAt(point));
  if (evaluation?.status !== "ok") throw new Error(`${member.law.id} gives no ${quantity}`);
  const params = sdPerLogParams * logOutside(point.nonEmbeddingParams, SWEEP.params);
  const tokens = sdPerLogTokens * logOutside(point.trainingTokens, SWEEP.tokens);
  return {
    lnValue: Math.log(evaluation.value),
    variance: sdLog ** 2 + params ** 2 + tokens ** 2,
    evaluation,
  };
}

function logOutside(value: number, range: Range): number {
  return Math.max(0, Math.log(range.lower / value), Math.log(value / range.upper));
}
