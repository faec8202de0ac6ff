import { requireInRange, requirePositive } from "../guards.ts";
import { atOnce, type Sliced } from "../slices.ts";
import { type BlockLength, chooseBlockLength } from "./block-length.ts";
import {
  type CollectedReports,
  collectReports,
  type ReportTally,
  WHOLE_MODEL,
} from "./collect-reports.ts";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import type { EstimatedPair } from "./fieller.ts";
import {
  addReplicates,
  type JackknifedRatio,
  jackknifeCovariance,
  jackknifeRatio,
  type Replicates,
} from "./jackknife.ts";
import { type MeasurementDesign, type NeededMeasurements, neededMeasurements } from "./needed.ts";
import type { NoiseObservation, NormScale } from "./observation.ts";
import { replicatesOverBlocks, replicatesOverExamples } from "./replicates.ts";
import { type ResolvedRatio, resolveRatio } from "./resolve-ratio.ts";
import { type StepMoments, stepMoments } from "./step-moments.ts";

export interface NoiseScaleOptions extends NormScale {
  /** Coverage of the intervals, in [0.5, 0.99]. */
  readonly level: number;
  /** Training steps in one block; chosen from the autocorrelation when absent. */
  readonly blockSteps?: number;
}

/** tr(Sigma), |G|^2 and their ratio for one group of parameters, or for the whole model. */
export interface MeasuredGroup {
  readonly group: string;
  readonly pair: EstimatedPair;
  readonly degreesOfFreedom: number;
  readonly bSimple: MeasuredRatio;
}

/** The ratio with its interval and, where it is resolved, its jackknife value and standard error. */
export type MeasuredRatio =
  | (Extract<ResolvedRatio, { readonly status: "resolved" }> & {
      readonly jackknife: JackknifedRatio;
    })
  | Extract<ResolvedRatio, { readonly status: "unresolved" }>;

/** Where the error bars come from. */
export type Spread =
  | {
      readonly between: "blocks";
      readonly blockSteps: number;
      readonly blocks: number;
      /** Factor on the variances for correlation left between chosen blocks; 1 when `blockSteps` was given. */
      readonly varianceFactor: number;
    }
  | { readonly between: "examples"; readonly examples: number };

export type NoiseScaleMeasurement =
  | {
      readonly status: "measured";
      readonly whole: MeasuredGroup;
      readonly parts: readonly MeasuredGroup[];
      readonly spread: Spread;
      readonly design: MeasurementDesign;
      readonly needed: NeededMeasurements;
      readonly tally: ReportTally;
      readonly diagnoses: readonly Diagnosis[];
    }
  | {
      readonly status: "insufficient-measurements";
      readonly reason: InsufficiencyReason;
      /** Point estimates without error bars; absent when nothing was usable. */
      readonly whole: { readonly traceSigma: number; readonly gradSqNorm: number } | undefined;
      /** The least to begin with, since nothing can be computed; a rule of thumb. */
      readonly needed: NeededMeasurements;
      readonly usedSteps: number;
      readonly tally: ReportTally;
      readonly diagnoses: readonly Diagnosis[];
    };

export type InsufficiencyReason =
  | "no-usable-observation"
  | "one-batch-size"
  | "single-block"
  /** Every replicate is the same to 9 digits: one measurement sent many times. */
  | "no-spread";

const NO_SPREAD_RELATIVE = 1e-9;

/** From this many blocks on, steps are compared with each other; below it, examples within steps if given. */
const ENOUGH_BLOCKS = 8;

