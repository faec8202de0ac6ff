import type { Range } from "../../numerics/laws/law.ts";
import { totalFromNonEmbeddingParams } from "../../numerics/laws/params-conversion.ts";
import { outwardMaximum } from "../../numerics/pooling/outward-maximum.ts";
import type { PanelPoint, PanelSpec, Trend } from "./panel-specs.ts";
import { combineAt, SWEEP, tauSquaredAt } from "./votes.ts";

/** What of a panel's answer never falls on the way out: variances, and votes that laws in refusal no longer cast. */
export interface PanelSpread {
  readonly tauSquared: number;
  readonly variance: number;
  readonly absentVotes: number;
}

/** Geometric means of the sweep's range in N and in D: what lies outwards is counted from here. */
export const SWEEP_CENTRE = { nonEmbeddingParams: 4.7e8, trainingTokens: 2e10 } as const;
// Fine enough to see where the laws part, coarse enough that the farthest question needs some hundred nodes.
const STEP_LOG = 1;
// Beyond a factor of twenty off the usual total parameters a count is as unusual as any.
const MOST_UNUSUAL = 3;

const outwardSpreads = new WeakMap<PanelSpec, ReturnType<typeof outwardMaximum>>();

/**
 * Returns the largest spread that a panel has anywhere between the sweep's centre and the point: in ln N, in ln D, and
 * in ln of the total parameters over the usual ones.
 *
 *   a run that lies at least as far out in each of the three, on the same sides, is never answered more surely
 *
 * @source docs/method.md, "Far outside"
 */
export function spreadAt(spec: PanelSpec, point: PanelPoint): PanelSpread {
  let outwards = outwardSpreads.get(spec);
  if (outwards === undefined) {
    const known: KnownDisagreements = new Map();
    outwards = outwardMaximum((node, atLeast) => {
      const own = ownSpread(spec, pointAt(node), known, atLeast?.[0]);
      const { tauSquared, variance, absentVotes } = own;
      return [tauSquared, variance, absentVotes];
    });
    outwardSpreads.set(spec, outwards);
  }
  const [tauSquared = 0, variance = 0, absentVotes = 0] = outwards(placeOf(point));
  return { tauSquared, variance, absentVotes };
}

/**
 * The spread at one point, without a look at those nearer the centre. Outside the sweep the measured law is widened by
 * what studies disagree about, and tau^2 counts it as one of them: of the disagreement that would inflate the two beyond
 * that, only what there is at the nearest point of the sweep is kept.
 */
function ownSpread(
  spec: PanelSpec,
  point: PanelPoint,
  known: KnownDisagreements,
  tauAtLeast: number | undefined,
): PanelSpread {
  const tauSquared = tauSquaredAt(spec, point, tauAtLeast);
  const { variance, disagreementVariance, pool } = combineAt(spec, point, tauSquared);
  return {
    tauSquared,
    variance: variance - disagreementVariance + disagreementAtSweep(spec, point, known),
    absentVotes: spec.pooled.length - pool.votes,
  };
}

/** By place: most nodes of the lattice have one of a few corners of the sweep as their nearest point. */
type KnownDisagreements = Map<string, number>;

function disagreementAtSweep(
  spec: PanelSpec,
  point: PanelPoint,
  known: KnownDisagreements,
): number {
  const nearest = nearestOfSweep(point);
  const key = `${nearest.nonEmbeddingParams} ${nearest.trainingTokens}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const { disagreementVariance } = combineAt(spec, nearest, tauSquaredAt(spec, nearest));
  known.set(key, disagreementVariance);
  return disagreementVariance;
}

/**
 * Returns ln of a panel's value such that it keeps the panel's trend: it never falls with more tokens, or never grows with
 * more parameters, the other held.
 *
 * Inside the sweep's range of that variable it is the panel's own. Outside, the panel is asked at steps in ln from the
 * edge on, and its running largest or least is joined by straight lines: a law that fades out bends no trend.
 *
 * @param own - ln of the panel's value at the point.
 * @returns `own` for a panel without a trend.
 * @source docs/method.md, "Far outside"
 */
export function keepTrend(spec: PanelSpec, point: PanelPoint, own: number): number {
  if (spec.trend === undefined) return own;
  const { along, sign, side } = spec.trend;
  const value = point[along];
  const edge = nearestIn(SWEEP[along === "trainingTokens" ? "tokens" : "params"], value);
  if (edge === value || (side === "below" && value > edge)) return own;
  const outwards = Math.sign(value - edge);
  const distance = Math.abs(Math.log(value / edge)) / STEP_LOG;
  let now = valueWith(spec, point, along, edge);
  let before = now;
  let passed = 0;
  while (passed < distance) {
    before = now;
    passed++;
    const there = valueWith(spec, point, along, edge * Math.exp(outwards * passed * STEP_LOG));
    now = outwards * sign > 0 ? Math.max(now, there) : Math.min(now, there);
  }
  return now - (now - before) * (passed - distance);
}

/** ln of the panel's own value at other parameters, whose total is as unusual, or other tokens. */
function valueWith(spec: PanelSpec, point: PanelPoint, along: Trend["along"], value: number) {
  const moved = { ...point, [along]: value };
  const usual = totalFromNonEmbeddingParams(point.nonEmbeddingParams);
  moved.computeParams *= totalFromNonEmbeddingParams(moved.nonEmbeddingParams) / usual;
  return combineAt(spec, moved, spreadAt(spec, moved).tauSquared).lnValue;
}

/** Steps from the sweep's centre, as {@link spreadAt} counts them. */
function placeOf({ nonEmbeddingParams, computeParams, trainingTokens }: PanelPoint): number[] {
  const unusual = Math.log(computeParams / totalFromNonEmbeddingParams(nonEmbeddingParams));
  return [
    Math.log(nonEmbeddingParams / SWEEP_CENTRE.nonEmbeddingParams) / STEP_LOG,
    Math.log(trainingTokens / SWEEP_CENTRE.trainingTokens) / STEP_LOG,
    nearestIn({ lower: -MOST_UNUSUAL, upper: MOST_UNUSUAL }, unusual / STEP_LOG),
  ];
}

function pointAt([params = 0, tokens = 0, unusual = 0]: readonly number[]): PanelPoint {
  const nonEmbeddingParams = SWEEP_CENTRE.nonEmbeddingParams * Math.exp(params * STEP_LOG);
  const usual = totalFromNonEmbeddingParams(nonEmbeddingParams);
  return {
    nonEmbeddingParams,
    computeParams: usual * Math.exp(unusual * STEP_LOG),
    trainingTokens: SWEEP_CENTRE.trainingTokens * Math.exp(tokens * STEP_LOG),
  };
}

function nearestOfSweep(point: PanelPoint): PanelPoint {
  const nonEmbeddingParams = nearestIn(SWEEP.params, point.nonEmbeddingParams);
  return {
    nonEmbeddingParams,
    computeParams: totalFromNonEmbeddingParams(nonEmbeddingParams),
    trainingTokens: nearestIn(SWEEP.tokens, point.trainingTokens),
  };
}

function nearestIn({ lower, upper }: Range, value: number): number {
  return Math.min(Math.max(value, lower), upper);
}
