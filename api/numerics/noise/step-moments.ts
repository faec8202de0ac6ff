import type { CollectedReports, NormColumns } from "./collect-reports.ts";
import type { BlockSums } from "./jackknife.ts";
import { twoBatchMoments, type WeightedMoments } from "./moments.ts";
import type { ExampleNorms } from "./observation.ts";

/** Norms of the whole model, one element for each step and pair of batch sizes, averaged over reporters. */
export interface NormPairs {
  readonly count: number;
  readonly smallBatch: Float64Array;
  readonly bigBatch: Float64Array;
  readonly smallBatchGradSqNorm: Float64Array;
  readonly bigBatchGradSqNorm: Float64Array;
  /** Small batches behind the small norm; NaN when a reporter did not say. */
  readonly smallBatchCount: Float64Array;
  /** Largest relative distance between the big norms of the reporters, who read one gradient. */
  readonly bigNormSpread: Float64Array;
}

export interface StepMoments {
  readonly groups: readonly string[];
  /** Distinct steps in ascending order. */
  readonly steps: Float64Array;
  /** One entry for each group, one element for each step. */
  readonly moments: readonly BlockSums[];
  readonly pairs: NormPairs;
  /** Reports that allow leaving one example out; undefined unless all do. */
  readonly exampleStrata: readonly ExampleStratum[] | undefined;
}

/** The examples of one report. */
export interface ExampleStratum {
  /** Part of the step's average that this report makes up. */
  readonly share: number;
  /** One entry for each group. */
  readonly norms: readonly StratumNorms[];
}

interface StratumNorms {
  readonly examples: ExampleNorms;
  readonly whole: WeightedMoments;
  readonly bigBatchGradSqNorm: number;
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
  const { groups, columns, rows } = collected;
  const starts = stepStarts(collected);
  const stepCount = starts.length - 1;
  const pooling: Pooling = {
    columns,
    rows,
    groupCount: groups.length,
    moments: groups.map(() => ({
      weight: new Float64Array(stepCount),
      weightedTrace: new Float64Array(stepCount),
      weightedGradSq: new Float64Array(stepCount),
    })),
    pairs: emptyPairs(rows.length / groups.length),
  };
  const steps = new Float64Array(stepCount);
  for (let stepIndex = 0; stepIndex < stepCount; stepIndex++) {
    const start = starts[stepIndex]!;
    steps[stepIndex] = columns.step[rows[start]!]!;
    const end = starts[stepIndex + 1]!;
    if (end - start === groups.length) {
      poolReport(pooling, stepIndex, start);
      continue;
    }
    for (const reports of withEqualBatches(pooling, start, end)) {
      poolReports(pooling, stepIndex, reports);
    }
  }
  const { moments, pairs } = pooling;
  return { groups, steps, moments, pairs, exampleStrata: exampleStrata(pooling, starts) };
}

interface Pooling {
  readonly columns: NormColumns;
  readonly rows: Int32Array;
  readonly groupCount: number;
  readonly moments: readonly BlockSums[];
  readonly pairs: NormPairs & { count: number };
}

function emptyPairs(capacity: number): NormPairs & { count: number } {
  return {
    count: 0,
    smallBatch: new Float64Array(capacity),
    bigBatch: new Float64Array(capacity),
    smallBatchGradSqNorm: new Float64Array(capacity),
    bigBatchGradSqNorm: new Float64Array(capacity),
    smallBatchCount: new Float64Array(capacity),
    bigNormSpread: new Float64Array(capacity),
  };
}

/** Index into `rows` at which each step starts, and the end. */
function stepStarts({ columns, rows, groups }: CollectedReports): readonly number[] {
  const starts: number[] = [];
  for (let start = 0; start < rows.length; start += groups.length) {
    const isNewStep = start === 0 || columns.step[rows[start]!] !== columns.step[rows[start - 1]!];
    if (isNewStep) starts.push(start);
  }
  starts.push(rows.length);
  return starts;
}

/** First indices into `rows` of the reports of one step, those of equal batch sizes together. */
function withEqualBatches(
  { columns, rows, groupCount }: Pooling,
  start: number,
  end: number,
): readonly (readonly number[])[] {
  const alike = new Map<string, number[]>();
  for (let report = start; report < end; report += groupCount) {
    const sizes = `${columns.smallBatch[rows[report]!]}/${columns.bigBatch[rows[report]!]}`;
    const others = alike.get(sizes);
    if (others === undefined) alike.set(sizes, [report]);
    else others.push(report);
  }
  return [...alike.values()];
}