/**
 * Gradient noise scale B_simple = tr(Sigma)/|G|^2 from squared gradient norms, with error bars or the reason
 * why there are none.
 *
 *   B_simple = average of tr(Sigma)_hat / average of |G|^2_hat
 *
 * A ratio of averages, never an average of ratios. Both averages are unbiased, and a negative one is
 * reported as it is; the ratio is answered only where both are significantly above 0. Error bars are
 * jackknifed over blocks of steps, or over the examples of each step when there are fewer than 8 blocks and
 * dot products were given.
 *
 * @param observations - any mixture of batch sizes, reporters and steps; of one model under one tuning.
 * @param options - how norms were reduced, level of the intervals, block length.
 * @returns `measured` with the whole model and its parts, whose moments add up to the whole in order and to
 * the bit; `insufficient-measurements` with what could be computed.
 * @throws {RangeError} when an option is out of range, a small batch exceeds its big batch, or the group
 * `all` is mixed with others.
 * @source arXiv:1812.06162v1, appendix A.1; docs/method.md, The noise scale
 */
export function measureNoiseScale(
  observations: readonly NoiseObservation[],
  options: NoiseScaleOptions,
): NoiseScaleMeasurement {
  return atOnce(measureNoiseScaleInSlices(observations, options));
}

/** The same, interruptible between its steps: some 100 ms of work for the largest request. */
export function* measureNoiseScaleInSlices(
  observations: readonly NoiseObservation[],
  options: NoiseScaleOptions,
): Sliced<NoiseScaleMeasurement> {
  requireInRange("level", options.level, 0.5, 0.99);
  requirePositive("microGradScale", options.microGradScale);
  if (options.blockSteps !== undefined) {
    requireInRange("blockSteps", options.blockSteps, 1, Number.MAX_SAFE_INTEGER);
  }
  yield;
  const collected = collectReports(observations, options);
  yield;
  const moments = stepMoments(collected);
  yield;
  const diagnoses = diagnose(collected, moments.pairs, options.reduction);
  const { tally } = collected;
  const { spread, replicates } = replicateAll(moments, options.blockSteps);
  yield;
  const whole = replicates.length > 1 ? addReplicates(replicates) : replicates[0];
  if (spread === undefined || whole === undefined || !hasSpread(whole)) {
    return {
      status: "insufficient-measurements",
      reason: whole === undefined ? insufficiency(moments, tally) : "no-spread",
      whole: pointEstimates(moments),
      needed: leastMeasurements(collected),
      usedSteps: moments.steps.length,
      tally,
      diagnoses,
    };
  }
  const factor = spread.between === "blocks" ? spread.varianceFactor : 1;
  const measured = measureGroup(WHOLE_MODEL, whole, factor, options.level);
  yield;
  const parts = moments.groups.map((group, i) =>
    measureGroup(group, replicates[i]!, factor, options.level),
  );
  const design = measurementDesign(moments);
  const needed = neededMeasurements(measured.pair, design, options.level);
  return { status: "measured", whole: measured, parts, spread, design, needed, tally, diagnoses };
}

function hasSpread(replicates: Replicates): boolean {
  const { traceSigma, gradSqNorm } = replicates;
  const { numerator, denominator } = jackknifeCovariance(replicates, 1);
  return (
    Math.sqrt(numerator) > NO_SPREAD_RELATIVE * Math.abs(traceSigma) ||
    Math.sqrt(denominator) > NO_SPREAD_RELATIVE * Math.abs(gradSqNorm)
  );
}

function insufficiency(moments: StepMoments, tally: ReportTally): InsufficiencyReason {
  if (moments.steps.length > 0) return "single-block";
  return tally.equalBatchReports > 0 ? "one-batch-size" : "no-usable-observation";
}

function leastMeasurements(collected: CollectedReports): NeededMeasurements {
  const { smallestBatch, largestBatch } = collected;
  return {
    observations: ENOUGH_BLOCKS,
    bigBatch: Math.ceil(Math.max(2 * smallestBatch, largestBatch)),
  };
}

function measureGroup(
  group: string,
  replicates: Replicates,
  varianceFactor: number,
  level: number,
): MeasuredGroup {
  const pair = {
    numerator: replicates.traceSigma,
    denominator: replicates.gradSqNorm,
    covariance: jackknifeCovariance(replicates, varianceFactor),
  };
  const { degreesOfFreedom } = replicates;
  const ratio = resolveRatio(pair, degreesOfFreedom, level);
  const bSimple =
    ratio.status === "resolved"
      ? { ...ratio, jackknife: jackknifeRatio(replicates, varianceFactor) }
      : ratio;
  return { group, pair, degreesOfFreedom, bSimple };
}

