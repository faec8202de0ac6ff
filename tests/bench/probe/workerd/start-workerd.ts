import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleTfjs } from "../../../../tools/build/tfjs.ts";
import { runBareWorker } from "../../../../tools/run-worker.ts";
import { type Contestant, type FusedFigures, requireFinite } from "../contestant.ts";
import { fastestOf } from "../pairs.ts";
import type { Workload } from "../workloads.ts";
import type { Command, Opened } from "./commands.ts";

/** The contestants inside one workerd process. */
export interface Workerd {
  /** Opens a workload on both engines; of the loops of tfjs the fastest. */
  open(workload: Workload): Promise<{
    readonly candidate: Contestant & FusedFigures;
    readonly rival: Contestant;
  }>;
  stop(): Promise<void>;
}

/** Bundles the bench Worker and starts it. */
export async function startWorkerd(): Promise<Workerd> {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-bench-workerd-"));
  await bundleTfjs("tests/bench/probe/workerd/bench-worker.ts", join(folder, "worker.mjs"));
  const { url, stop } = await runBareWorker(folder);
  const ask = async <Answer>(command: Command): Promise<Answer> => {
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(command) });
    if (!answer.ok) throw new Error(`the bench Worker: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const contestant = (loop: Opened["loops"][number]): Contestant => ({
    ...loop,
    time: async (steps) => {
      const [empty] = await timed(() => ask({ train: loop.name, steps: 0 }));
      const [seconds, { lossNats }] = await timed(() =>
        ask<{ readonly lossNats: number }>({ train: loop.name, steps }),
      );
      requireFinite(lossNats, loop.name);
      return Math.max(seconds - empty, 1e-6);
    },
    close: () => undefined,
  });
  return {
    open: async ({ id, family }) => {
      const { loops, multiplyAdds } = await ask<Opened>({ open: id, family });
      const [fused, ...rivals] = loops.map(contestant);
      if (fused === undefined) throw new Error("the bench Worker opened nothing");
      return { candidate: { ...fused, multiplyAdds }, rival: await fastestOf(rivals) };
    },
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const start = performance.now();
  const value = await work();
  return [(performance.now() - start) / 1000, value];
}
