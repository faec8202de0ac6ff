import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type Case, toCase } from "../cases.ts";
import { startService } from "../servers.ts";
import { spreadOf } from "../stats.ts";
import { DEFAULT_TASK } from "./js-cases.ts";

/** One process, by its line in /proc: name, parent and CPU time so far. */
interface Process {
  readonly name: string;
  readonly parent: number;
  readonly cpuTicks: number;
}

// proc(5): the name stands in parentheses and may hold spaces; fields 4 (parent), 14 and 15 (utime, stime) follow.
function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    const fields = stat.slice(close + 2).split(" ");
    return {
      name: stat.slice(stat.indexOf("(") + 1, close),
      parent: Number(fields[1]),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
}

function findWorkerd(ancestor: number): number {
  const processes = new Map<number, Process>();
  for (const name of readdirSync("/proc")) {
    const found = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    if (found !== undefined) processes.set(Number(name), found);
  }
  const descends = (pid: number): boolean => {
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && (parent === ancestor || (parent > 1 && descends(parent)));
  };
  for (const [pid, { name }] of processes) if (name === "workerd" && descends(pid)) return pid;
  throw new Error("the service runs no workerd");
}

function cpuSeconds(pid: number, ticksPerSecond: number): number {
  const found = readProcess(pid);
  if (found === undefined) throw new Error("workerd ended during the probe");
  return found.cpuTicks / ticksPerSecond;
}

/**
 * CPU time, utime + stime, that the workerd process of `npm start` spends on one default probe, read from
 * outside; none where there is no /proc.
 *
 * @param experiment - critical-batch; a smaller one shows only that the bench works.
 * @param probes - each with a seed of its own.
 */
export async function measureProbeCpu(experiment: string, probes: number): Promise<Case[]> {
  const { status, stdout } = spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" });
  if (status !== 0 || readProcess(process.pid) === undefined) return [];
  const ticksPerSecond = Number(stdout);
  const service = await startService();
  try {
    const workerd = findWorkerd(service.pid);
    const seconds: number[] = [];
    for (let seed = 1; seed <= probes; seed += 1) {
      const before = cpuSeconds(workerd, ticksPerSecond);
      await askProbe(service.url, { experiment, task: DEFAULT_TASK, seed });
      seconds.push(cpuSeconds(workerd, ticksPerSecond) - before);
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
