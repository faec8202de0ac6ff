// Proof that the measuring chain finds the truth: the noisy quadratic model at the oracle size, seeded
// repeats of the whole critical-batch probe beside the closed form passed through the same evaluation
// grid, smoothing, rate grid and fit. Argument: number of repeats (40).
import { readFileSync } from "node:fs";
import { instantiateKernels } from "../../../api/probe/engines/fused/kernel-exports.ts";
import {
  openQuadraticRun,
  quadraticSpectrum,
} from "../../../api/probe/engines/fused/quadratic-run.ts";
import { criticalBatch } from "../../../api/probe/experiments/critical-batch.ts";
import { quadraticSweep } from "../../../api/probe/experiments/quadratic-sweep.ts";
import { chargedStages, runStages } from "../../../api/probe/experiments/run-experiment.ts";
import { Budget } from "../../../api/probe/experiments/sweep.ts";
import { runCell } from "../../../api/probe/run-cell.ts";
import type { QuadraticTask } from "../../../api/probe/tasks/task.ts";
import { quadraticOracle } from "../../probe/reference/quadratic-oracle.ts";

const repeats = Number(process.argv[2] ?? 40);
const task: QuadraticTask = {
  kind: "quadratic",
  dimensions: 100,
  spectrumExponent: 1,
  initialVariance: 1,
  replicas: 64,
  targetLoss: 0.05,
};
const batches = [1, 4, 16, 64, 256, 1024, 4096, 16384];
const kernels = instantiateKernels(
  new WebAssembly.Module(readFileSync(new URL("../../../build/kernels.wasm", import.meta.url))),
);
const oracle = quadraticOracle(quadraticSpectrum(task), batches, task.targetLoss);

function probe(seed: number) {
  const budget = new Budget(3e12);
  const options = {
    pilotSteps: 3000,
    targetLoss: task.targetLoss,
    targetDepth: 0.8,
    seeds: 3,
    intervalLevel: 0.8,
  };
  const sweep = quadraticSweep(task, seed, budget, batches);
  const deps = {
    engine: {
      name: "none",
      open: () => {
        throw new Error("no engine");
      },
    },
    openQuadratic: (...run: [QuadraticTask, number, number, number]) =>
      openQuadraticRun(kernels, ...run),
  };
  const stages = chargedStages(criticalBatch(sweep, options), budget);
  const work = runStages(
    stages,
    (cell) => runCell(deps, cell),
    () => {},
  );
  let next = work.next();
  while (!next.done) next = work.next();
  return next.value;
}

const results = Array.from({ length: repeats }, (_, i) => probe(1 + 1009 * i));
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const ratios = batches.map((_, i) => {
  const mean = results.reduce((sum, { points }) => sum + points[i]!.steps, 0) / repeats;
  return mean / oracle.points[i]!.steps;
});
const bCrits = results.map((result) => result.bCritExamples?.value ?? Number.NaN);
const covered = results.filter(({ bCritExamples }) => {
  if (bCritExamples === undefined) return false;
  const { lower, upper } = bCritExamples.interval;
  return lower <= oracle.bCrit && oracle.bCrit <= upper;
}).length;
const logSds = results.map((r) =>
  Math.max(r.fisherLogSd ?? Infinity, r.jackknifeLogSd ?? Infinity),
);
const report = {
  repeats,
  oracle,
  stepsOverClosedForm: ratios,
  meanBCrit: bCrits.reduce((a, b) => a + b, 0) / repeats,
  covered,
  medianLogSd: median(logSds),
  statuses: results.map(({ status }) => status),
};
console.log(JSON.stringify(report, null, 2));
