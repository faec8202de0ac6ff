// Speed of the fused engine in this runtime: GFLOP/s of the matrix kernels beside a register-only
// multiply-add loop, microseconds per train step, and the
// price of exact per-example norms. Samples alternate, the minimum of fixed counts is kept.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { createFusedEngine } from "../../../api/probe/engines/fused/fused-engine.ts";
import { fillNormal, uniformAt } from "../../../api/probe/random.ts";
import type {
  ProbeDataset,
  ProbeModel,
  ProbeOptimizer,
  TrainingSession,
} from "../../../api/probe/training-session.ts";

type Gemm = (
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  c: number,
  ldc: number,
  accumulate: boolean,
  work: number,
) => void;
type BenchExports = {
  readonly memory: WebAssembly.Memory;
  readonly gemmNN: Gemm;
  readonly gemmNT: Gemm;
  readonly gemmTN: Gemm;
  peakLoop(accumulators: number, iterations: number, factor: number, addend: number): number;
};

const module = new WebAssembly.Module(
  readFileSync(new URL("../../../build/kernels.wasm", import.meta.url)),
);
const bench = new WebAssembly.Instance(module, {}).exports as unknown as BenchExports;
const rounds = Number(process.argv[2] ?? 12);
const BLOCK = 6 << 20;

function timed(work: () => void, milliseconds: number): number {
  const start = performance.now();
  let count = 0;
  let passed = 0;
  do {
    work();
    count += 1;
    passed = performance.now() - start;
  } while (passed < milliseconds);
  return passed / count;
}

/** Smallest time of each candidate over alternating rounds, milliseconds a call. */
function race(candidates: readonly (() => void)[], milliseconds = 12): number[] {
  const best = candidates.map(() => Number.POSITIVE_INFINITY);
  for (const work of candidates) timed(work, 30);
  for (let round = 0; round < rounds; round += 1) {
    candidates.forEach((work, i) => {
      best[i] = Math.min(best[i]!, timed(work, milliseconds));
    });
  }
  return best;
}

const peakWork = [8, 9, 10, 11, 12]
  .filter((count) => count % 2 === 0)
  .map((count) => ({
    flops: count * 8 * 20000,
    run: () => bench.peakLoop(count, 20000, 0.999, 0.001),
  }));

function gemmCase(batch: number, inputs: number, outputs: number) {
  const [a, b, c] = [1, 2, 3].map((i) => i * BLOCK) as [number, number, number];
  const work = 131072;
  const forward = () =>
    bench.gemmNN(batch, outputs, inputs, a, inputs, b, outputs, c, outputs, false, work);
  const backward = () =>
    bench.gemmNT(batch, inputs, outputs, a, outputs, b, outputs, c, inputs, false, work);
  const weights = () =>
    bench.gemmTN(inputs, outputs, batch, a, inputs, b, outputs, c, outputs, false, work);
  const times = race([forward, backward, weights, ...peakWork.map(({ run }) => run)]);
  const flops = 2 * batch * inputs * outputs;
  const peak = Math.max(...peakWork.map(({ flops: f }, i) => f / times[3 + i]! / 1e6));
  const rates = times.slice(0, 3).map((ms) => flops / ms / 1e6);
  return { id: `gemm ${batch}x${inputs}x${outputs}`, gflopPerSecond: rates, peak };
}

function rowsDataset(inputFeatures: number, outputs: number): ProbeDataset {
  const count = 4096;
  const inputs = new Float32Array(count * inputFeatures);
  fillNormal(inputs, 1, 1, 1);
  const targets = Int32Array.from({ length: count }, (_, i) =>
    Math.floor(uniformAt(1, 2, i) * outputs),
  );
  const part = { count, inputs, targets };
  const validation = {
    count: 1,
    inputs: inputs.slice(0, inputFeatures),
    targets: targets.slice(0, 1),
  };
  return {
    kind: "rows",
    inputFeatures,
    outputs,
    loss: "softmax-cross-entropy",
    train: part,
    validation,
  };
}

function textDataset(length: number): ProbeDataset {
  const train = Uint8Array.from({ length }, (_, i) => Math.floor(uniformAt(1, 3, i) * 64));
  return { kind: "tokens", vocabulary: 64, train, validation: train.slice(0, 1024) };
}

