import { fitHyperbola, type HyperbolaFit } from "../../numerics/fitting/hyperbola.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import type { CellResult } from "../cell.ts";
import { runPilot } from "./pilot.ts";
import { searchRate, type TunedBatch } from "./rate-search.ts";
import { type Experiment, inParallel } from "./stage.ts";
import { rateAt, type Sweep } from "./sweep.ts";

export type CriticalBatchOptions = {
  /** Steps of the pilot run that sets the target; ignored when `targetLoss` is given. */
  readonly pilotSteps: number;
  readonly targetLoss?: number;
  /** Where the target lies between the trivial predictor (0) and the pilot's best loss (1). */
  readonly targetDepth: number;
  readonly seeds: number;
  readonly intervalLevel: number;
};

export type MeasuredInterval = {
  readonly value: number;
  readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
  readonly basis: "measured";
};

export type CriticalBatchPoint = {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly steps: number;
  readonly stepsBySeed: readonly number[];
};

export type CriticalBatchResult = {
  readonly status: "bracketed" | "not-bracketed" | "unreachable-target" | "lr-not-bracketed";
  readonly reason: string;
  readonly bCritExamples?: MeasuredInterval;
  readonly minSteps?: MeasuredInterval;
  readonly minExamples?: MeasuredInterval;
  readonly targetLoss?: number;
  /** 0 = trivial predictor, 1 = best loss any run reached. */
  readonly targetDepth?: number;
  readonly points: readonly CriticalBatchPoint[];
  readonly rmsLogResidual?: number;
  /** Standard deviations of ln B_c: leave-one-batch-out, and from the spread between seeds (laws 12.2). */
  readonly jackknifeLogSd?: number;
  readonly fisherLogSd?: number;
};

// On a factor-4 grid the knee is passed when the last two batches differ by at most 1.18 in steps and
// the first two by at least 3.4 (laws 12.1, item 2).
const BATCH_FACTOR = 4;
const FLAT_RATIO = 1.18;
const STEEP_RATIO = 3.4;
const MOST_BATCHES_A_SIDE = 7;
const FEWEST_STEPS = 4;
const PASSED = "the knee is passed";
const MOST_EXTENSIONS = 2;
// The rule's numbers are rounded: 1.18 stands for 1.25 / 1.0625.
const TOLERANCE = 0.97;

type Side = { readonly batches: readonly TunedBatch[]; readonly stopped: string };

function nextBatch(sweep: Sweep, last: number, up: boolean): number | undefined {
  if (sweep.batchExamples === undefined) return up ? last * BATCH_FACTOR : last / BATCH_FACTOR;
  return sweep.batchExamples[sweep.batchExamples.indexOf(last) + (up ? 1 : -1)];
}

function whyStop(sweep: Sweep, last: TunedBatch, batch: number, up: boolean): string | undefined {
  if (batch > sweep.largestBatchExamples) return "the largest batch is used";
  if (batch < 1) return "the smallest batch is used";
  return up && last.steps < FEWEST_STEPS ? "too few steps to count" : undefined;
}

function passedKnee(last: TunedBatch, next: TunedBatch, up: boolean): boolean {
  return up ? last.steps <= FLAT_RATIO * next.steps : next.steps >= STEEP_RATIO * last.steps;
}

