// The contestants inside workerd. Its clock stands still while it works, so each call is timed by who sends it.
import * as tf from "@tensorflow/tfjs-core";
import { useBackend } from "../../../../api/probe/engines/tfjs/tfjs-backend.ts";
import fusedKernels from "../../../../build/kernels.wasm";
import tfjsKernels from "../../../../build/tfjs-kernels.wasm";
import { openFused, type TrainingLoop } from "../contestant.ts";
import { openTfjsLoops } from "../rivals/tfjs-loops.ts";
import { DECODERS, PERCEPTRONS, workloadsOf } from "../workloads.ts";
import type { Command, Opened } from "./commands.ts";

let loops: readonly TrainingLoop[] = [];
let close = () => {};

async function open(family: string, workload: string): Promise<Opened> {
  close();
  await useBackend(tfjsKernels, "wasm");
  const found = [...PERCEPTRONS, ...DECODERS].find(({ id }) => id === family);
  const chosen = found && workloadsOf(found).find(({ id }) => id === workload);
  if (chosen === undefined) throw new RangeError(`no workload ${workload}`);
  const fused = openFused(fusedKernels, chosen);
  const rivals = openTfjsLoops(chosen);
  loops = [fused, ...rivals.loops];
  close = rivals.close;
  const opened = loops.map(({ name, firstLosses }) => ({ name, firstLosses }));
  return { loops: opened, multiplyAdds: fused.multiplyAdds, tfjsVersion: tf.version_core };
}

function answer(command: Command): Promise<Opened> | { readonly lossNats: number } {
  if ("open" in command) return open(command.family, command.open);
  // Nothing to train: what a call costs besides.
  if (command.steps === 0) return { lossNats: 0 };
  const loop = loops.find(({ name }) => name === command.train);
  if (loop === undefined) throw new RangeError(`no loop ${command.train}`);
  return { lossNats: loop.train(command.steps) };
}

export default {
  fetch: async (request: Request) => Response.json(await answer(await request.json<Command>())),
};
