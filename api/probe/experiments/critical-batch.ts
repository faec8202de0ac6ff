import type { CellResult } from "../cell.ts";
import {
  type CriticalBatchOptions,
  type CriticalBatchResult,
  conclude,
  pointOf,
  REACH,
  type Reading,
  readPoints,
} from "./critical-batch-fit.ts";
import { noiseAtTarget } from "./noise-at-target.ts";
import { runPilot } from "./pilot.ts";
import { searchRate, type TunedBatch } from "./rate-search.ts";
import { type Experiment, inParallel } from "./stage.ts";
import { rateAt, type Sweep } from "./sweep.ts";

const BATCH_FACTOR = 4;
const MOST_BATCHES = 14;
const FEWEST_STEPS = 4;

/** One end of the range of batches: why it goes no further, once it does not. */
type End = { stopped: string | undefined; shift: number | undefined };

function nextBatch(sweep: Sweep, last: number, up: boolean, reading: Reading): number | undefined {
  if (sweep.batchExamples !== undefined) {
    return sweep.batchExamples[sweep.batchExamples.indexOf(last) + (up ? 1 : -1)];
  }
  if (!up) return last > 1 ? Math.max(1, last / BATCH_FACTOR) : undefined;
  // Large batches are what a probe costs: only half a step where that is enough.
  const { fit } = reading;
  const close = fit.status === "ok" && reading.points.length > 2 && fit.bCrit * REACH <= 2 * last;
  return last * (close ? 2 : BATCH_FACTOR);
}

const TOO_FEW_STEPS = `the target is reached in fewer than ${FEWEST_STEPS} steps`;

/** Why the batches do not reach far enough on one side of the knee or on both, and what to change. */
function whyNotBracketed(small: string | undefined, large: string | undefined): string {
  if (large === TOO_FEW_STEPS) {
    return (
      `The largest batches reached the target in fewer than ${FEWEST_STEPS} steps, too few to measure the knee. ` +
      "Set a lower target loss."
    );
  }
  const sides = [
    ...(small === undefined ? [] : [`at small batches: ${small}`]),
    ...(large === undefined ? [] : [`at large batches: ${large}`]),
  ];
  return sides.length === 0
    ? "The batches reach far enough, but the steps do not determine the knee."
    : `The batches do not reach far enough ${sides.join("; ")}.`;
}

function whyStop(
  sweep: Sweep,
  last: TunedBatch,
  batch: number | undefined,
  up: boolean,
): string | undefined {
  if (batch === undefined) {
    return sweep.batchExamples ? "the given batches are used" : "the smallest batch is reached";
  }
  if (batch > sweep.largestBatchExamples) return "the largest batch is reached";
  return up && last.steps < FEWEST_STEPS ? TOO_FEW_STEPS : undefined;
}

// The rate moves from batch to batch as it did before; at first it is sought up to a factor 4 away.
function guessRates(last: number, shift: number | undefined, up: boolean): number[] {
  const k = Math.floor(last);
  if (shift !== undefined) return [k + shift - 1, k + shift, k + shift + 1];
  return up ? [k, k + 2, k + 4] : [k - 4, k - 2, k];
}

function* oneFurther(
  sweep: Sweep,
  target: number,
  last: TunedBatch,
  end: End,
  reading: Reading,
  up: boolean,
): Experiment<TunedBatch | undefined> {
  const batch = nextBatch(sweep, last.batchExamples, up, reading);
  end.stopped = whyStop(sweep, last, batch, up);
  if (batch === undefined || end.stopped !== undefined) return undefined;
  const ratio = last.batchExamples / batch;
  const cap = up ? 1.2 * last.steps + 4 : 1.7 * ratio * last.steps;
  const candidates = guessRates(last.rateIndex, end.shift, up);
  const next = yield* searchRate(sweep, batch, target, candidates, cap);
  if (next.status !== "ok") {
    end.stopped = next.status;
    return undefined;
  }
  end.shift = Math.floor(next.rateIndex) - Math.floor(last.rateIndex);
  return next;
}

/** Batches in ascending order, widened at either end until the range is wide enough or cannot grow. */
function* widenRange(
  sweep: Sweep,
  target: number,
  batches: TunedBatch[],
  ends: { readonly down: End; readonly up: End },
  read: () => Reading,
): Experiment<void> {
  while (batches.length < MOST_BATCHES) {
    const reading = read();
    const few = sweep.batchExamples !== undefined || batches.length < 3;
    const further = (end: End, enough: boolean, up: boolean) => {
      const last = up ? batches[batches.length - 1]! : batches[0]!;
      if (end.stopped !== undefined || (enough && !few)) return nothing();
      return oneFurther(sweep, target, last, end, reading, up);
    };
    const [below, above] = yield* inParallel<TunedBatch | undefined>("rate search", [
      further(ends.down, reading.steep, false),
      further(ends.up, reading.flat, true),
    ]);
    if (below) batches.unshift(below);
    if (above) batches.push(above);
    if (!below && !above) return;
  }
}

