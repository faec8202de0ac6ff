import type { EngineRequest } from "../../api/probe/probe-spec.ts";
import { readTable } from "../../api/services/probes/read-table.ts";
import {
  compileKernels,
  KERNEL_SOURCES,
  logCriticalBatch,
  runCriticalBatch,
  type TimedProbe,
} from "./probe-run.ts";
import type { Figure, Proof } from "./proof.ts";
import { byteWindowTable, literaryText, pinnedText } from "./real-data.ts";

const SEEDS = [1, 2, 3];
const ROWS = 60_000;
const MOST_RATIO = 1.7;
const LEAST_DEPTH = 0.5;
const MOST_CPU_SECONDS = 60;

type RealTask = Omit<EngineRequest, "experiment" | "seed">;

// Half the width and context of the default: a fifteenth of its cost, for every run of the tests.
const SMALL_DECODER: NonNullable<EngineRequest["model"]> = {
  kind: "transformer",
  layers: 1,
  dModel: 16,
  heads: 2,
  contextTokens: 16,
  tiedHead: true,
};

async function realTasks(share: number): Promise<Readonly<Record<string, RealTask>>> {
  const text = pinnedText();
  const table: RealTask = {
    task: await readTable(byteWindowTable(text, ROWS), "classification"),
  };
  const program: RealTask = { task: { kind: "language", text } };
  if (share < 1)
    return { table, "program text, small model": { ...program, model: SMALL_DECODER } };
  const literary = literaryText();
  return {
    table,
    "program text": program,
    ...(literary && { "literary text": { task: { kind: "language", text: literary } } }),
  };
}

function figuresOfTask(name: string, probes: readonly TimedProbe[]): Figure[] {
  const logs = probes.map(({ result }) => logCriticalBatch(result));
  const depths = probes.map(({ result }) => result.targetDepth ?? Number.NaN);
  const flops = probes.map(({ flops: { done, expected } }) => done / expected);
  return [
    ...logs.map(
      (log, i): Figure => ({
        name: `${name}, seed ${i + 1}: B_c, examples`,
        value: Math.exp(log),
        // Not a number where the range did not bracket the knee.
        limits: { least: 0 },
      }),
    ),
    {
      name: `${name}: largest B_c over smallest`,
      value: Math.exp(Math.max(...logs) - Math.min(...logs)),
      limits: { most: MOST_RATIO },
    },
    {
      name: `${name}: least target depth`,
      value: Math.min(...depths),
      limits: { least: LEAST_DEPTH },
    },
    {
      name: `${name}: most CPU-seconds`,
      value: Math.max(...probes.map(({ cpuSeconds }) => cpuSeconds)),
      limits: { most: MOST_CPU_SECONDS },
    },
    { name: `${name}: least FLOPs done over expected`, value: Math.min(...flops) },
    { name: `${name}: most FLOPs done over expected`, value: Math.max(...flops) },
  ];
}

/** Critical-batch probes on data that nobody made up. */
export const realDataProof: Proof = {
  id: "real-data-probes",
  specification:
    "The default critical-batch probe, seeds 1 to 3, on the first 400 kB of a program text of a pinned package, on 60,000 rows " +
    "of byte windows of that text (the kind of the next character), and on 400 kB of literary text where CRITBATCH_DATA has " +
    "it: bracketed, target depth at least 0.5, at most 60 CPU-seconds each, seeds within a factor 1.7.",
  module: "tests/proofs/real-data-proof.ts",
  sources: KERNEL_SOURCES,
  figuresOf: async (share) => {
    const kernels = compileKernels();
    const seeds = share === 1 ? SEEDS : SEEDS.slice(0, 1);
    return Object.entries(await realTasks(share)).flatMap(([name, task]) =>
      figuresOfTask(
        name,
        seeds.map((seed) => runCriticalBatch(kernels, { ...task, seed })),
      ),
    );
  },
};
