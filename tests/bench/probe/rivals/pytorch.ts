import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPython } from "../../../../tools/find-python.ts";
import type { Contestant } from "../contestant.ts";
import { CHECKED_STEPS, rivalData, type Workload } from "../workloads.ts";

/** PyTorch on one thread in a process of its own, which stays so that samples can alternate. */
export interface Pytorch {
  readonly version: string;
  /** Rate of its own 512 x 512 product: shows whether its BLAS is an optimised one. */
  readonly gemmGflopPerSecond: number;
  open(workload: Workload): Promise<Contestant>;
  stop(): void;
}

const LOOP = fileURLToPath(new URL("pytorch_loop.py", import.meta.url));
const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** Starts PyTorch; undefined where no Python with it is found. */
export async function startPytorch(): Promise<Pytorch | undefined> {
  const python = findPython("torch");
  if (python === undefined) return undefined;
  const child = spawn(python, [LOOP], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...ONE_THREAD },
  });
  const ask = askerOf(child);
  const folder = mkdtempSync(join(tmpdir(), "critbatch-pytorch-"));
  const about = await ask<Pick<Pytorch, "version" | "gemmGflopPerSecond">>({ version: true });
  return {
    ...about,
    open: async (workload) => {
      const data = join(folder, "workload.bin");
      writeFileSync(data, bytesOf(workload));
      const { losses, variant } = await ask<Opened>({ open: describe(workload), data });
      return {
        name: `PyTorch ${variant}`,
        firstLosses: losses,
        time: async (steps) => (await ask<{ seconds: number }>({ steps })).seconds,
        close: () => undefined,
      };
    },
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Opened {
  readonly losses: readonly number[];
  readonly variant: string;
}

function askerOf(child: ChildProcess) {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("Python was started without pipes");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async <Answer>(command: unknown): Promise<Answer> => {
    stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("Python ended; what it said stands above");
    return JSON.parse(value) as Answer;
  };
}

function describe(workload: Workload) {
  const { spec, dataset } = workload;
  const { model, batchExamples, peakLearningRate } = spec;
  const common = {
    kind: model.kind,
    count: rivalData(workload).weights.length,
    steps: CHECKED_STEPS,
    batch: batchExamples,
    rate: peakLearningRate,
  };
  if (model.kind === "transformer" && dataset.kind === "tokens") {
    const { layers, dModel: width, heads, contextTokens: context } = model;
    return { ...common, layers, width, heads, context, vocabulary: dataset.vocabulary };
  }
  if (model.kind !== "mlp" || dataset.kind !== "rows") throw new RangeError("unknown workload");
  return { ...common, widths: [dataset.inputFeatures, ...model.hiddenWidths, dataset.outputs] };
}

function bytesOf(workload: Workload): Buffer {
  const { weights, inputs, labels } = rivalData(workload);
  return Buffer.concat(
    [weights, inputs, labels].map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );
}
