import type { CellResult, CellStop } from "../cell.ts";
import { portableExp, portableLog } from "../portable-math.ts";
import type { Experiment } from "./stage.ts";
import { type RateIndex, rateAt, type Sweep } from "./sweep.ts";

/** Steps to the target at one batch with the learning rate tuned. */
export type TunedBatch = {
  readonly batchExamples: number;
  readonly rateIndex: RateIndex;
  readonly status: "ok" | "unreachable-target" | "lr-not-bracketed" | "over-budget";
  /** Steps of the best rate of the grid, and at the vertex of the parabola through it and its neighbours. */
  readonly gridSteps: number;
  readonly steps: number;
  readonly runs: ReadonlyMap<RateIndex, CellResult>;
};

// A neighbour that needs more than 1.35 times the steps of the best is worse, however much.
const RACE_FACTOR = 1.35;
const MOST_ROUNDS = 10;
const MOST_CAP_DOUBLINGS = 2;

function bestIndex(runs: ReadonlyMap<RateIndex, CellResult>): RateIndex | undefined {
  let best: RateIndex | undefined;
  let steps = Number.POSITIVE_INFINITY;
  for (const [index, run] of runs) {
    if (run.stepsToTarget !== undefined && run.stepsToTarget < steps) {
      steps = run.stepsToTarget;
      best = index;
    }
  }
  return best;
}

/**
 * Minimum of the parabola in (index, ln steps) through the best rate and its neighbours.
 *
 * @returns ln of the factor on the steps of the best rate, 0 when a neighbour did not reach the target.
 */
export function parabolaGain(left?: number, middle?: number, right?: number): number {
  if (left === undefined || middle === undefined || right === undefined) return 0;
  const a = portableLog(left / middle);
  const b = portableLog(right / middle);
  const curvature = a + b;
  if (!(curvature > 0)) return 0;
  return -((a - b) ** 2) / (8 * curvature);
}

function tuned(
  batchExamples: number,
  runs: ReadonlyMap<RateIndex, CellResult>,
  status: TunedBatch["status"],
): TunedBatch {
  const best = bestIndex(runs);
  if (best === undefined) {
    return { batchExamples, rateIndex: 0, status, gridSteps: Number.NaN, steps: Number.NaN, runs };
  }
  const at = (index: RateIndex) => runs.get(index)?.stepsToTarget;
  const gridSteps = at(best)!;
  const gain = parabolaGain(at(best - 1), gridSteps, at(best + 1));
  return {
    batchExamples,
    rateIndex: best,
    status,
    gridSteps,
    steps: gridSteps * portableExp(gain),
    runs,
  };
}

/**
 * Finds the learning rate of fewest steps to the target at one batch, on the sqrt(2) grid.
 *
 * The first candidates race; after that the best rate's neighbours are run until the best is interior.
 * Every run is cut off at 1.35 times the best steps so far.
 *
 * @param candidates - indices to start from.
 * @param capSteps - cut-off while nothing has reached the target; doubled twice at most.
 */
export function* searchRate(
  sweep: Sweep,
  batchExamples: number,
  targetLoss: number,
  candidates: readonly RateIndex[],
  capSteps: number,
): Experiment<TunedBatch> {
  const runs = new Map<RateIndex, CellResult>();
  let wanted = candidates;
  let cap = Math.ceil(capSteps);
  let doublings = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const stop: CellStop = { maxSteps: cap, targetLoss, startLoss: sweep.startLoss };
    if (!sweep.budget.allows(wanted.length * sweep.costCeiling(batchExamples, cap))) {
      return tuned(batchExamples, runs, "over-budget");
    }
    const cells = wanted.map((index) =>
      sweep.makeCell(batchExamples, rateAt(sweep, index), 0, stop),
    );
    const results = yield { name: `rate search at batch ${batchExamples}`, cells };
    wanted.forEach((index, i) => {
      runs.set(index, results[i]!);
    });
    const best = bestIndex(runs);
    if (best !== undefined) {
      if (!Number.isInteger(best)) return tuned(batchExamples, runs, "ok");
      cap = Math.max(4, Math.ceil(RACE_FACTOR * runs.get(best)!.stepsToTarget!));
      wanted = neighbours(runs, best);
      if (wanted.length === 0) return tuned(batchExamples, runs, "ok");
      continue;
    }
    if (doublings === MOST_CAP_DOUBLINGS) return tuned(batchExamples, runs, "unreachable-target");
    doublings += 1;
    cap *= 2;
    wanted = widen(runs);
  }
  return tuned(batchExamples, runs, "lr-not-bracketed");
}

// Both neighbours on the grid; where the larger rate fails (the optimum often lies just inside the edge
// of stability) also the rate half-way to it.
function neighbours(runs: ReadonlyMap<RateIndex, CellResult>, best: RateIndex): RateIndex[] {
  const wanted = [best - 1, best + 1].filter((index) => !runs.has(index));
  const above = runs.get(best + 1);
  const failed = above !== undefined && above.stepsToTarget === undefined;
  return failed && Number.isInteger(best) && !runs.has(best + 0.5)
    ? [...wanted, best + 0.5]
    : wanted;
}

// Nothing reached the target: go on around the lowest final loss, on both sides of it.
function widen(runs: ReadonlyMap<RateIndex, CellResult>): RateIndex[] {
  let best = 0;
  let loss = Number.POSITIVE_INFINITY;
  for (const [index, run] of runs) {
    if (run.finalLoss < loss) {
      loss = run.finalLoss;
      best = index;
    }
  }
  if (loss === Number.POSITIVE_INFINITY) {
    const lowest = Math.min(...runs.keys());
    return [lowest - 6, lowest - 4, lowest - 2];
  }
  return [best - 2, best, best + 2];
}
