import { findWorkerd, openCpuClock } from "../../processes.ts";
import { type Case, toCase } from "../cases.ts";
import { startService } from "../servers.ts";
import { spreadOf } from "../stats.ts";
import { DEFAULT_TASK } from "./js-cases.ts";

/**
 * CPU time, utime + stime, that the workerd process of `npm start` spends on one default probe, read from
 * outside; none where there is no /proc.
 *
 * @param experiment - critical-batch; a smaller one shows only that the bench works.
 * @param probes - each with a seed of its own.
 */
export async function measureProbeCpu(experiment: string, probes: number): Promise<Case[]> {
  const cpuSeconds = openCpuClock();
  if (cpuSeconds === undefined) return [];
  const service = await startService();
  try {
    const workerd = findWorkerd(service.pid);
    const seconds: number[] = [];
    for (let seed = 1; seed <= probes; seed += 1) {
      const before = cpuSeconds(workerd);
      await askProbe(service.url, { experiment, task: DEFAULT_TASK, seed });
      seconds.push(cpuSeconds(workerd) - before);
    }
    const id = "probe-cpu";
    const shape = `default ${experiment} probe on teacher, ${probes} seeds`;
    const target = { comparison: "<=", value: 30 } as const;
    return [toCase({ id, shape, unit: "s", ...spreadOf(seconds) }, target)];
  } finally {
    await service.stop();
  }
}

async function askProbe(url: string, request: object): Promise<void> {
  const answer = await fetch(`${url}/v1/probes`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const body = (await answer.json()) as { readonly status?: string };
  if (answer.status !== 200) throw new Error(`the probe was answered ${JSON.stringify(body)}`);
}
