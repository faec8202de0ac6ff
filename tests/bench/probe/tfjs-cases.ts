import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type KerasTopology, readTopology } from "../../../api/probe/keras/read-topology.ts";
import { resolveProbe } from "../../../api/probe/probe-spec.ts";
import { openProbe } from "../../../api/probe/run-probe.ts";
import type { MatrixEngine } from "../../../api/probe/training-session.ts";
import { readTeacher } from "../../../api/services/read-probe-task.ts";
import { createTfjsEngine, kernelMemoryBytes } from "../../../build/tfjs-engine.mjs";
import { layer, sequential } from "../../probe/keras-topologies.ts";
import { type Case, toCase } from "../cases.ts";
import { ROOT, type Server, startService } from "../servers.ts";
import { quantile, spreadOf } from "../stats.ts";
import { collectGarbage } from "./pairs.ts";

const LATER_CALLS = 5;
// Of a probe whose memory is looked at: what it needs it has taken by then.
const MOST_SLICES = 8;
const IMAGE = { kernel_size: 1, padding: "same", activation: "relu" };
const ADAMW = {
  kind: "adamw",
  adamBeta1: 0.9,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  weightDecay: 0.1,
} as const;
const TABLE = { kind: "teacher", inputFeatures: 4096, classes: 10, trainExamples: 512 } as const;

/** Topologies at the limits: a million parameters, and a million activations of one example. */
const LARGEST = {
  parameters: sequential(
    [4096],
    [layer("Dense", "a", { units: 240 }), layer("Dense", "b", { units: 10 })],
  ),
  activations: sequential(
    [64, 64, 1],
    [
      layer("Conv2D", "a", { ...IMAGE, filters: 60 }),
      layer("LayerNormalization", "b"),
      layer("Activation", "c", { activation: "tanh" }),
      layer("MaxPooling2D", "p", { pool_size: 1 }),
      layer("GlobalAveragePooling2D", "g"),
      layer("Dense", "d", { units: 10 }),
    ],
  ),
};

/** The engine's module with the binary of its kernels. */
export function measureTfjsSize(): Case {
  const sizes = ["tfjs-engine.mjs", "tfjs-kernels.wasm"].map(
    (name) => gzipSync(readFileSync(join(ROOT, "build", name))).length,
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return toCase(
    {
      id: "tfjs-engine-size",
      shape: "minified, with its wasm, gzip",
      unit: "bytes",
      ...spreadOf([bytes]),
    },
    { comparison: "<=", value: 350_000 },
  );
}

/** What the first call of the engine costs in a fresh service beyond a later one. */
export async function measureTfjsStart(starts: number): Promise<Case> {
  const milliseconds: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const service = await startService();
    try {
      // Loads what both engines need.
      await multiply(service, "fused");
      const first = await multiply(service, "tfjs");
      const later: number[] = [];
      for (let call = 0; call < LATER_CALLS; call += 1) later.push(await multiply(service, "tfjs"));
      milliseconds.push(first - quantile(later, 0.5));
    } finally {
      await service.stop();
    }
  }
  return toCase(
    {
      id: "tfjs-engine-start",
      shape: `first call less a later one, ${starts} starts`,
      unit: "ms",
      ...spreadOf(milliseconds),
    },
    { comparison: "<=", value: 50 },
  );
}

async function multiply({ url }: Server, engine: "fused" | "tfjs"): Promise<number> {
  const begun = performance.now();
  const answer = await fetch(`${url}/v1/benchmarks/gemm/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ engine }),
  });
  if (!answer.ok) throw new Error(`gemm was answered ${await answer.text()}`);
  await answer.arrayBuffer();
  return performance.now() - begun;
}

/**
 * The most memory that probes of the largest topologies need: that of the kernels, and what is alive in JavaScript,
 * data and training runs included.
 */
export async function measureTfjsMemory(): Promise<Case> {
  const compiled = new WebAssembly.Module(readFileSync(join(ROOT, "build", "tfjs-kernels.wasm")));
  collectGarbage();
  const before = javascriptBytes();
  const engine = await createTfjsEngine(compiled);
  const megabytes = Object.values(LARGEST).map((topology) => {
    const most = mostBytes(engine, readTopology(topology));
    return (most - before) / 1e6;
  });
  const shape = `topologies with the most ${Object.keys(LARGEST).join(" and ")}`;
  return toCase(
    {
      id: "tfjs-engine-memory",
      shape,
      unit: "MB",
      ...spreadOf(megabytes),
      median: Math.max(...megabytes),
    },
    { comparison: "<", value: 100 },
  );
}

function mostBytes(engine: MatrixEngine, topology: KerasTopology): number {
  const opened = openProbe(
    { engine, openQuadratic: noQuadratic },
    resolveProbe({
      experiment: "noise-scale",
      engine: "tfjs",
      task: readTeacher({ ...TABLE, validationExamples: 64 }),
      model: { kind: "keras", topology },
      optimizer: ADAMW,
      budgetFlops: 1e13,
    }),
  );
  if (opened.status !== "ok") throw new Error("the task of the largest topologies is unusable");
  const work = opened.run(() => undefined);
  let most = 0;
  for (let slice = 0; slice < MOST_SLICES && !work.next().done; slice += 1) {
    collectGarbage();
    most = Math.max(most, kernelMemoryBytes() + javascriptBytes());
  }
  engine.close?.();
  return most;
}

function javascriptBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function noQuadratic(): never {
  throw new Error("a topology does not train the quadratic task");
}
