// Prints as JSON the megabytes that probes of the largest topologies need, a process of its own: TensorFlow.js is loaded
// once here, from the engine's bundle.
import { readFileSync } from "node:fs";
import { type KerasTopology, readTopology } from "../../../api/probe/keras/read-topology.ts";
import { resolveProbe } from "../../../api/probe/probe-spec.ts";
import { openProbe } from "../../../api/probe/run-probe.ts";
import type { MatrixEngine } from "../../../api/probe/training-session.ts";
import { readTeacher } from "../../../api/services/probes/read-task.ts";
import { createTfjsEngine, kernelMemoryBytes } from "../../../build/tfjs-engine.mjs";
import { layer, sequential } from "../../probe/keras-topologies.ts";
import { collectGarbage } from "./pairs.ts";

// Slices of a probe whose memory is looked at: what it needs it has taken by then.
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

const kernels = new URL("../../../build/tfjs-kernels.wasm", import.meta.url);
const compiled = new WebAssembly.Module(readFileSync(kernels));
collectGarbage();
const before = javascriptBytes();
const engine = await createTfjsEngine(compiled);
const megabytes = Object.entries(LARGEST).map(([name, topology]) => {
  return [name, (mostBytes(engine, readTopology(topology)) - before) / 1e6];
});
console.log(JSON.stringify(Object.fromEntries(megabytes)));
