import {
  type ExampleNorms,
  type NoiseObservation,
  type NormScale,
  normDefect,
  toMeanNorms,
} from "./observation.ts";

/**
 * Observations in columns, in the order they came: ten thousand of them as objects cost more in garbage
 * collection than all arithmetic on them.
 */
export interface NormColumns {
  readonly step: Float64Array;
  readonly smallBatch: Float64Array;
  readonly bigBatch: Float64Array;
  readonly smallBatchGradSqNorm: Float64Array;
  readonly bigBatchGradSqNorm: Float64Array;
  /** NaN where it was not said. */
  readonly smallBatchCount: Float64Array;
  /** Norms of single examples, by row, where they were given. */
  readonly examples: ReadonlyMap<number, ExampleNorms>;
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
  readonly columns: NormColumns;
  /**
   * Rows of the usable reports, by ascending step, then reporter: `groups.length` rows in the order of
   * `groups` make one report, which is what one reporter said about one step.
   */
  readonly rows: Int32Array;
  readonly tally: ReportTally;
  /** Over all observations, usable or not; no observation at all gives infinity and 0. */
  readonly smallestBatch: number;
  readonly largestBatch: number;
}

/** The name of the group that stands for all parameters. */
export const WHOLE_MODEL = "all";

type Tally = { -readonly [count in keyof ReportTally]: number };

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
  const groups = sortedNames(observations, (observation) => observation.group);
  const reporters = sortedNames(observations, (observation) => observation.reporter);
  if (groups.size > 1 && groups.has(WHOLE_MODEL)) {
    throw new RangeError(`"group" must not mix "${WHOLE_MODEL}" with the names of parts`);
  }
  const columns = toColumns(observations, scale);
  const places: Places = {
    step: columns.step,
    reporter: Int32Array.from(observations, ({ reporter }) => reporters.get(reporter)!),
    group: Int32Array.from(observations, ({ group }) => groups.get(group)!),
  };
  const rows = withoutDuplicates(rowsInOrder(places), places, tally);
  const usable = usableRows(rows, places, columns, groups.size, tally);
  tally.missingReports = missingReports(rows, places, reporters.size);
  let smallestBatch = Number.POSITIVE_INFINITY;
  let largestBatch = 0;
  for (let row = 0; row < observations.length; row++) {
    smallestBatch = Math.min(smallestBatch, columns.smallBatch[row]!);
    largestBatch = Math.max(largestBatch, columns.bigBatch[row]!);
  }
  return {
    groups: [...groups.keys()],
    columns,
    rows: usable,
    tally,
    smallestBatch,
    largestBatch,
  };
}

