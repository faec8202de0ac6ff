import {
  type MeanNorms,
  type NoiseObservation,
  type NormScale,
  normDefect,
  toMeanNorms,
} from "./observation.ts";

/** Everything one reporter said about one step: the norms of every group of parameters. */
export interface Report {
  readonly step: number;
  readonly reporter: string;
  /** In the order of `CollectedReports.groups`. */
  readonly norms: readonly MeanNorms[];
}

/** What was set aside, in observations unless another unit is named. */
export interface ReportTally {
  readonly observations: number;
  readonly duplicates: number;
  readonly nonFinite: number;
  readonly negative: number;
  /** Reports (one reporter, one step) whose norm is 0 over all groups. */
  readonly zeroReports: number;
  /** Reports that lack a group which others have, or whose groups differ in batch sizes. */
  readonly incompleteReports: number;
  /** Reports whose big batch is their small batch. */
  readonly equalBatchReports: number;
  /** Reporters absent from a step that another reporter described, added up over steps. */
  readonly missingReports: number;
}

export interface CollectedReports {
  /** Names of the groups of parameters, in ascending order of their code units. */
  readonly groups: readonly string[];
  /** Usable reports by ascending step, then reporter. */
  readonly reports: readonly Report[];
  readonly tally: ReportTally;
  /** Over all observations, usable or not; no observation at all gives infinities. */
  readonly smallestBatch: number;
  readonly largestBatch: number;
}

/** The name of the group that stands for all parameters. */
export const WHOLE_MODEL = "all";

type Tally = { -readonly [count in keyof ReportTally]: number };
type GroupNorms = Map<string, MeanNorms | undefined>;
type StepReports = Map<string, GroupNorms>;

/**
 * Observations as complete reports in step order, with a count of what could not be used.
 *
 * The first of two observations with the same step, reporter and group counts. A report is used only when
 * it has every group, so that the parts of the answer add up to the whole.
 *
 * @param observations - in any order; steps are finite numbers.
 * @param scale - what turns reported norms into norms of means.
 * @returns the same for every order of observations without duplicates.
 * @throws {RangeError} when the group `all` is mixed with other groups.
 */
export function collectReports(
  observations: readonly NoiseObservation[],
  scale: NormScale,
): CollectedReports {
  const tally: Tally = {
    observations: observations.length,
    duplicates: 0,
    nonFinite: 0,
    negative: 0,
    zeroReports: 0,
    incompleteReports: 0,
    equalBatchReports: 0,
    missingReports: 0,
  };
  const bySteps = new Map<number, StepReports>();
  const groupNames = new Set<string>();
  const reporterNames = new Set<string>();
  let smallestBatch = Number.POSITIVE_INFINITY;
  let largestBatch = 0;
  for (const observation of observations) {
    const { step, reporter, group } = observation;
    groupNames.add(group);
    reporterNames.add(reporter);
    const groupNorms = groupNormsAt(bySteps, step, reporter);
    const norms = toMeanNorms(observation, scale);
    smallestBatch = Math.min(smallestBatch, norms.smallBatch);
    largestBatch = Math.max(largestBatch, norms.bigBatch);
    if (groupNorms.has(group)) tally.duplicates++;
    else groupNorms.set(group, usableNorms(norms, tally));
  }
  if (groupNames.size > 1 && groupNames.has(WHOLE_MODEL)) {
    throw new RangeError(`"group" must not mix "${WHOLE_MODEL}" with the names of parts`);
  }
  const groups = [...groupNames].sort(byCodeUnits);
  const reports: Report[] = [];
  for (const step of [...bySteps.keys()].sort((a, b) => a - b)) {
    const stepReports = bySteps.get(step)!;
    tally.missingReports += reporterNames.size - stepReports.size;
    for (const reporter of [...stepReports.keys()].sort(byCodeUnits)) {
      const norms = usableReport(stepReports.get(reporter)!, groups, tally);
      if (norms !== undefined) reports.push({ step, reporter, norms });
    }
  }
  return { groups, reports, tally, smallestBatch, largestBatch };
}

/** Undefined, and counted, when a norm is NaN, infinite or negative. */
function usableNorms(norms: MeanNorms, tally: Tally): MeanNorms | undefined {
  const defect = normDefect(norms);
  if (defect === undefined) return norms;
  if (defect === "non-finite") tally.nonFinite++;
  else tally.negative++;
  return undefined;
}

/** Undefined, and counted unless a defect of one of its norms was already, when a report cannot be used. */
function usableReport(
  groupNorms: GroupNorms,
  groups: readonly string[],
  tally: Tally,
): readonly MeanNorms[] | undefined {
  const norms = completeNorms(groupNorms, groups);
  if (norms === "defective") return undefined;
  const flaw = norms === "incomplete" ? "incompleteReports" : reportFlaw(norms);
  if (flaw !== undefined) tally[flaw]++;
  return flaw === undefined && norms !== "incomplete" ? norms : undefined;
}

function groupNormsAt(
  bySteps: Map<number, StepReports>,
  step: number,
  reporter: string,
): GroupNorms {
  let stepReports = bySteps.get(step);
  if (stepReports === undefined) {
    stepReports = new Map();
    bySteps.set(step, stepReports);
  }
  let groupNorms = stepReports.get(reporter);
  if (groupNorms === undefined) {
    groupNorms = new Map();
    stepReports.set(reporter, groupNorms);
  }
  return groupNorms;
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function completeNorms(
  groupNorms: GroupNorms,
  groups: readonly string[],
): readonly MeanNorms[] | "incomplete" | "defective" {
  const norms: MeanNorms[] = [];
  let isIncomplete = false;
  for (const group of groups) {
    const ofGroup = groupNorms.get(group);
    if (ofGroup !== undefined) norms.push(ofGroup);
    else if (groupNorms.has(group)) return "defective";
    else isIncomplete = true;
  }
  return isIncomplete || !haveEqualBatches(norms) ? "incomplete" : norms;
}

function haveEqualBatches(norms: readonly MeanNorms[]): boolean {
  const { smallBatch, bigBatch } = norms[0]!;
  return norms.every((part) => part.smallBatch === smallBatch && part.bigBatch === bigBatch);
}

function reportFlaw(norms: readonly MeanNorms[]): "zeroReports" | "equalBatchReports" | undefined {
  let small = 0;
  let big = 0;
  for (const part of norms) {
    small += part.smallBatchGradSqNorm;
    big += part.bigBatchGradSqNorm;
  }
  // A frozen layer has a zero norm by right; a whole model has one only when the gradient was not there.
  if (small === 0 || big === 0) return "zeroReports";
  return norms[0]!.smallBatch === norms[0]!.bigBatch ? "equalBatchReports" : undefined;
}
