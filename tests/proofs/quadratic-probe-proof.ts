import { quadraticSpectrum } from "../../api/probe/engines/fused/quadratic-run.ts";
import type { QuadraticTask } from "../../api/probe/tasks/task.ts";
import { quadraticOracle } from "../probe/reference/quadratic-oracle.ts";
import {
  compileKernels,
  KERNEL_SOURCES,
  logCriticalBatch,
  mean,
  median,
  runCriticalBatch,
  statedLogSd,
} from "./probe-run.ts";
import { allowance, type Figure, type Proof } from "./proof.ts";

const REPEATS = 40;
const SEED_STRIDE = 1009;
const TASK: QuadraticTask = {
  kind: "quadratic",
  dimensions: 100,
  spectrumExponent: 1,
  initialVariance: 1,
  replicas: 64,
  targetLoss: 0.05,
};
const BATCHES = [1, 4, 16, 64, 256, 1024, 4096, 16384];
// Sd of ln steps between repeats, at most, over the batches: what fewer repeats scatter.
const STEPS_SD_LOG = 0.05;
const RARE = 3.3;

/** The whole measuring chain on a model whose answer is known in closed form. */
export const quadraticProbeProof: Proof = {
  id: "quadratic-probe",
  specification:
    "Noisy quadratic model of the oracle size (K = 100, h_i = 1/i, sigma^2 = h, s_0 = 1, 64 replicas, target 0.05), " +
    "batches 4^0 to 4^7, 40 seeds, three repeats at the ends and the middle. Mean steps within 3 % of the closed form " +
    "passed through the same smoothing, interpolation and rate grid at every batch; mean B_c within 10 % of the fit to " +
    "those; its 80 % interval covers that in at least 25 of 40; median sd of ln B_c at most 0.25.",
  module: "tests/proofs/quadratic-probe-proof.ts",
  sources: KERNEL_SOURCES,
  figuresOf: (share) => {
    const repeats = Math.ceil(REPEATS * share);
    const kernels = compileKernels();
    const oracle = quadraticOracle(quadraticSpectrum(TASK), BATCHES, TASK.targetLoss);
    const results = Array.from(
      { length: repeats },
      (_unused, i) =>
        runCriticalBatch(kernels, {
          task: TASK,
          batchExamples: BATCHES,
          seed: 1 + SEED_STRIDE * i,
        }).result,
    );
    const off = 0.03 + (share === 1 ? 0 : (RARE * STEPS_SD_LOG) / Math.sqrt(repeats));
    const steps = BATCHES.map((batch, i): Figure => {
      const measured = mean(results.map(({ points }) => points[i]?.steps ?? Number.NaN));
      return {
        name: `batch ${batch}: mean steps over the closed form's`,
        value: measured / (oracle.points[i]?.steps ?? Number.NaN),
        limits: { least: 1 - off, most: 1 + off },
      };
    });
    const covered = results.filter(({ bCritExamples: b }) =>
      b === undefined
        ? false
        : b.interval.lower <= oracle.bCrit && oracle.bCrit <= b.interval.upper,
    );
    const least = 25 / REPEATS;
    return [
      { name: "repeats", value: repeats },
      { name: "B_c of the closed form, examples", value: oracle.bCrit },
      ...steps,
      {
        name: "mean B_c over the closed form's",
        value: mean(results.map((result) => Math.exp(logCriticalBatch(result)))) / oracle.bCrit,
        limits: { least: 0.9, most: 1.1 },
      },
      {
        name: "80 % intervals that cover",
        value: covered.length / repeats,
        limits: { least: least - allowance(least, repeats, share) },
      },
      {
        name: "median stated sd of ln B_c",
        value: median(results.map(statedLogSd)),
        limits: { most: 0.25 },
      },
    ];
  },
};