/** Distinct names with their ranks, in ascending order of code units. */
function sortedNames(
  observations: readonly NoiseObservation[],
  nameOf: (observation: NoiseObservation) => string,
): ReadonlyMap<string, number> {
  const names = new Set<string>();
  for (const observation of observations) names.add(nameOf(observation));
  return new Map([...names].sort(byCodeUnits).map((name, rank) => [name, rank]));
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function toColumns(observations: readonly NoiseObservation[], scale: NormScale): NormColumns {
  const count = observations.length;
  const examples = new Map<number, ExampleNorms>();
  const columns = {
    step: new Float64Array(count),
    smallBatch: new Float64Array(count),
    bigBatch: new Float64Array(count),
    smallBatchGradSqNorm: new Float64Array(count),
    bigBatchGradSqNorm: new Float64Array(count),
    smallBatchCount: new Float64Array(count),
    examples,
  };
  for (let row = 0; row < count; row++) {
    const norms = toMeanNorms(observations[row]!, scale);
    columns.step[row] = observations[row]!.step;
    columns.smallBatch[row] = norms.smallBatch;
    columns.bigBatch[row] = norms.bigBatch;
    columns.smallBatchGradSqNorm[row] = norms.smallBatchGradSqNorm;
    columns.bigBatchGradSqNorm[row] = norms.bigBatchGradSqNorm;
    columns.smallBatchCount[row] = norms.smallBatchCount ?? Number.NaN;
    if (norms.examples !== undefined) examples.set(row, norms.examples);
  }
  return columns;
}

/** What orders observations. */
interface Places {
  readonly step: Float64Array;
  readonly reporter: Int32Array;
  readonly group: Int32Array;
}

function comparePlaces(places: Places, a: number, b: number): number {
  const { step, reporter, group } = places;
  return step[a]! - step[b]! || reporter[a]! - reporter[b]! || group[a]! - group[b]!;
}

/** Training logs mostly come in order already; sorting keeps the first of two alike first. */
function rowsInOrder(places: Places): Int32Array {
  const rows = Int32Array.from(places.step, (_, row) => row);
  for (let i = 1; i < rows.length; i++) {
    if (comparePlaces(places, i - 1, i) > 0) {
      return rows.sort((a, b) => comparePlaces(places, a, b) || a - b);
    }
  }
  return rows;
}

function withoutDuplicates(rows: Int32Array, places: Places, tally: Tally): Int32Array {
  const kept = rows.filter((row, i) => i === 0 || comparePlaces(places, rows[i - 1]!, row) !== 0);
  tally.duplicates = rows.length - kept.length;
  return kept;
}

/** Rows of complete reports without a flaw; the others are counted. */
function usableRows(
  rows: Int32Array,
  places: Places,
  columns: NormColumns,
  groupCount: number,
  tally: Tally,
): Int32Array {
  const usable = new Int32Array(rows.length);
  let count = 0;
  for (let start = 0; start < rows.length; ) {
    const end = endOfReport(rows, places, start);
    const flaws = countDefects(rows, start, end, columns, tally);
    if (flaws === 0) {
      const flaw =
        end - start < groupCount ? "incompleteReports" : reportFlaw(rows, start, end, columns);
      if (flaw !== undefined) tally[flaw]++;
      else for (let i = start; i < end; i++) usable[count++] = rows[i]!;
    }
    start = end;
  }
  return usable.slice(0, count);
}

function endOfReport(rows: Int32Array, { step, reporter }: Places, start: number): number {
  const first = rows[start]!;
  let end = start + 1;
  while (
    end < rows.length &&
    step[rows[end]!] === step[first] &&
    reporter[rows[end]!] === reporter[first]
  ) {
    end++;
  }
  return end;
}

function countDefects(
  rows: Int32Array,
  start: number,
  end: number,
  columns: NormColumns,
  tally: Tally,
): number {
  let defects = 0;
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    const small = columns.smallBatchGradSqNorm[row]!;
    const big = columns.bigBatchGradSqNorm[row]!;
    const defect = normDefect(small, big, columns.examples.get(row));
    if (defect === undefined) continue;
    defects++;
    if (defect === "non-finite") tally.nonFinite++;
    else tally.negative++;
  }
  return defects;
}

function reportFlaw(
  rows: Int32Array,
  start: number,
  end: number,
  columns: NormColumns,
): "incompleteReports" | "zeroReports" | "equalBatchReports" | undefined {
  const smallBatch = columns.smallBatch[rows[start]!]!;
  const bigBatch = columns.bigBatch[rows[start]!]!;
  let small = 0;
  let big = 0;
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    if (columns.smallBatch[row] !== smallBatch || columns.bigBatch[row] !== bigBatch) {
      return "incompleteReports";
    }
    small += columns.smallBatchGradSqNorm[row]!;
    big += columns.bigBatchGradSqNorm[row]!;
  }
  // A frozen layer has a zero norm by right; a whole model has one only when the gradient was not there.
  if (small === 0 || big === 0) return "zeroReports";
  return smallBatch === bigBatch ? "equalBatchReports" : undefined;
}

function missingReports(rows: Int32Array, places: Places, reporterCount: number): number {
  let missing = 0;
  for (let start = 0; start < rows.length; ) {
    const isNewStep = start === 0 || places.step[rows[start]!] !== places.step[rows[start - 1]!];
    missing += (isNewStep ? reporterCount : 0) - 1;
    start = endOfReport(rows, places, start);
  }
  return missing;
}