function* climb(
  sweep: Sweep,
  target: number,
  start: TunedBatch,
  up: boolean,
  most = MOST_BATCHES_A_SIDE,
): Experiment<Side> {
  const batches: TunedBatch[] = [];
  let last = start;
  while (batches.length < most) {
    const batch = nextBatch(sweep, last.batchExamples, up);
    if (batch === undefined) return { batches, stopped: "the given batches are used" };
    const stopped = whyStop(sweep, last, batch, up);
    if (stopped !== undefined) return { batches, stopped };
    const k = last.rateIndex;
    // Larger batches want the same rate up to four times it, smaller ones the same down to a quarter.
    const candidates = up ? [k, k + 2, k + 4] : [k - 4, k - 2, k];
    const ratio = last.batchExamples / batch;
    const cap = up ? 1.2 * last.steps + 4 : 1.7 * ratio * last.steps;
    const next: TunedBatch = yield* searchRate(sweep, batch, target, candidates, cap);
    if (next.status !== "ok") return { batches, stopped: next.status };
    batches.push(next);
    if (sweep.batchExamples === undefined && passedKnee(last, next, up))
      return { batches, stopped: PASSED };
    last = next;
  }
  return { batches, stopped: most === 1 ? PASSED : "the range of batches is used up" };
}

function* repeatSeeds(
  sweep: Sweep,
  target: number,
  batches: readonly TunedBatch[],
  seeds: number,
): Experiment<readonly (readonly number[])[]> {
  const chosen = new Set([0, Math.floor(batches.length / 2), batches.length - 1]);
  const picked = batches.filter((_, i) => chosen.has(i));
  const stop = { targetLoss: target, startLoss: sweep.startLoss };
  const jobs = picked.flatMap((batch) =>
    Array.from({ length: seeds - 1 }, (_, i) => ({ batch, seedIndex: i + 1 })),
  );
  const most = (batch: TunedBatch): number => Math.ceil(2 * batch.gridSteps) + 8;
  const cost = jobs.reduce(
    (sum, { batch }) => sum + sweep.costCeiling(batch.batchExamples, most(batch)),
    0,
  );
  const own = batches.map((batch) => [batch.gridSteps]);
  if (jobs.length === 0 || !sweep.budget.allows(cost)) return own;
  const results: readonly CellResult[] = yield {
    name: "seeds at the ends and the middle",
    cells: jobs.map(({ batch, seedIndex }) =>
      sweep.makeCell(batch.batchExamples, rateAt(sweep, batch.rateIndex), seedIndex, {
        ...stop,
        maxSteps: most(batch),
      }),
    ),
  };
  results.forEach((result, i) => {
    const at = batches.indexOf(jobs[i]!.batch);
    if (result.stepsToTarget !== undefined) own[at]!.push(result.stepsToTarget);
  });
  return own;
}

// Mean of ln steps over the seeds, moved to the vertex of the rate parabola.
function pointOf(
  sweep: Sweep,
  batch: TunedBatch,
  stepsBySeed: readonly number[],
): CriticalBatchPoint {
  let sum = 0;
  for (const steps of stepsBySeed) sum += Math.log(steps) / stepsBySeed.length;
  return {
    batchExamples: batch.batchExamples,
    peakLearningRate: rateAt(sweep, batch.rateIndex),
    steps: Math.exp(sum) * (batch.steps / batch.gridSteps),
    stepsBySeed,
  };
}

/** Pooled standard deviation of ln steps between seeds, with its degrees of freedom. */
function seedSpread(points: readonly CriticalBatchPoint[]): { sd: number; freedom: number } {
  let squares = 0;
  let freedom = 0;
  for (const { stepsBySeed } of points) {
    const logs = stepsBySeed.map(Math.log);
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    for (const log of logs) squares += (log - mean) ** 2;
    freedom += logs.length - 1;
  }
  return { sd: freedom > 0 ? Math.sqrt(squares / freedom) : 0, freedom };
}

/**
 * Standard deviation of ln B_c from the spread of ln steps (laws 12.2).
 *
 *   Var = sigma^2 n / (sum p^2 sum (1-p)^2 - (sum p(1-p))^2),  p = 1 / (1 + B_c/B)
 */
export function fisherLogSd(
  batches: readonly number[],
  weights: readonly number[],
  bCrit: number,
  sigma: number,
): number {
  let pp = 0;
  let qq = 0;
  let pq = 0;
  let n = 0;
  batches.forEach((batch, i) => {
    const p = 1 / (1 + bCrit / batch);
    const w = weights[i]!;
    pp += w * p * p;
    qq += w * (1 - p) ** 2;
    pq += w * p * (1 - p);
    n += w;
  });
  return sigma * Math.sqrt(n / (pp * qq - pq * pq));
}

