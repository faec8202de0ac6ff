import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { type Contestant, timedHere } from "../contestant.ts";
import { fastestOf } from "../pairs.ts";
import type { Workload } from "../workloads.ts";
import { openTfjsLoops } from "./tfjs-loops.ts";

/** The wasm backend of tfjs in Node, its SIMD binary on one thread. */
export async function startTfjs(): Promise<string> {
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend of tfjs does not start");
  await tf.ready();
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("tfjs without SIMD");
  return tf.version_core;
}

/** The fastest loop of a workload. */
export async function openTfjs(workload: Workload): Promise<Contestant> {
  const { loops, close } = openTfjsLoops(workload);
  return { ...(await fastestOf(loops.map(timedHere))), close };
}
