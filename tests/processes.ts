// Processes as Linux shows them under /proc.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One process, by its line in /proc: name, parent and CPU time so far. */
interface Process {
  readonly name: string;
  readonly parent: number;
  readonly cpuTicks: number;
}

// proc(5): the name stands in parentheses and may hold spaces; fields 4 (parent), 14 and 15 (utime, stime) follow.
/** The process of that number; undefined when it has ended, and where there is no /proc. */
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

/** Numbers of the processes below another. */
function descendantsOf(ancestor: number): number[] {
  const processes = new Map<number, Process>();
  for (const name of readdirSync("/proc")) {
    const found = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    if (found !== undefined) processes.set(Number(name), found);
  }
  const descends = (pid: number): boolean => {
    const parent = processes.get(pid)?.parent;
    return parent !== undefined && (parent === ancestor || (parent > 1 && descends(parent)));
  };
  return [...processes.keys()].filter(descends);
}

/** The workerd process that a started service runs. */
export function findWorkerd(ancestor: number): number {
  const found = descendantsOf(ancestor).find((pid) => readProcess(pid)?.name === "workerd");
  if (found === undefined) throw new Error("the service runs no workerd");
  return found;
}

/** Memory that a process and those below it have resident, bytes. */
export function residentBytes(pid: number): number {
  return [pid, ...descendantsOf(pid)].reduce((sum, each) => sum + ownResidentBytes(each), 0);
}

function ownResidentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0; // It ended between the listing and the reading.
  }
}

/** Reads the CPU time that a process has taken so far, seconds; undefined where there is no /proc. */
export function openCpuClock(): ((pid: number) => number) | undefined {
  const { status, stdout } = spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" });
  if (status !== 0 || readProcess(process.pid) === undefined) return undefined;
  return (pid) => {
    const found = readProcess(pid);
    if (found === undefined) throw new Error("the process ended while its time was taken");
    return found.cpuTicks / Number(stdout);
  };
}