function measured(value: number, logSd: number, level: number, freedom: number): MeasuredInterval {
  const reach = Math.exp(twoSidedStudentQuantile(level, Math.max(1, freedom)) * logSd);
  return {
    value,
    interval: { lower: value / reach, upper: value * reach, level },
    basis: "measured",
  };
}

function depthOf(
  sweep: Sweep,
  target: number,
  batches: readonly TunedBatch[],
  best: number,
): number {
  let lowest = best;
  for (const { runs } of batches) {
    for (const run of runs.values()) lowest = Math.min(lowest, run.bestLoss);
  }
  return (sweep.startLoss - target) / (sweep.startLoss - lowest);
}

type Reading = {
  readonly fit: HyperbolaFit;
  readonly points: readonly CriticalBatchPoint[];
  /** Whether the fitted hyperbola is steep enough at the small end and flat enough at the large one. */
  readonly steep: boolean;
  readonly flat: boolean;
};

// The hyperbola's own steps at the ends: single points are too noisy to judge by.
function readPoints(points: readonly CriticalBatchPoint[]): Reading {
  const n = points.length;
  const fit = fitHyperbola(
    points.map((point) => point.batchExamples),
    points.map((point) => point.steps),
  );
  if (fit.status !== "ok" || n < 3) return { fit, points, steep: false, flat: false };
  const at = (i: number): number => 1 + fit.bCrit / points[i]!.batchExamples;
  return {
    fit,
    points,
    steep: at(0) >= TOLERANCE * STEEP_RATIO * at(1),
    flat: TOLERANCE * at(n - 2) <= FLAT_RATIO * at(n - 1),
  };
}

function conclude(
  { fit, points, steep, flat }: Reading,
  options: CriticalBatchOptions,
  reason: string,
): Omit<CriticalBatchResult, "targetLoss" | "targetDepth"> {
  if (fit.status !== "ok") {
    return { status: "not-bracketed", reason: `${reason}; the fit: ${fit.status}`, points };
  }
  if (!steep || !flat) return { status: "not-bracketed", reason, points };
  const n = points.length;
  const batches = points.map((point) => point.batchExamples);
  const spread = seedSpread(points);
  const sigma = Math.max(spread.sd, fit.rmsLogResidual * Math.sqrt(n / Math.max(1, n - 2)));
  const weights = points.map((point) => point.stepsBySeed.length);
  const fisher = fisherLogSd(batches, weights, fit.bCrit, sigma);
  const jackknife = fit.bCritLogSe ?? fisher;
  // The Fisher formula knows nothing of errors of the rate grid, the jackknife is noisy: take the larger.
  const logSd = Math.max(fisher, jackknife);
  const freedom = Math.max(n - 2, spread.freedom);
  const level = options.intervalLevel;
  return {
    status: "bracketed",
    reason: "the knee is passed on both sides",
    bCritExamples: measured(fit.bCrit, logSd, level, freedom),
    // Each end of the hyperbola fixes one of the two: their logarithms share the variance of ln B_c.
    minSteps: measured(fit.minSteps, logSd * Math.SQRT1_2, level, freedom),
    minExamples: measured(fit.minExamples, logSd * Math.SQRT1_2, level, freedom),
    points,
    rmsLogResidual: fit.rmsLogResidual,
    jackknifeLogSd: jackknife,
    fisherLogSd: fisher,
  };
}

/**
 * Measures the critical batch: steps to one target per batch with the learning rate tuned per batch,
 * the range of batches widened until the knee is passed on both sides, seeds at the ends and the
 * middle, and a hyperbola fitted in ln steps.
 *
 * @returns `bracketed` with B_c, or the reason why there is none: `not-bracketed`, `unreachable-target`,
 *   `lr-not-bracketed`. No B_c is extrapolated from a range that does not pass the knee.
 * @source laws 12.1, 12.2; arXiv:1812.06162, eq. (2.11)
 */
