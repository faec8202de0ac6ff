import type { CellResult } from "../cell.ts";
import { runRates } from "./given-rates.ts";
import { compareRateRules, type RateRule } from "./rate-rules.ts";
import type { RateOptimum, SearchedBatch } from "./searched-batch.ts";
import { type Experiment, inParallel } from "./stage.ts";
import { type RateIndex, rateAt, type Sweep } from "./sweep.ts";

export type LearningRateOptions = {
  readonly batchExamples: readonly number[];
  /** Examples of every run, whatever its batch. */
  readonly examples: number;
  /** Rates to run at each batch in place of the search, ascending. */
  readonly peakLearningRates?: readonly number[];
};

export type LearningRatePoint = {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly loss: number;
  readonly diverged: boolean;
};

export type LearningRateResult = {
  readonly status: "measured" | "lr-not-bracketed" | "insufficient-measurements";
  /** Absent when measured. */
  readonly reason?: string;
  /** Present when the budget was too small for a batch. */
  readonly needed?: { readonly budgetFlops: number };
  readonly points: readonly LearningRatePoint[];
  readonly optima: readonly RateOptimum[];
  /** Best rule first; empty below two bracketed batches. */
  readonly rules: readonly RateRule[];
};

type Runs = ReadonlyMap<RateIndex, CellResult>;

const FIRST: readonly RateIndex[] = [-4, -2, 0, 2, 4];
// The first five, both neighbours of the best, and one more where it was at an end.
const USUAL_RUNS = 8;
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

function byRate(sweep: Sweep, runs: Runs): SearchedBatch["runs"] {
  return [...runs]
    .sort(([a], [b]) => a - b)
    .map(([index, result]) => ({ rate: rateAt(sweep, index), result }));
}

function* searchBatch(
  sweep: Sweep,
  batchExamples: number,
  maxSteps: number,
): Experiment<SearchedBatch> {
  const runs = new Map<RateIndex, CellResult>();
  const ceiling = sweep.costCeiling(batchExamples, maxSteps);
  const found = (status: RateOptimum["status"], missing: number): SearchedBatch => ({
    optimum: optimumOf(sweep, batchExamples, runs, status),
    runs: byRate(sweep, runs),
    wholeFlops: Math.max(USUAL_RUNS, runs.size + missing) * ceiling,
  });
  let wanted: readonly RateIndex[] = FIRST;
  for (let round = 0; round < MOST_ROUNDS && wanted.length > 0; round += 1) {
    if (!sweep.budget.allows(wanted.length * ceiling)) return found("over-budget", wanted.length);
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
  return found(wanted.length === 0 ? "ok" : "lr-not-bracketed", 0);
}

function pointsOf({ optimum: { batchExamples }, runs }: SearchedBatch): LearningRatePoint[] {
  return runs.map(({ rate, result }) => ({
    batchExamples,
    peakLearningRate: rate,
    loss: result.status === "diverged" ? result.bestLoss : result.finalLoss,
    diverged: result.status === "diverged",
  }));
}

const batchesWith = (optima: readonly RateOptimum[], status: RateOptimum["status"]): string =>
  optima
    .filter((one) => one.status === status)
    .map(({ batchExamples }) => batchExamples)
    .join(", ");

/** Whether every batch has its best rate; if not, why, and the budget that would have had room for all runs. */
function verdict(
  searched: readonly SearchedBatch[],
): Pick<LearningRateResult, "status" | "reason" | "needed"> {
  const optima = searched.map(({ optimum }) => optimum);
  const open = batchesWith(optima, "lr-not-bracketed");
  const refused = batchesWith(optima, "over-budget");
  if (open === "" && refused === "") return { status: "measured" };
  const reasons = [
    ...(open === "" ? [] : [`the best learning rate is at the edge of those run at batch ${open}`]),
    ...(refused === "" ? [] : [`the budget is too small for the runs at batch ${refused}`]),
  ];
  const flops = searched.reduce((sum, { wholeFlops }) => sum + wholeFlops, 0);
  return {
    status: open === "" ? "insufficient-measurements" : "lr-not-bracketed",
    reason: reasons.join("; "),
    ...(refused === "" ? {} : { needed: { budgetFlops: Math.ceil(flops) } }),
  };
}

/**
 * Final loss over learning rate and batch at a fixed number of examples; per batch the rate is walked on
 * a sqrt(2) grid until the optimum lies inside, or the given rates are run; then rules for the best rate over batches are compared.
 *
 * @source docs/method.md, Probes
 */
export function* learningRate(
  sweep: Sweep,
  options: LearningRateOptions,
): Experiment<LearningRateResult> {
  const batches = [...options.batchExamples].sort((a, b) => a - b);
  const { examples, peakLearningRates: rates } = options;
  const searched = yield* inParallel(
    "learning rates",
    batches.map((batch) => {
      const maxSteps = Math.max(1, Math.round(examples / batch));
      return rates === undefined
        ? searchBatch(sweep, batch, maxSteps)
        : runRates(sweep, batch, maxSteps, rates);
    }),
  );
  const optima = searched.map(({ optimum }) => optimum);
  const found = optima.filter(({ peakLearningRate }) => peakLearningRate !== undefined);
  const rules =
    found.length < 2
      ? []
      : compareRateRules(
          found.map(({ batchExamples }) => batchExamples),
          found.map(({ peakLearningRate }) => peakLearningRate!),
        );
  return { ...verdict(searched), points: searched.flatMap(pointsOf), optima, rules };
}
