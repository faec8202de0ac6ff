import type { EvidenceItem } from "../../schemas/recommendation-evidence.ts";
import { evaluateQuantity, type OutputEvaluation } from "../numerics/laws/evaluate-law.ts";
import type { Range } from "../numerics/laws/law.ts";
import { totalFromNonEmbeddingParams } from "../numerics/laws/params-conversion.ts";
import { combineEstimates } from "../numerics/pooling/combine-estimates.ts";
import {
  type ClusteredMember,
  poolClusters,
  tauSquaredBetweenClusters,
} from "../numerics/pooling/pool-clusters.ts";
import type { PooledEstimate } from "../numerics/pooling/random-effects.ts";
import { type LogQuantity, roundForWire } from "./estimates.ts";
import { lawEvidence } from "./law-evidence.ts";
import type { PanelAnchor, PanelMember, PanelPoint, PanelSpec } from "./panel-specs.ts";

/** What the published laws together say of one quantity. */
export interface PanelAnswer extends LogQuantity {
  /** Sd of ln between the pooled laws beyond their own errors. */
  readonly tauLog: number;
  readonly evidence: readonly EvidenceItem[];
}

// The sweep's centre: geometric means of its range in N (2.1e8 to 1.07e9) and D (4e9 to 1e11).
const CENTRE = { nonEmbeddingParams: 4.7e8, trainingTokens: 2e10 } as const;
const SWEEP = {
  params: { lower: 2.1e8, upper: 1.07e9 },
  tokens: { lower: 4e9, upper: 1e11 },
} as const;
// A factor of ten a step is fine enough to see where the laws part and cheap enough for every request.
const STEP_LOG = Math.log(10);
// Over its last factor of ten before its refusal range a law fades out, so that no answer jumps.
const FADE_LOG = Math.log(10);
// The laws share corpora and architectures.
const ANCHOR_POOL_CORRELATION = 0.5;

/**
 * Returns the two-level combination of a panel at one point: the directly measured law widened by its distance
 * from the sweep, and the random-effects pool of all other clusters.
 *
 *   x = w1 x1 + w2 x2, w proportional to 1/v;  v2 >= the largest tau^2 on the way from the sweep's centre
 *
 * tau^2 is taken as the largest on that straight way in (ln N, ln D): where laws that disagree happen to cross
 * far outside, their agreement is no evidence.
 *
 * @param protocolSdLog - sd of ln added because the run's optimizer or architecture is not that of the laws.
 * @returns ln value, predictive variance, Student degrees of freedom, each law's weight.
 * @source recommendation of this project, docs/method.md; the parts: poolClusters, combineEstimates
 */
export function askPanel(spec: PanelSpec, point: PanelPoint, protocolSdLog: number): PanelAnswer {
  const votes = spec.pooled.map((member) => castVote(spec, member, point));
  const counted = countedVotes(votes);
  const anchor = spec.anchor && anchorEstimate(spec.anchor, spec.quantity, point);
  const tauSquared = tauSquaredOnTheWay(spec, point);
  const pool = poolClusters(counted, tauSquared);
  const combined = anchor
    ? combineEstimates(anchor, pool, ANCHOR_POOL_CORRELATION)
    : { lnValue: pool.lnValue, variance: pool.variance, firstWeight: 0 };
  return {
    lnValue: combined.lnValue,
    variance: combined.variance + spec.transferSdLog ** 2 + protocolSdLog ** 2,
    degreesOfFreedom: Math.max(1, pool.votes),
    basis: "law",
    tauLog: roundForWire(Math.sqrt(pool.tauSquared)),
    evidence: [
      ...measuredEvidence(spec, point, anchor, combined.firstWeight),
      ...pooledEvidence(spec, votes, pool, 1 - combined.firstWeight),
    ],
  };
}

interface Vote {
  readonly member: PanelMember;
  readonly evaluation: OutputEvaluation | undefined;
  readonly counted: ClusteredMember | undefined;
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

/**
 * tau^2 between the pooled clusters, or between all with the measured one, whichever is larger: it too is a study the
 * others may disagree with. Never below `atLeast`.
 */
function tauSquaredAt(spec: PanelSpec, point: PanelPoint, atLeast = 0): number {
  const counted: ClusteredMember[] = [];
  for (const member of spec.pooled) {
    const evaluation = evaluateQuantity(member.law, spec.quantity, member.inputsAt(point));
    const vote = countVote(member, evaluation, point);
    if (vote !== undefined) counted.push(vote);
  }
  const ofPool = tauSquaredBetweenClusters(counted, atLeast);
  if (spec.anchor === undefined) return ofPool;
  const { lnValue, variance } = anchorEstimate(spec.anchor, spec.quantity, point);
  counted.push({ lnValue, variance, share: 1, cluster: spec.anchor.member.law.cluster });
  return tauSquaredBetweenClusters(counted, ofPool);
}

const tauSquaredAtCentre = new Map<PanelSpec, number>();

/**
 * Largest tau^2 from the sweep's centre to the point: the running largest over the steps of that straight way,
 * joined by straight lines, so that it rises with the distance and has no jump.
 */
function tauSquaredOnTheWay(spec: PanelSpec, point: PanelPoint): number {
  let largest = tauSquaredAtCentre.get(spec);
  if (largest === undefined) {
    largest = tauSquaredAt(spec, stageTowards(point, 0));
    tauSquaredAtCentre.set(spec, largest);
  }
  const distance = Math.hypot(
    Math.log(point.nonEmbeddingParams / CENTRE.nonEmbeddingParams),
    Math.log(point.trainingTokens / CENTRE.trainingTokens),
  );
  let before = largest;
  let passed = 0;
  while (passed < distance) {
    before = largest;
    passed += STEP_LOG;
    largest = tauSquaredAt(spec, stageTowards(point, passed / distance), largest);
  }
  return largest - (largest - before) * ((passed - distance) / STEP_LOG);
}

/** The centre at 0, the point at 1, and on the same line beyond it. */
function stageTowards(point: PanelPoint, fraction: number): PanelPoint {
  const nonEmbeddingParams = between(CENTRE.nonEmbeddingParams, point.nonEmbeddingParams, fraction);
  const usual = totalFromNonEmbeddingParams(point.nonEmbeddingParams);
  const computeParams =
    totalFromNonEmbeddingParams(nonEmbeddingParams) * (point.computeParams / usual) ** fraction;
  const trainingTokens = between(CENTRE.trainingTokens, point.trainingTokens, fraction);
  return { nonEmbeddingParams, computeParams, trainingTokens };
}

function between(from: number, to: number, fraction: number): number {
  return from * (to / from) ** fraction;
}

interface AnchorEstimate {
  readonly lnValue: number;
  readonly variance: number;
  readonly evaluation: Extract<OutputEvaluation, { status: "ok" }>;
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