/** Adds the only report of a step: the common case, without the lists of the general one. */
function poolReport(pooling: Pooling, stepIndex: number, report: number): void {
  const { columns, rows, groupCount, moments } = pooling;
  let wholeSmall = 0;
  let wholeBig = 0;
  const first = rows[report]!;
  for (let group = 0; group < groupCount; group++) {
    const row = rows[report + group]!;
    const small = columns.smallBatchGradSqNorm[row]!;
    const big = columns.bigBatchGradSqNorm[row]!;
    const added = twoBatchMoments(columns.smallBatch[first]!, columns.bigBatch[first]!, small, big);
    addMoments(moments[group]!, stepIndex, added);
    wholeSmall += small;
    wholeBig += big;
  }
  const count = columns.smallBatchCount[rows[report + groupCount - 1]!]!;
  addPair(pooling, first, wholeSmall, wholeBig, count, 0);
}

function addPair(
  { columns, pairs }: Pooling,
  row: number,
  small: number,
  big: number,
  count: number,
  spread: number,
): void {
  const pair = pairs.count++;
  pairs.smallBatch[pair] = columns.smallBatch[row]!;
  pairs.bigBatch[pair] = columns.bigBatch[row]!;
  pairs.smallBatchGradSqNorm[pair] = small;
  pairs.bigBatchGradSqNorm[pair] = big;
  pairs.smallBatchCount[pair] = count;
  pairs.bigNormSpread[pair] = spread;
}

/** Adds the average of some reports, all of one step and of equal batch sizes. */
function poolReports(pooling: Pooling, stepIndex: number, reports: readonly number[]): void {
  const { columns, rows, groupCount, moments } = pooling;
  const first = rows[reports[0]!]!;
  const smallBatch = columns.smallBatch[first]!;
  const bigBatch = columns.bigBatch[first]!;
  let wholeSmall = 0;
  let wholeBig = 0;
  let count = 0;
  for (let group = 0; group < groupCount; group++) {
    let small = 0;
    let big = 0;
    let weight = 0;
    count = 0;
    for (const report of reports) {
      const row = rows[report + group]!;
      const said = columns.smallBatchCount[row]!;
      const share = Number.isNaN(said) ? 1 : said;
      count += said;
      weight += share;
      small += share * columns.smallBatchGradSqNorm[row]!;
      big += columns.bigBatchGradSqNorm[row]! / reports.length;
    }
    small /= weight;
    addMoments(moments[group]!, stepIndex, twoBatchMoments(smallBatch, bigBatch, small, big));
    wholeSmall += small;
    wholeBig += big;
  }
  addPair(pooling, first, wholeSmall, wholeBig, count, bigNormSpread(pooling, reports, wholeBig));
}

function addMoments(moments: BlockSums, stepIndex: number, added: WeightedMoments): void {
  moments.weight[stepIndex]! += added.weight;
  moments.weightedTrace[stepIndex]! += added.weightedTrace;
  moments.weightedGradSq[stepIndex]! += added.weightedGradSq;
}

function bigNormSpread(
  { columns, rows, groupCount }: Pooling,
  reports: readonly number[],
  average: number,
): number {
  let spread = 0;
  for (const report of reports) {
    // Batches of examples are each reporter's own; only an all-reduced norm is one and the same.
    if (columns.examples.has(rows[report]!)) continue;
    let big = 0;
    for (let group = 0; group < groupCount; group++) {
      big += columns.bigBatchGradSqNorm[rows[report + group]!]!;
    }
    spread = Math.max(spread, Math.abs(big / average - 1));
  }
  return spread;
}

function exampleStrata(
  pooling: Pooling,
  starts: readonly number[],
): readonly ExampleStratum[] | undefined {
  const strata: ExampleStratum[] = [];
  if (pooling.columns.examples.size === 0) return undefined;
  for (let stepIndex = 0; stepIndex + 1 < starts.length; stepIndex++) {
    for (const reports of withEqualBatches(pooling, starts[stepIndex]!, starts[stepIndex + 1]!)) {
      for (const report of reports) {
        const norms = stratumNorms(pooling, report);
        if (norms === undefined) return undefined;
        strata.push({ share: 1 / reports.length, norms });
      }
    }
  }
  return strata;
}

function stratumNorms(
  { columns, rows, groupCount }: Pooling,
  report: number,
): readonly StratumNorms[] | undefined {
  const norms: StratumNorms[] = [];
  for (let group = 0; group < groupCount; group++) {
    const row = rows[report + group]!;
    const examples = columns.examples.get(row);
    if (examples?.dots === undefined || examples.dots.length < 3) return undefined;
    const bigBatchGradSqNorm = columns.bigBatchGradSqNorm[row]!;
    const whole = twoBatchMoments(
      columns.smallBatch[row]!,
      columns.bigBatch[row]!,
      columns.smallBatchGradSqNorm[row]!,
      bigBatchGradSqNorm,
    );
    norms.push({ examples, whole, bigBatchGradSqNorm });
  }
  return norms;
}
