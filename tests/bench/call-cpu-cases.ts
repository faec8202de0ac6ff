import { SAMPLES } from "../contract/samples.ts";
import { findWorkerd, openCpuClock } from "../processes.ts";
import { type Case, toCase } from "./cases.ts";
import { startService } from "./servers.ts";
import { spreadOf } from "./stats.ts";

/** The calls that compute something, by the names of their operations. */
const OPERATIONS = [
  "getRecommendation",
  "createRecommendation",
  "createCompensation",
  "createTradeoffReport",
  "createNoiseScale",
  "createBatchRescale",
  "createLossSurface",
  "createLossFit",
] as const;
const BLOCKS = 3;

/**
 * CPU time, user and system, that workerd spends on a call, read from outside: what a platform bills, HTTP included. None
 * where there is no /proc.
 *
 * @param calls - of each operation a block, in turn through its examples.
 */
export async function measureCallCpu(calls: number): Promise<Case[]> {
  const cpuSeconds = openCpuClock();
  if (cpuSeconds === undefined) return [];
  const service = await startService();
  try {
    const workerd = findWorkerd(service.pid);
    const cases: Case[] = [];
    for (const operation of OPERATIONS) {
      await askOften(service.url, operation, calls);
      const milliseconds: number[] = [];
      for (let block = 0; block < BLOCKS; block += 1) {
        const before = cpuSeconds(workerd);
        await askOften(service.url, operation, calls);
        milliseconds.push((1000 * (cpuSeconds(workerd) - before)) / calls);
      }
      const shape = `${BLOCKS} x ${calls} calls`;
      cases.push(
        toCase({ id: `call-cpu-${operation}`, shape, unit: "ms", ...spreadOf(milliseconds) }),
      );
    }
    return cases;
  } finally {
    await service.stop();
  }
}

async function askOften(
  url: string,
  operation: (typeof OPERATIONS)[number],
  calls: number,
): Promise<void> {
  // Those that name a stored probe need one.
  const samples = (SAMPLES[operation] ?? []).filter(
    ({ body }) => !JSON.stringify(body ?? {}).includes("probeId"),
  );
  for (let call = 0; call < calls; call += 1) {
    const sample = samples[call % samples.length];
    if (sample === undefined) throw new Error(`no example of ${operation}`);
    const { path, body } = sample;
    const answer = await fetch(url + path, {
      ...(body !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}