export function* criticalBatch(
  sweep: Sweep,
  options: CriticalBatchOptions,
): Experiment<CriticalBatchResult> {
  const start = yield* findTarget(sweep, options);
  if ("status" in start) return start;
  const { target, bestLoss, candidates, cap } = start;
  const pilotBatch = sweep.pilotBatchExamples;
  const middle = yield* searchRate(sweep, pilotBatch, target, candidates, cap);
  if (middle.status !== "ok") {
    const status = middle.status === "over-budget" ? "not-bracketed" : middle.status;
    return { status, reason: middle.status, targetLoss: target, points: [] };
  }
  let [up, down] = (yield* inParallel("rate search", [
    climb(sweep, target, middle, true),
    climb(sweep, target, middle, false),
  ])) as [Side, Side];
  const ordered = (): TunedBatch[] => [...[...down.batches].reverse(), middle, ...up.batches];
  let reading = yield* measurePoints(sweep, target, ordered(), options.seeds);
  for (let round = 0; round < MOST_EXTENSIONS && !(reading.steep && reading.flat); round += 1) {
    const before = up.batches.length + down.batches.length;
    if (!reading.flat) up = yield* extend(sweep, target, middle, up, true);
    if (!reading.steep) down = yield* extend(sweep, target, middle, down, false);
    if (up.batches.length + down.batches.length === before) break;
    reading = yield* measurePoints(sweep, target, ordered(), options.seeds);
  }
  const reason = `towards small batches: ${down.stopped}; towards large: ${up.stopped}`;
  const depth = depthOf(sweep, target, ordered(), bestLoss);
  return { ...conclude(reading, options, reason), targetLoss: target, targetDepth: depth };
}

function* measurePoints(
  sweep: Sweep,
  target: number,
  batches: readonly TunedBatch[],
  seeds: number,
): Experiment<Reading> {
  const bySeed = yield* repeatSeeds(sweep, target, batches, seeds);
  return readPoints(batches.map((batch, i) => pointOf(sweep, batch, bySeed[i]!)));
}

// One batch further, when the seeds show that the last one did not pass the knee after all.
function* extend(
  sweep: Sweep,
  target: number,
  middle: TunedBatch,
  side: Side,
  up: boolean,
): Experiment<Side> {
  if (side.stopped !== PASSED) return side;
  const more: Side = yield* climb(sweep, target, side.batches.at(-1) ?? middle, up, 1);
  return { batches: [...side.batches, ...more.batches], stopped: more.stopped };
}

type Start = {
  readonly target: number;
  readonly bestLoss: number;
  readonly candidates: readonly number[];
  readonly cap: number;
};

function* findTarget(
  sweep: Sweep,
  options: CriticalBatchOptions,
): Experiment<Start | CriticalBatchResult> {
  if (options.targetLoss !== undefined) {
    const candidates = [-8, -6, -4, -2, 0];
    const { targetLoss: target, pilotSteps: cap } = options;
    return { target, bestLoss: target, candidates, cap };
  }
  const pilot = yield* runPilot(sweep, options.pilotSteps);
  if (pilot.status !== "ok") {
    const { status } = pilot;
    const known = status === "lr-not-bracketed" ? status : "unreachable-target";
    return { status: known, reason: status, points: [] };
  }
  const { bestLoss, curve } = pilot.run;
  const target = sweep.startLoss - options.targetDepth * (sweep.startLoss - bestLoss);
  const reached = curve.find((point) => point.loss <= target)?.step ?? options.pilotSteps;
  const k = pilot.rateIndex;
  return { target, bestLoss, candidates: [k - 2, k, k + 2], cap: 1.5 * reached + 8 };
}
