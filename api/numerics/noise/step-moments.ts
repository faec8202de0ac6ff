import type { CollectedReports, Report } from "./collect-reports.ts";
import type { BlockSums } from "./jackknife.ts";
import { twoBatchMoments } from "./moments.ts";
import type { MeanNorms } from "./observation.ts";

/** Norms of the whole model at one step and one pair of batch sizes, averaged over its reporters. */
export interface NormPair {
  readonly step: number;
  readonly smallBatch: number;
  readonly bigBatch: number;
  readonly smallBatchGradSqNorm: number;
  readonly bigBatchGradSqNorm: number;
  /** Small batches behind the small norm; undefined when a reporter did not say. */
  readonly smallBatchCount: number | undefined;
  /** Largest relative distance between the big norms of the reporters; they read one gradient. */
  readonly bigNormSpread: number;
}

export interface StepMoments {
  readonly groups: readonly string[];
  /** Distinct steps in ascending order. */
  readonly steps: Float64Array;
  /** One entry for each group, one element for each step. */
  readonly moments: readonly BlockSums[];
  readonly pairs: readonly NormPair[];
  /** Reports that allow leaving one example out, with their share in their step; undefined unless all do. */
  readonly exampleStrata: readonly ExampleStratum[] | undefined;
}

export interface ExampleStratum {
  readonly share: number;
  readonly norms: readonly MeanNorms[];
}

/**
 * Moments of every step and group: reporters of one step are averaged before anything else.
 *
 * Reporters of a step read the same big gradient, so they are no independent observations; their small
 * norms are averaged with their counts as weights. Reports of one step with different batch sizes are kept
 * apart and added by weight.
 *
 * @param collected - complete reports in step order.
 * @returns one element for each distinct step.
 */
export function stepMoments(collected: CollectedReports): StepMoments {
  const { groups, reports } = collected;
  const steps = Float64Array.from(new Set(reports.map((report) => report.step)));
  const moments = groups.map(() => ({
    weight: new Float64Array(steps.length),
    weightedTrace: new Float64Array(steps.length),
    weightedGradSq: new Float64Array(steps.length),
  }));
  const pairs: NormPair[] = [];
  const strata: ExampleStratum[] = [];
  let stepIndex = -1;
  for (let start = 0; start < reports.length; ) {
    const end = endOfStep(reports, start);
    stepIndex++;
    for (const alike of withEqualBatches(reports.slice(start, end))) {
      const pooled = alike.length === 1 ? alike[0]!.norms : averageReports(alike);
      for (let group = 0; group < groups.length; group++) {
        addMoments(moments[group]!, stepIndex, pooled[group]!);
      }
      pairs.push(wholeModelPair(reports[start]!.step, pooled, alike));
      for (const { norms } of alike) strata.push({ share: 1 / alike.length, norms });
    }
    start = end;
  }
  return {
    groups,
    steps,
    moments,
    pairs,
    exampleStrata: strata.every(allowsLeavingOut) ? strata : undefined,
  };
}

function allowsLeavingOut({ norms }: ExampleStratum): boolean {
  return norms.every((part) => part.exampleDots !== undefined && part.exampleDots.length >= 3);
}

function endOfStep(reports: readonly Report[], start: number): number {
  let end = start;
  while (end < reports.length && reports[end]!.step === reports[start]!.step) end++;
  return end;
}

function withEqualBatches(reports: readonly Report[]): readonly (readonly Report[])[] {
  if (reports.length === 1) return [reports];
  const alike = new Map<string, Report[]>();
  for (const report of reports) {
    const { smallBatch, bigBatch } = report.norms[0]!;
    const sizes = `${smallBatch}/${bigBatch}`;
    const others = alike.get(sizes);
    if (others === undefined) alike.set(sizes, [report]);
    else others.push(report);
  }
  return [...alike.values()];
}

function averageReports(reports: readonly Report[]): readonly MeanNorms[] {
  return reports[0]!.norms.map((first, group) => {
    let count = 0;
    let small = 0;
    let big = 0;
    let isCounted = true;
    for (const { norms } of reports) {
      const part = norms[group]!;
      const share = part.smallBatchCount ?? 1;
      isCounted = isCounted && part.smallBatchCount !== undefined;
      count += share;
      small += share * part.smallBatchGradSqNorm;
      big += part.bigBatchGradSqNorm;
    }
    return {
      smallBatch: first.smallBatch,
      bigBatch: first.bigBatch,
      smallBatchGradSqNorm: small / count,
      bigBatchGradSqNorm: big / reports.length,
      smallBatchCount: isCounted ? count : undefined,
      exampleSqNorms: undefined,
      exampleDots: undefined,
    };
  });
}

function addMoments(moments: BlockSums, stepIndex: number, norms: MeanNorms): void {
  const added = twoBatchMoments(
    norms.smallBatch,
    norms.bigBatch,
    norms.smallBatchGradSqNorm,
    norms.bigBatchGradSqNorm,
  );
  moments.weight[stepIndex]! += added.weight;
  moments.weightedTrace[stepIndex]! += added.weightedTrace;
  moments.weightedGradSq[stepIndex]! += added.weightedGradSq;
}

function wholeModelPair(
  step: number,
  norms: readonly MeanNorms[],
  reports: readonly Report[],
): NormPair {
  const { smallBatch, bigBatch, smallBatchCount } = norms[0]!;
  let small = 0;
  let big = 0;
  for (const part of norms) {
    small += part.smallBatchGradSqNorm;
    big += part.bigBatchGradSqNorm;
  }
  let bigNormSpread = 0;
  for (const report of reports) {
    // Batches of examples are each reporter's own; only an all-reduced norm is one and the same.
    if (report.norms[0]!.exampleSqNorms !== undefined) continue;
    const reported = report.norms.reduce((sum, part) => sum + part.bigBatchGradSqNorm, 0);
    bigNormSpread = Math.max(bigNormSpread, Math.abs(reported / big - 1));
  }
  return {
    step,
    smallBatch,
    bigBatch,
    smallBatchGradSqNorm: small,
    bigBatchGradSqNorm: big,
    smallBatchCount,
    bigNormSpread,
  };
}
