import { binomialHitRange, type HitRange } from "./binomial.ts";
import type { Evidence } from "./collect-evidence.ts";
import type { Bounded } from "./steps-to-target.ts";

/** One count of intervals that held what they should. */
export interface CoverageCount {
  readonly of: string;
  /** Votes of families are shares, so that hits need not be whole. */
  readonly hits: number;
  readonly count: number;
  readonly share: number;
  readonly level: number;
  /** What a two-sided test at 99 % does not hold against the level. */
  readonly allowed: HitRange;
  readonly inside: boolean;
}

/** Coverage asked of published practice, which is not optimal: batch and learning rate. */
const PRACTICE_BATCH_LEVEL = 0.75;
const PRACTICE_RATE_LEVEL = 0.7;

function countOf(of: string, hits: number, count: number, level: number): CoverageCount {
  const allowed = binomialHitRange(count, level);
  // Sums of shares of families fall short of whole numbers by rounding.
  const inside = hits >= allowed.least - 1e-9 && hits <= allowed.most + 1e-9;
  return { of, hits, count, share: hits / count, level, allowed, inside };
}

function holding(
  rows: Evidence["stepsToTarget"],
  interval: (row: Evidence["stepsToTarget"][number]) => Bounded,
): number {
  return rows.filter((row) => {
    const { lower, upper } = interval(row);
    return lower <= row.bCritTokens && row.bCritTokens <= upper;
  }).length;
}

/** Every count of covered intervals on the page. */
export function coverageCounts(evidence: Evidence): readonly CoverageCount[] {
  const { level, surface, nested, pooled, stepsToTarget, practice } = evidence;
  const cells = evidence.optima.length;
  const { batch, learningRate, loss } = surface.coverage;
  const sizes = stepsToTarget.length;
  const { families, learningRateFamilies } = practice.shipped;
  return [
    countOf("critbatch-joint, ln B_opt of held-out cells", batch.hits, batch.count, level),
    countOf(
      "critbatch-joint, ln LR_opt of held-out cells",
      learningRate.hits,
      learningRate.count,
      level,
    ),
    countOf("critbatch-joint, losses of held-out runs", loss.hits, loss.count, level),
    countOf("spreads set without the cell too, ln B_opt", nested.batch.hits, cells, level),
    countOf("spreads set without the cell too, ln LR_opt", nested.learningRate.hits, cells, level),
    countOf("spreads set without the cell too, losses", nested.loss.hits, nested.loss.count, level),
    countOf("recommendation (ii), ln B_opt", pooled.heldOut.batchHits, cells, level),
    countOf("recommendation (ii), ln LR_opt", pooled.heldOut.learningRateHits, cells, level),
    countOf("recommendation (iii), ln B_opt", pooled.strangers.batchHits, cells, level),
    countOf("recommendation (iii), ln LR_opt", pooled.strangers.learningRateHits, cells, level),
    countOf(
      "panel's B_c, Zhang table",
      holding(stepsToTarget, (row) => row.panel),
      sizes,
      level,
    ),
    countOf(
      "panel's B_c without Zhang's law",
      holding(stepsToTarget, (row) => row.panelWithoutZhang),
      sizes,
      level,
    ),
    countOf(
      "critbatch-joint's B_c, Zhang table",
      holding(stepsToTarget, (row) => row.joint),
      sizes,
      level,
    ),
    countOf(
      "practised batch, votes of families",
      practice.shipped.batchInsideShare * families,
      families,
      PRACTICE_BATCH_LEVEL,
    ),
    countOf(
      "practised learning rate, votes of families",
      practice.shipped.learningRateInsideShare * learningRateFamilies,
      learningRateFamilies,
      PRACTICE_RATE_LEVEL,
    ),
  ];
}