function stepCase(id: string, model: ProbeModel, dataset: ProbeDataset, batchExamples: number) {
  const optimizer: ProbeOptimizer = { kind: "sgd", weightDecay: 0 };
  const open = (exampleNorms: boolean): TrainingSession =>
    createFusedEngine(module).open(
      {
        model,
        optimizer,
        batchExamples,
        peakLearningRate: 1e-3,
        warmupSteps: 0,
        averaging: { kind: "none" },
        seed: 1,
        exampleNorms,
        curvature: false,
      },
      dataset,
    );
  const plain = open(false);
  const withNorms = open(true);
  const flops = plain.trainFlopsPerExample * batchExamples;
  const steps = Math.max(1, Math.min(200, Math.round(2e8 / flops)));
  const run = (session: TrainingSession) => () => {
    session.advance(session.step + steps, 1e9);
    session.takeRecords();
  };
  const [withMs, withoutMs] = race([run(withNorms), run(plain)]) as [number, number];
  return {
    id: `${id} batch ${batchExamples}`,
    stepMicroseconds: (1e3 * withMs) / steps,
    normsRatio: withMs / withoutMs,
    gflopPerSecond: flops / (withMs / steps) / 1e6,
  };
}

bench.memory.grow(Math.ceil((5 * BLOCK) / 65536));
const fill = new Float32Array(bench.memory.buffer, BLOCK, (3 * BLOCK) / 4);
for (let i = 0; i < fill.length; i += 1) fill[i] = Math.sin(i);

const gemms = [
  [64, 128, 128],
  [64, 784, 128],
  [256, 784, 128],
  [1024, 784, 128],
  [64, 256, 256],
  [256, 256, 256],
  [64, 64, 128],
].map(([batch, inputs, outputs]) => gemmCase(batch!, inputs!, outputs!));
for (const { id, gflopPerSecond, peak } of gemms) {
  const shown = gflopPerSecond.map((rate) => `${rate.toFixed(1)} (${(rate / peak).toFixed(2)})`);
  console.log(
    id.padEnd(22),
    `NN ${shown[0]}  NT ${shown[1]}  TN ${shown[2]}  peak ${peak.toFixed(1)}`,
  );
}

const relu = (width: number): ProbeModel => ({
  kind: "mlp",
  hiddenWidths: [width],
  activation: "relu",
});
const shapes = [
  ["64-128-10", relu(128), rowsDataset(64, 10)],
  ["784-128-10", relu(128), rowsDataset(784, 10)],
  ["256-256-64", relu(256), rowsDataset(256, 64)],
] as const;
const decoder = (layers: number, dModel: number, contextTokens: number): ProbeModel => ({
  kind: "transformer",
  layers,
  dModel,
  heads: dModel / 16,
  contextTokens,
  tiedHead: true,
});
const text = textDataset(40000);
const steps = [
  ...shapes.flatMap(([id, model, data]) =>
    [1, 4, 16, 64, 256, 1024].map((batch) => stepCase(id, model, data, batch)),
  ),
  stepCase("transformer d32 l1 t32", decoder(1, 32, 32), text, 16),
  stepCase("transformer d64 l2 t64", decoder(2, 64, 64), text, 4),
  stepCase("transformer d128 l4 t128", decoder(4, 128, 128), text, 1),
];
for (const { id, stepMicroseconds, normsRatio, gflopPerSecond } of steps) {
  console.log(
    id.padEnd(34),
    `${stepMicroseconds.toFixed(1).padStart(9)} us`,
    `${gflopPerSecond.toFixed(1).padStart(6)} GFLOP/s`,
    `norms x${normsRatio.toFixed(3)}`,
  );
}

const folder = new URL("../results/", import.meta.url);
mkdirSync(folder, { recursive: true });
const report = {
  schema: 1,
  runtime: `node ${process.version}`,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  loadAverage: loadavg()[0],
  gemms,
  steps,
};
writeFileSync(new URL("probe.json", folder), `${JSON.stringify(report, null, 2)}\n`);