// biome-ignore lint/correctness/useYield: an experiment of no stages
function* nothing(): Experiment<undefined> {
  return undefined;
}

// Runs the other seeds at both ends and in the middle, where that has not been done.
function* repeatSeeds(
  sweep: Sweep,
  target: number,
  batches: readonly TunedBatch[],
  seeds: number,
  bySeed: Map<number, readonly number[]>,
): Experiment<void> {
  const chosen = new Set([0, Math.floor(batches.length / 2), batches.length - 1]);
  const picked = batches.filter((batch, i) => chosen.has(i) && !bySeed.has(batch.batchExamples));
  const jobs = picked.flatMap((batch) =>
    Array.from({ length: seeds - 1 }, (_, i) => ({ batch, seedIndex: i + 1 })),
  );
  const most = (batch: TunedBatch): number => Math.ceil(2 * batch.gridSteps) + 8;
  let cost = 0;
  for (const { batch } of jobs) cost += sweep.costCeiling(batch.batchExamples, most(batch));
  if (jobs.length === 0 || !sweep.budget.allows(cost)) return;
  const results: readonly CellResult[] = yield {
    name: "seeds at the ends and the middle",
    cells: jobs.map(({ batch, seedIndex }) =>
      sweep.makeCell(batch.batchExamples, rateAt(sweep, batch.rateIndex), seedIndex, {
        targetLoss: target,
        startLoss: sweep.startLoss,
        maxSteps: most(batch),
      }),
    ),
  };
  for (const batch of picked) {
    const own = results.filter((_, i) => jobs[i]!.batch === batch);
    const reached = own.flatMap(({ stepsToTarget: steps }) => (steps === undefined ? [] : [steps]));
    bySeed.set(batch.batchExamples, [batch.gridSteps, ...reached]);
  }
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

/**
 * Measures the critical batch: steps to one target per batch with the learning rate tuned per batch,
 * the range of batches widened until it covers B_c/16 to 16 B_c, seeds at the ends and the middle, and a
 * hyperbola fitted in ln steps; then the gradient noise at the target, for the ratio of the two.
 *
 * @returns `bracketed` with B_c, or the reason why there is none: `not-bracketed`, `unreachable-target`,
 *   `lr-not-bracketed`. No B_c is extrapolated from a range that does not pass the knee.
 * @source docs/method.md, Probes; arXiv:1812.06162, eq. (2.11)
 */
export function* criticalBatch(
  sweep: Sweep,
  options: CriticalBatchOptions,
): Experiment<CriticalBatchResult> {
  const start = yield* findTarget(sweep, options);
  if ("status" in start) return start;
  const { target, bestLoss, candidates, cap } = start;
  const middle = yield* searchRate(sweep, sweep.pilotBatchExamples, target, candidates, cap);
  if (middle.status !== "ok") {
    const status = middle.status === "over-budget" ? "not-bracketed" : middle.status;
    return { status, reason: middle.status, targetLoss: target, points: [] };
  }
  const batches = [middle];
  const ends: { down: End; up: End } = {
    down: { stopped: undefined, shift: undefined },
    up: { stopped: undefined, shift: undefined },
  };
  const bySeed = new Map<number, readonly number[]>();
  const read = (): Reading =>
    readPoints(
      batches.map((batch) =>
        pointOf(sweep, batch, bySeed.get(batch.batchExamples) ?? [batch.gridSteps]),
      ),
    );
  // Seeds may show that the last batch did not reach far enough after all: then one more round.
  for (let round = 0; round < 3; round += 1) {
    const before = batches.length;
    yield* widenRange(sweep, target, batches, ends, read);
    if (batches.length === before && round > 0) break;
    yield* repeatSeeds(sweep, target, batches, options.seeds, bySeed);
  }
  const reason = whyNotBracketed(ends.down.stopped, ends.up.stopped);
  const targetDepth = depthOf(sweep, target, batches, bestLoss);
  const concluded = conclude(read(), options, reason);
  const { bCritExamples } = concluded;
  const noise =
    bCritExamples === undefined
      ? {}
      : yield* noiseAtTarget(sweep, batches, bCritExamples, options.intervalLevel);
  return { ...concluded, ...noise, targetLoss: target, targetDepth };
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
  return { target, bestLoss, candidates: [k - 1, k, k + 1], cap: 1.5 * reached + 8 };
}
