import type { LossFitRequest } from "../../../schemas/loss-fits/loss-fit.ts";
import type { LossRun } from "../../numerics/fitting/loss-form.ts";
import type { Notice } from "../shared/notices.ts";
import { nonEmbeddingCount } from "../shared/parameter-count.ts";

type GivenRun = LossFitRequest["runs"][number];

/** A run as a fit takes it. */
export interface SelectedRun extends LossRun {
  /** In the request, from 0. */
  readonly place: number;
  readonly peakLearningRate: number | undefined;
}

/** Runs in one count of parameters. */
export interface SelectedRuns {
  readonly runs: readonly SelectedRun[];
  readonly paramsCounted: "non-embedding" | "total";
}

/**
 * Returns the runs in one count of parameters, without those at a learning rate that another run of the same
 * parameters, tokens and batch beats.
 *
 * @param notices - receives what was converted and left out.
 */
export function selectRuns(given: readonly GivenRun[], notices: Notice[]): SelectedRuns {
  const paramsCounted = given.every((run) => run.totalParams !== undefined)
    ? "total"
    : "non-embedding";
  const conversions: Notice[] = [];
  const counted = given.map((run, place): SelectedRun => {
    const { totalParams = 0, trainingTokens, batchTokens, peakLearningRate, lossNats } = run;
    const params = paramsCounted === "total" ? totalParams : nonEmbeddingCount(run, conversions);
    return { place, params, trainingTokens, batchTokens, peakLearningRate, lossNats };
  });
  notices.push(...conversions.slice(0, 1));
  const runs = atBestRates(counted);
  if (runs.length < given.length) {
    notices.push({
      code: "best-learning-rates-kept",
      detail: `${given.length - runs.length} runs were left out because another learning rate gave a lower loss at the same parameters, tokens and batch.`,
    });
  }
  return { runs, paramsCounted };
}

function atBestRates(runs: readonly SelectedRun[]): SelectedRun[] {
  const cells = grouped(runs, (run) => `${run.params}/${run.trainingTokens}/${run.batchTokens}`);
  return cells.flatMap(atBestRate).sort((a, b) => a.place - b.place);
}

/** Of the learning rates of a cell the one with the lowest mean loss; a cell with runs that lack theirs stays whole. */
function atBestRate(cell: readonly SelectedRun[]): readonly SelectedRun[] {
  if (cell.some((run) => run.peakLearningRate === undefined)) return cell;
  const byRate = grouped(cell, (run) => String(run.peakLearningRate));
  return byRate.reduce((best, runs) => (meanLoss(runs) < meanLoss(best) ? runs : best));
}

function meanLoss(runs: readonly SelectedRun[]): number {
  return runs.reduce((sum, run) => sum + run.lossNats, 0) / runs.length;
}

function grouped(
  runs: readonly SelectedRun[],
  keyOf: (run: SelectedRun) => string,
): readonly (readonly SelectedRun[])[] {
  const groups = new Map<string, SelectedRun[]>();
  for (const run of runs) {
    const group = groups.get(keyOf(run));
    if (group === undefined) groups.set(keyOf(run), [run]);
    else group.push(run);
  }
  return [...groups.values()];
}
