// The hourly sweep under `npm start`: the platform's cron, and what only the owner of the disk can do.
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Miniflare } from "miniflare";

const CRON = "17 * * * *";
// A storage that was wiped is one page of an empty database, beside which no log lies.
const EMPTY_BYTES = 4096;
// As long as an object that has just been made may need to write its first row.
const FRESH_MS = 60_000;

// The start has more urgent work.
const FIRST_MS = 60_000;

interface Sweeps {
  readonly stop: () => Promise<void>;
}

/**
 * Sweeps soon and then again and again, each time that long after the end of the sweep before.
 *
 * @param jobFolder - where the runtime keeps the storage of the job objects.
 */
export function startSweeps(miniflare: Miniflare, jobFolder: string, everyMs: number): Sweeps {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const once = async () => {
    const worker = await miniflare.getWorker("critbatch");
    await worker.scheduled({ cron: CRON });
    await removeEmptyStorages(jobFolder, Date.now() - FRESH_MS);
  };
  let running: Promise<void> = Promise.resolve();
  const again = () => {
    running = once()
      .catch((fault: unknown) => {
        if (!stopped) console.error("the sweep failed", fault);
      })
      .then(() => {
        if (!stopped) timer = setTimeout(again, everyMs);
      });
  };
  timer = setTimeout(again, Math.min(everyMs, FIRST_MS));
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/**
 * Removes the files of objects that have forgotten their jobs: the runtime leaves an empty database of each. The name of
 * such an object is never used again.
 */
export async function removeEmptyStorages(folder: string, beforeMs: number): Promise<void> {
  const names = new Set(await readdir(folder).catch(() => []));
  for (const name of names) {
    if (!/^[0-9a-f]{64}\.sqlite$/.test(name) || names.has(`${name}-wal`)) continue;
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined && file.size <= EMPTY_BYTES && file.mtimeMs <= beforeMs) await rm(path);
  }
}
