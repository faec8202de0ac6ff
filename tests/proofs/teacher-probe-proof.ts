import { readTeacher } from "../../api/services/probes/read-task.ts";
import {
  compileKernels,
  KERNEL_SOURCES,
  logCriticalBatch,
  mean,
  median,
  runCriticalBatch,
  sampleSd,
  statedLogSd,
} from "./probe-run.ts";
import type { Figure, Proof } from "./proof.ts";

const SEEDS = 10;
const MOST_SD_LOG = 0.2;
const MOST_SD_OVER_STATED = 1.5;
const RARE = 3.3;

/** What a sample sd of so few values may exceed the true one by. */
function widened(limit: number, count: number, share: number): number {
  return share === 1 ? limit : limit * (1 + RARE / Math.sqrt(2 * (count - 1)));
}

/** The default critical-batch probe, again and again with another seed for data, weights and order. */
export const teacherProbeProof: Proof = {
  id: "teacher-probe",
  specification:
    "The default critical-batch probe on the default teacher, seeds 1 to 10: all bracketed, standard deviation of ln B_c at " +
    "most 0.20 and at most 1.5 times the median stated one.",
  module: "tests/proofs/teacher-probe-proof.ts",
  sources: KERNEL_SOURCES,
  figuresOf: (share) => {
    const count = Math.max(2, Math.ceil(SEEDS * share));
    const kernels = compileKernels();
    const task = readTeacher({ kind: "teacher" });
    const probes = Array.from({ length: count }, (_unused, i) =>
      runCriticalBatch(kernels, { task, seed: i + 1 }),
    );
    const logs = probes.map(({ result }) => logCriticalBatch(result));
    const sd = sampleSd(logs);
    const stated = median(probes.map(({ result }) => statedLogSd(result)));
    const flops = probes.map(({ flops: { done, expected } }) => done / expected);
    return [
      ...logs.map(
        (log, i): Figure => ({ name: `seed ${i + 1}: B_c, examples`, value: Math.exp(log) }),
      ),
      { name: "geometric mean of B_c, examples", value: Math.exp(mean(logs)) },
      {
        name: "sd of ln B_c",
        value: sd,
        limits: { most: widened(MOST_SD_LOG, count, share) },
      },
      { name: "median stated sd of ln B_c", value: stated },
      {
        name: "sd over the stated one",
        value: sd / stated,
        limits: { most: widened(MOST_SD_OVER_STATED, count, share) },
      },
      { name: "least FLOPs done over expected", value: Math.min(...flops), limits: { least: 0.5 } },
      { name: "most FLOPs done over expected", value: Math.max(...flops), limits: { most: 1.5 } },
    ];
  },
};
