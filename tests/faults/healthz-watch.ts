import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Watches how long /healthz takes. */
export interface HealthzWatch {
  /** The longest wait since the last call; milliseconds. */
  readonly longestMs: () => Promise<number>;
  readonly stop: () => Promise<unknown>;
}

export function watchHealthz(url: string): HealthzWatch {
  const thread = new Worker(new URL("healthz-thread.ts", import.meta.url), { workerData: { url } });
  return {
    longestMs: async () => {
      thread.postMessage("longest");
      const [longest] = await once(thread, "message");
      return Number(longest);
    },
    stop: () => thread.terminate(),
  };
}
