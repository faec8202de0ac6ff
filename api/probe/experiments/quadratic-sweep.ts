import { quadraticSpectrum } from "../engines/fused/quadratic-run.ts";
import type { QuadraticTask } from "../tasks/task.ts";
import type { Budget, Sweep } from "./sweep.ts";

/**
 * A sweep of SGD on the noisy quadratic model. The grid of rates holds 1.9 / h_1, just inside the edge
 * of stability, at index 0: the optimum of large batches lies there.
 *
 * @param seed - uint32; run `seedIndex` uses seed + seedIndex * 7919.
 */
export function quadraticSweep(
  task: QuadraticTask,
  seed: number,
  budget: Budget,
  batchExamples?: readonly number[],
): Sweep {
  const spectrum = quadraticSpectrum(task);
  const startLoss = spectrum.reduce((sum, h) => sum + 0.5 * h * task.initialVariance, 0);
  const flopsPerStep = 4 * task.dimensions * ((task.replicas + 3) & ~3);
  return {
    baseRate: 1.9,
    startLoss,
    leastGainFraction: 0,
    pilotBatchExamples: batchExamples?.[Math.floor(batchExamples.length / 2)] ?? 64,
    ...(batchExamples ? { batchExamples } : {}),
    largestBatchExamples: 2 ** 24,
    makeCell: (batchExamples, peakLearningRate, seedIndex, stop) => ({
      kind: "quadratic",
      id: `b${batchExamples}-r${peakLearningRate.toPrecision(6)}-s${seedIndex}-n${stop.maxSteps}`,
      task,
      batchExamples,
      peakLearningRate,
      seed: (seed + seedIndex * 7919) >>> 0,
      stop,
    }),
    costCeiling: (_, steps) => 1.5 * flopsPerStep * steps + 100 * flopsPerStep,
    budget,
  };
}
