import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findWorkerd } from "../processes.ts";
import type { Figure } from "../proofs/proof.ts";
import type { RunningService } from "./killable-service.ts";

const RETENTION_SECONDS = 20;
const SWEEP_SECONDS = 5;
// Wiped storages lie for a minute before a sweep removes their files; objects that nobody asks go after some seconds.
const REST_MS = 1000 * (RETENTION_SECONDS + 60 + 5 * SWEEP_SECONDS);
// Of a short run, whose figures have no limit.
const SHORT_REST_MS = 10_000;
const MOST_LEFT = 1.05;
// 1,000 pages of 4,096 bytes, each with a header of 24, and a header of 32.
const LOG_BYTES = 4_120_032;

/** Variables of a service whose state expires while one waits. */
export const SHORT_RETENTION = {
  JOB_RETENTION_DAYS: String(RETENTION_SECONDS / 86_400),
  DATASET_RETENTION_DAYS: String(RETENTION_SECONDS / 86_400),
  IDEMPOTENCY_HOURS: String(RETENTION_SECONDS / 3600),
  SWEEP_SECONDS: String(SWEEP_SECONDS),
};

interface Footprint {
  readonly descriptors: number;
  readonly bytes: number;
}

/** What a service holds at rest, before and after. */
export function watchFootprint(service: RunningService, share: number) {
  const restMs = share === 1 ? REST_MS : SHORT_REST_MS;
  let before: Promise<Footprint> | undefined = pause(restMs).then(() => footprintOf(service));
  return {
    /** Waits until what was stored before has expired, and takes the measure. */
    atRest: () => before,
    /** Waits until it is back, or until it should be. */
    async figures(): Promise<Figure[]> {
      const begun = performance.now();
      const { descriptors, bytes } = (await before) ?? (await footprintOf(service));
      before = undefined;
      let now = await footprintOf(service);
      const isBack = () =>
        now.descriptors <= MOST_LEFT * descriptors && now.bytes <= MOST_LEFT * bytes;
      while (!isBack() && performance.now() - begun < 2 * restMs) {
        await pause(1000);
        now = await footprintOf(service);
      }
      const limits = share === 1 ? { limits: { most: MOST_LEFT } } : {};
      return [
        { name: "soak: descriptors before", value: descriptors },
        {
          name: "soak: descriptors after retention over those before",
          value: now.descriptors / descriptors,
          ...limits,
        },
        { name: "soak: disk before, MB", value: bytes / 1e6 },
        {
          name: "soak: disk after retention over that before",
          value: now.bytes / bytes,
          ...limits,
        },
      ];
    },
  };
}

async function footprintOf({ child, folder }: RunningService): Promise<Footprint> {
  const pid = child.pid ?? Number.NaN;
  const descriptors = [pid, findWorkerd(pid)].reduce((sum, one) => sum + descriptorsOf(one), 0);
  return { descriptors, bytes: bytesBelow(folder) };
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A database's log counts as all that SQLite lets it have before it is emptied: how full it is says nothing. */
function countedBytes(path: string, bytes: number): number {
  return path.endsWith("-wal") ? Math.max(bytes, LOG_BYTES) : bytes;
}

function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += bytesBelow(path);
    // A file may go between the two calls.
    else bytes += countedBytes(path, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }
  return bytes;
}
