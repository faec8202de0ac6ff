import type { ProbeRequest } from "../../sdk/index.ts";
import { quantile } from "../bench/stats.ts";
import type { Figure } from "../proofs/proof.ts";
import { kill, LONG_PROBE, type RunningService, type Services } from "./killable-service.ts";
import { watch } from "./watch.ts";

const PAIRS = 5;
// As a user who names nothing gets it; jobs that are too large for a request are larger still.
const DEFAULT_PROBE: ProbeRequest = { experiment: "critical-batch", task: { kind: "teacher" } };
const MOST = 1.05;
// Of two or three pairs beside other work.
const SHORT_MOST = 1.5;

/** The same cells as a job and in one loop inside a request, in turn: what the queue, the tables and the events cost. */
export async function fanOutFigures(services: Services, share: number): Promise<Figure[]> {
  const pairs = Math.max(2, Math.round(PAIRS * share));
  const service = await services.start("fan-out");
  const probe = share === 1 ? DEFAULT_PROBE : LONG_PROBE;
  const run = {
    inOneLoop: (seed: number) => inOneLoop(service, { ...probe, seed, fresh: true }),
    asJob: (seed: number) => asJob(service, { ...probe, seed, fresh: true }),
  };
  await run.inOneLoop(0);
  await run.asJob(0);
  const ratios: number[] = [];
  for (let seed = 1; seed <= pairs; seed += 1) {
    // Each goes first as often as the other.
    const [loop, job] =
      seed % 2 === 0
        ? [await run.inOneLoop(seed), await run.asJob(seed)]
        : swap([await run.asJob(seed), await run.inOneLoop(seed)]);
    if (loop.digest !== job.digest) throw new Error(`seed ${seed}: a job with another result`);
    ratios.push(job.seconds / loop.seconds);
  }
  kill(service.child);
  return [
    { name: "fan-out: pairs", value: pairs },
    {
      name: "fan-out: time as a job over time in one loop, median",
      value: quantile(ratios, 0.5),
      limits: { most: share === 1 ? MOST : SHORT_MOST },
    },
    { name: "fan-out: the same, least", value: Math.min(...ratios) },
    { name: "fan-out: the same, most", value: Math.max(...ratios) },
  ];
}

interface Timed {
  readonly seconds: number;
  readonly digest: string;
}

function swap<T>([first, second]: readonly [T, T]): [T, T] {
  return [second, first];
}

async function timed(work: () => Promise<string>): Promise<Timed> {
  const begun = performance.now();
  const digest = await work();
  return { seconds: (performance.now() - begun) / 1000, digest };
}

function inOneLoop({ client }: RunningService, request: ProbeRequest): Promise<Timed> {
  return timed(async () => (await client.probe(request)).digest);
}

function asJob({ client }: RunningService, request: ProbeRequest): Promise<Timed> {
  return timed(async () => {
    const { probeId } = await client.startProbe(request);
    const end = await watch(client, probeId, [], ({ event }) => event === "result");
    return end.event === "result" ? end.data.digest : "";
  });
}
