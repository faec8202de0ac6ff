import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import { type Case, tableOf } from "./cases.ts";
import { ROOT } from "./servers.ts";

/** Where a bench writes, and whether it measures on a busy machine. */
export interface Destination {
  readonly refuseBusy: boolean;
  /** Absolute path of the JSON. */
  readonly out: string;
}

function git(...args: readonly string[]): string {
  // No output at all where there is no git.
  return spawnSync("git", args, { cwd: ROOT, encoding: "utf8" }).stdout?.trim() ?? "";
}

function describeRun(schema: string) {
  const workerd = JSON.parse(
    readFileSync(join(ROOT, "node_modules", "workerd", "package.json"), "utf8"),
  ) as { readonly version: string };
  const cores = availableParallelism();
  const loadAverage = loadavg()[0] ?? 0;
  return {
    schema,
    commit: git("rev-parse", "HEAD"),
    /** Whether files differed from the commit. */
    modified: git("status", "--porcelain") !== "",
    runtime: { node: process.version, workerd: workerd.version, system: `${platform()} ${arch()}` },
    cpu: cpus()[0]?.model ?? "unknown",
    cores,
    loadAverage,
    busyMachine: loadAverage > cores,
  };
}

/**
 * Describes the machine, measures unless it is busy, writes the JSON and prints the table.
 *
 * @param schema - name and version of the JSON.
 */
export async function report(
  schema: string,
  { refuseBusy, out }: Destination,
  measure: () => Promise<{ readonly cases: readonly Case[] }>,
): Promise<void> {
  const described = describeRun(schema);
  const { cpu, commit, loadAverage, cores, busyMachine } = described;
  const busy = `load average ${loadAverage.toFixed(2)} on ${cores} cores`;
  if (busyMachine && refuseBusy) {
    console.error(`the machine is busy (${busy}): wait, or measure with --anyway`);
    process.exitCode = 1;
    return;
  }
  const measured = await measure();
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ ...described, ...measured }, null, 2)}\n`);
  console.log(`${cpu}, ${busy}, node ${process.version}, commit ${commit.slice(0, 9)}`);
  if (busyMachine) console.log("BUSY MACHINE: these times say little");
  console.log(`\n${tableOf(measured.cases)}\n\nwritten to ${relative(ROOT, out)}`);
}