interface Replication {
  readonly spread: Spread | undefined;
  readonly replicates: readonly Replicates[];
}

function replicateAll(moments: StepMoments, givenBlockSteps: number | undefined): Replication {
  const length: BlockLength =
    givenBlockSteps === undefined
      ? chooseBlockLength(wholeModelSeries(moments))
      : { observations: 1, varianceFactor: 1 };
  const blockSteps = givenBlockSteps ?? stepsOfBlock(length.observations, moments.steps);
  const overBlocks = replicateGroups(moments, (group) =>
    replicatesOverBlocks(moments, group, blockSteps),
  );
  const blocks = overBlocks[0]?.traceWithout.length ?? 0;
  if (blocks < ENOUGH_BLOCKS) {
    const overExamples = replicateGroups(moments, (group) =>
      replicatesOverExamples(moments, group),
    );
    const examples = overExamples[0]?.traceWithout.length ?? 0;
    if (examples > 0) {
      return { spread: { between: "examples", examples }, replicates: overExamples };
    }
  }
  if (blocks === 0) return { spread: undefined, replicates: [] };
  const { varianceFactor } = length;
  return {
    spread: { between: "blocks", blockSteps, blocks, varianceFactor },
    replicates: overBlocks,
  };
}

/** Empty unless every group has replicates. */
function replicateGroups(
  moments: StepMoments,
  replicate: (group: number) => Replicates | undefined,
): readonly Replicates[] {
  const replicates: Replicates[] = [];
  for (let group = 0; group < moments.groups.length; group++) {
    const ofGroup = replicate(group);
    if (ofGroup === undefined) return [];
    replicates.push(ofGroup);
  }
  return replicates;
}

/** tr(Sigma) and |G|^2 of the whole model, one value a step. */
function wholeModelSeries(moments: StepMoments): readonly Float64Array[] {
  const traceSigma = new Float64Array(moments.steps.length);
  const gradSqNorm = new Float64Array(moments.steps.length);
  for (const { weight, weightedTrace, weightedGradSq } of moments.moments) {
    for (let i = 0; i < traceSigma.length; i++) {
      traceSigma[i]! += weightedTrace[i]! / weight[i]!;
      gradSqNorm[i]! += weightedGradSq[i]! / weight[i]!;
    }
  }
  return [traceSigma, gradSqNorm];
}

/** Training steps spanned by so many observations at the median distance between observations. */
function stepsOfBlock(observations: number, steps: Float64Array): number {
  if (observations === 1) return 1;
  const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
  gaps.sort();
  return Math.max(1, Math.round(observations * gaps[gaps.length >> 1]!));
}

function pointEstimates(
  moments: StepMoments,
): { traceSigma: number; gradSqNorm: number } | undefined {
  if (moments.steps.length === 0) return undefined;
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  let traceSigma = 0;
  let gradSqNorm = 0;
  for (const part of moments.moments) {
    traceSigma += sum(part.weightedTrace) / sum(part.weight);
    gradSqNorm += sum(part.weightedGradSq) / sum(part.weight);
  }
  return { traceSigma, gradSqNorm };
}

/** Number of steps and mean batch sizes. */
function measurementDesign({ pairs, steps }: StepMoments): MeasurementDesign {
  let smallBatch = 0;
  let bigBatch = 0;
  for (let i = 0; i < pairs.count; i++) {
    smallBatch += pairs.smallBatch[i]!;
    bigBatch += pairs.bigBatch[i]!;
  }
  return {
    observations: steps.length,
    smallBatch: smallBatch / pairs.count,
    bigBatch: bigBatch / pairs.count,
  };
}
