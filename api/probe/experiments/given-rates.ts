import type { CellResult } from "../cell.ts";
import { portableExp, portableLog } from "../portable-math.ts";
import type { RateOptimum, SearchedBatch } from "./searched-batch.ts";
import type { Experiment } from "./stage.ts";
import type { Sweep } from "./sweep.ts";

type Run = { readonly rate: number; readonly result: CellResult };

/** Vertex of the parabola in ln rate through the best run and its neighbours, which may lie at uneven distances. */
function vertex(left: Run, best: Run, right: Run): { rate: number; loss: number } {
  const { finalLoss: loss } = best.result;
  const below = portableLog(best.rate / left.rate);
  const above = portableLog(right.rate / best.rate);
  const fall = (loss - left.result.finalLoss) / below;
  const rise = (right.result.finalLoss - loss) / above;
  const curvature = (rise - fall) / (below + above);
  if (!(curvature > 0) || curvature === Number.POSITIVE_INFINITY) return { rate: best.rate, loss };
  const slope = (fall * above + rise * below) / (below + above);
  return {
    rate: best.rate * portableExp(-slope / (2 * curvature)),
    loss: loss - slope ** 2 / (4 * curvature),
  };
}

function optimumOf(batchExamples: number, runs: readonly Run[]): RateOptimum {
  const edge = runs.find(({ result }) => result.status === "diverged");
  const divergedAbove = edge === undefined ? {} : { divergedAbove: edge.rate };
  const lowest = Math.min(...runs.map(({ result }) => result.finalLoss));
  const at = runs.findIndex(({ result }) => result.finalLoss === lowest);
  const [left, best, right] = [runs[at - 1], runs[at], runs[at + 1]];
  if (!Number.isFinite(lowest) || left === undefined || best === undefined || right === undefined) {
    return { batchExamples, status: "lr-not-bracketed", ...divergedAbove };
  }
  const { rate, loss } = vertex(left, best, right);
  return { batchExamples, status: "ok", peakLearningRate: rate, loss, ...divergedAbove };
}

/**
 * Runs the given rates at one batch, and no others; the optimum counts when it lies between two of them.
 *
 * @param rates - ascending.
 */
export function* runRates(
  sweep: Sweep,
  batchExamples: number,
  maxSteps: number,
  rates: readonly number[],
): Experiment<SearchedBatch> {
  const wholeFlops = rates.length * sweep.costCeiling(batchExamples, maxSteps);
  if (!sweep.budget.allows(wholeFlops)) {
    return { optimum: { batchExamples, status: "over-budget" }, runs: [], wholeFlops };
  }
  const stop = { maxSteps, startLoss: sweep.startLoss };
  const cells = rates.map((rate) => sweep.makeCell(batchExamples, rate, 0, stop));
  const results = yield { name: `learning rates at batch ${batchExamples}`, cells };
  const runs = rates.map((rate, i) => ({ rate, result: results[i]! }));
  return { optimum: optimumOf(batchExamples, runs), runs, wholeFlops };
}
