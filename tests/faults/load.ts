import { setTimeout as pause } from "node:timers/promises";
import { fullBodyAt, quickPathAt } from "../bench/requests.ts";
import { quantile } from "../bench/stats.ts";
import { residentBytes } from "../processes.ts";
import type { Figure } from "../proofs/proof.ts";
import { SHORT_RETENTION, watchFootprint } from "./footprint.ts";
import {
  kill,
  LONG_PROBE,
  type RunningService,
  type Services,
  SHORT_PROBE,
} from "./killable-service.ts";
import { mixedTraffic } from "./mixed-traffic.ts";

const PER_SECOND = 50;
const SECONDS = 600;
/** Of the whole run, in which memory is looked at: its last eight minutes. */
const MEMORY_SHARE = 0.8;
const MEMORY_EVERY_MS = 5000;
/**
 * workerd frees what belongs to a request only in full collections, which V8 begins late: at its defaults any Worker, an
 * empty one too, grows for half an hour under such a load. Made to collect early, it grows only by what is held.
 */
const COLLECT_EARLY = "--gc-global --min-semi-space-size=1 --max-semi-space-size=1";
// By then each isolate of the service, those of queue and database too, has been collected more than once.
const WARM_UP = { requests: 9000, jobs: 300 };
const LEAST_MIXED_CALLS = 500;
const WHOLE_P99_MS = 50;
const MOST_GROWTH_MB = 1;
// A short run has a dozen answers above its 99th percentile, and a machine that does other things besides.
const SHORT_P99_MS = 250;

interface Answer {
  readonly status: number;
  readonly milliseconds: number;
}

/** A warm service: its load, and what is left of it. */
export interface Load {
  /** Recommendations at fixed moments for ten minutes, beside jobs and mixed traffic. */
  readonly run: () => Promise<Figure[]>;
  /** Descriptors and disk once everything stored has expired, over what they were after the warm-up. */
  readonly settle: () => Promise<Figure[]>;
}

/** Starts the service, warms it up, and lets what is stored expire. */
export async function prepareLoad(services: Services, share: number): Promise<Load> {
  const service = await services.start("load", {
    variables: { MINIFLARE_WORKERD_V8_FLAGS: COLLECT_EARLY, ...SHORT_RETENTION },
  });
  const stop = new AbortController();
  // The mixed traffic too, so that every store has its size.
  const mixed = mixedTraffic(service, stop.signal);
  await warmUp(service, share).finally(() => stop.abort());
  await mixed;
  const footprint = watchFootprint(service, share);
  return {
    run: async () => {
      await footprint.atRest();
      return runLoad(service, share);
    },
    settle: async () => {
      const figures = await footprint.figures();
      kill(service.child);
      return figures;
    },
  };
}

/**
 * Recommendations at fixed moments, whether or not earlier ones have been answered, while one job after another runs and
 * other calls are made. A time counts from the moment at which the request should have been sent.
 */
async function runLoad(service: RunningService, share: number): Promise<Figure[]> {
  const seconds = Math.max(10, SECONDS * share);
  const stop = new AbortController();
  const [jobs, traffic, samples, answers] = await Promise.all([
    runJobs(service, stop.signal),
    mixedTraffic(service, stop.signal),
    watchMemory(service.child.pid ?? Number.NaN, stop.signal),
    askInTime(service.baseUrl, PER_SECOND * seconds).finally(() => stop.abort()),
  ]);
  const times = answers.map(({ milliseconds }) => milliseconds);
  const whole = share === 1;
  return [
    { name: "load: seconds", value: seconds },
    {
      name: "load: jobs that ended meanwhile",
      value: jobs,
      limits: { least: whole ? 10 : 0 },
    },
    {
      name: "load: answers other than 200",
      value: answers.filter(({ status }) => status !== 200).length,
      limits: { most: 0 },
    },
    { name: "load: median, ms", value: quantile(times, 0.5) },
    {
      name: "load: 99th percentile, ms",
      value: quantile(times, 0.99),
      limits: { most: whole ? WHOLE_P99_MS : SHORT_P99_MS },
    },
    { name: "load: slowest, ms", value: Math.max(...times) },
    {
      name: "load: growth of resident memory, MB a minute",
      value: slopePerMinute(samples.slice(Math.floor((1 - MEMORY_SHARE) * samples.length))),
      ...(whole && { limits: { most: MOST_GROWTH_MB } }),
    },
    {
      name: "soak: calls of other kinds",
      value: traffic.calls,
      limits: { least: whole ? LEAST_MIXED_CALLS : 1 },
    },
    { name: "soak: answers with 5xx, and none", value: traffic.faults, limits: { most: 0 } },
  ];
}

async function warmUp({ baseUrl, client }: RunningService, share: number): Promise<void> {
  for (let i = 0; i < WARM_UP.requests * share; i += 1) {
    const status = await ask(baseUrl, i);
    if (status !== 200) throw new Error(`the warm-up was answered with ${status}`);
  }
  for (let seed = 1; seed <= WARM_UP.jobs * share; seed += 1) {
    const { probeId } = await client.startProbe({ ...SHORT_PROBE, seed });
    await client.waitForProbe(probeId);
  }
}

async function ask(baseUrl: string, index: number): Promise<number> {
  const answer =
    index % 2 === 0
      ? await fetch(baseUrl + quickPathAt(index))
      : await fetch(`${baseUrl}/v1/recommendations`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: fullBodyAt(index),
        });
  await answer.arrayBuffer();
  return answer.status;
}

async function askInTime(baseUrl: string, count: number): Promise<readonly Answer[]> {
  const begun = performance.now();
  const asked: Promise<Answer>[] = [];
  while (asked.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - begun) * PER_SECOND) / 1000));
    while (asked.length < due) {
      const scheduled = begun + (1000 * (asked.length + 1)) / PER_SECOND;
      const index = asked.length;
      asked.push(
        ask(baseUrl, index).then(
          (status) => ({ status, milliseconds: performance.now() - scheduled }),
          () => ({ status: 0, milliseconds: performance.now() - scheduled }),
        ),
      );
    }
    await pause(1);
  }
  return Promise.all(asked);
}

/** One job after another, each with a seed of its own. */
async function runJobs({ client }: RunningService, signal: AbortSignal): Promise<number> {
  let ended = 0;
  for (let seed = 1; !signal.aborted; seed += 1) {
    const { probeId } = await client.startProbe({ ...LONG_PROBE, seed });
    await client.waitForProbe(probeId);
    ended += 1;
  }
  return ended;
}

type MemorySample = readonly [minutes: number, megabytes: number];

async function watchMemory(pid: number, signal: AbortSignal): Promise<readonly MemorySample[]> {
  const begun = performance.now();
  const samples: MemorySample[] = [];
  while (!signal.aborted) {
    samples.push([(performance.now() - begun) / 60_000, residentBytes(pid) / 1e6]);
    await pause(MEMORY_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return samples;
}

/** Least squares. */
function slopePerMinute(samples: readonly MemorySample[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(([t]) => t)), mean(samples.map(([, m]) => m))];
  const [above, below] = samples.reduce(
    ([sxy, sxx], [t, m]) => [sxy + (t - x) * (m - y), sxx + (t - x) ** 2],
    [0, 0],
  );
  return above / below;
}
