import type { CellResult } from "../cell.ts";
import { compareRateRules, type RateRule } from "./rate-rules.ts";
import { type Experiment, inParallel } from "./stage.ts";
import { type RateIndex, rateAt, type Sweep } from "./sweep.ts";

export type LearningRateOptions = {
  readonly batchExamples: readonly number[];
  /** Examples of every run, whatever its batch. */
  readonly examples: number;
};

export type LearningRatePoint = {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly loss: number;
  readonly diverged: boolean;
};

export type RateOptimum = {
  readonly batchExamples: number;
  readonly status: "ok" | "lr-not-bracketed" | "over-budget";
  /** Vertex of the parabola in ln rate through the best run and its neighbours. */
  readonly peakLearningRate?: number;
  readonly loss?: number;
  /** Lowest rate that diverged. */
  readonly divergedAbove?: number;
};

export type LearningRateResult = {
  readonly status: "measured" | "lr-not-bracketed" | "insufficient-measurements";
  readonly points: readonly LearningRatePoint[];
  readonly optima: readonly RateOptimum[];
  /** Best rule first; empty below two bracketed batches. */
  readonly rules: readonly RateRule[];
};

type Runs = ReadonlyMap<RateIndex, CellResult>;
type Searched = { readonly optimum: RateOptimum; readonly runs: Runs };

const FIRST: readonly RateIndex[] = [-4, -2, 0, 2, 4];
const MOST_ROUNDS = 8;

function lowest(runs: Runs): RateIndex {
  let best = Number.NaN;
  let loss = Number.POSITIVE_INFINITY;
  for (const [index, run] of runs) {
    if (run.finalLoss < loss) {
      loss = run.finalLoss;
      best = index;
    }
  }
  return Number.isNaN(best) ? Math.min(...runs.keys()) : best;
}

// Neighbours on the sqrt(2) grid; at an end of what has been run, two steps further out as well.
function wantedIndices(runs: Runs): RateIndex[] {
  const best = lowest(runs);
  const keys = [...runs.keys()];
  if (best === Math.min(...keys)) return [best - 2, best - 1].filter((i) => !runs.has(i));
  if (best === Math.max(...keys)) return [best + 1, best + 2].filter((i) => !runs.has(i));
  return [best - 1, best + 1].filter((index) => !runs.has(index));
}

function vertex(sweep: Sweep, runs: Runs, best: RateIndex): { rate: number; loss: number } {
  const middle = runs.get(best)!.finalLoss;
  const left = runs.get(best - 1)?.finalLoss ?? Number.POSITIVE_INFINITY;
  const right = runs.get(best + 1)?.finalLoss ?? Number.POSITIVE_INFINITY;
  const curvature = left + right - 2 * middle;
  if (!(curvature > 0) || curvature === Number.POSITIVE_INFINITY) {
    return { rate: rateAt(sweep, best), loss: middle };
  }
  const shift = (left - right) / (2 * curvature);
  return {
    rate: rateAt(sweep, best + shift),
    loss: middle - (left - right) ** 2 / (8 * curvature),
  };
}

function optimumOf(
  sweep: Sweep,
  batchExamples: number,
  runs: Runs,
  status: RateOptimum["status"],
): RateOptimum {
  const diverged = [...runs].filter(([, run]) => run.status === "diverged");
  const edge = diverged.map(([index]) => rateAt(sweep, index));
  const divergedAbove = edge.length > 0 ? { divergedAbove: Math.min(...edge) } : {};
  if (status !== "ok") return { batchExamples, status, ...divergedAbove };
  const { rate, loss } = vertex(sweep, runs, lowest(runs));
  return { batchExamples, status, peakLearningRate: rate, loss, ...divergedAbove };
}

function* searchBatch(sweep: Sweep, batchExamples: number, examples: number): Experiment<Searched> {
  const maxSteps = Math.max(1, Math.round(examples / batchExamples));
  const runs = new Map<RateIndex, CellResult>();
  let wanted: readonly RateIndex[] = FIRST;
  for (let round = 0; round < MOST_ROUNDS && wanted.length > 0; round += 1) {
    if (!sweep.budget.allows(wanted.length * sweep.costCeiling(batchExamples, maxSteps))) {
      return { optimum: optimumOf(sweep, batchExamples, runs, "over-budget"), runs };
    }
    const stop = { maxSteps, startLoss: sweep.startLoss };
    const cells = wanted.map((index) =>
      sweep.makeCell(batchExamples, rateAt(sweep, index), 0, stop),
    );
    const results = yield { name: `learning rates at batch ${batchExamples}`, cells };
    wanted.forEach((index, i) => {
      runs.set(index, results[i]!);
    });
    wanted = wantedIndices(runs);
  }
  const status = wanted.length === 0 ? "ok" : "lr-not-bracketed";
  return { optimum: optimumOf(sweep, batchExamples, runs, status), runs };
}

function pointsOf(sweep: Sweep, batchExamples: number, runs: Runs): LearningRatePoint[] {
  return [...runs]
    .sort(([a], [b]) => a - b)
    .map(([index, run]) => ({
      batchExamples,
      peakLearningRate: rateAt(sweep, index),
      loss: run.status === "diverged" ? run.bestLoss : run.finalLoss,
      diverged: run.status === "diverged",
    }));
}

/**
 * Final loss over learning rate and batch at a fixed number of examples; per batch the rate is walked on
 * a sqrt(2) grid until the optimum lies inside, then rules for the best rate over batches are compared.
 *
 * @source laws 7.1, 12.1
 */
export function* learningRate(
  sweep: Sweep,
  options: LearningRateOptions,
): Experiment<LearningRateResult> {
  const batches = [...options.batchExamples].sort((a, b) => a - b);
  const searched = yield* inParallel(
    "learning rates",
    batches.map((batch) => searchBatch(sweep, batch, options.examples)),
  );
  const optima = searched.map(({ optimum }) => optimum);
  const points = searched.flatMap(({ runs }, i) => pointsOf(sweep, batches[i]!, runs));
  const found = optima.filter(({ peakLearningRate }) => peakLearningRate !== undefined);
  const rules =
    found.length < 2
      ? []
      : compareRateRules(
          found.map(({ batchExamples }) => batchExamples),
          found.map(({ peakLearningRate }) => peakLearningRate!),
        );
  const open = optima.some(({ status }) => status === "lr-not-bracketed");
  if (open) return { status: "lr-not-bracketed", points, optima, rules };
  const status = found.length < optima.length ? "insufficient-measurements" : "measured";
  return { status, points, optima, rules };
}
