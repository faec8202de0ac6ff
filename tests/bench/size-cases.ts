import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { QUIET, WORKER_FOLDER } from "../../tools/paths.ts";
import { type Case, toCase } from "./cases.ts";
import { ROOT } from "./servers.ts";
import { spreadOf } from "./stats.ts";

/** The built Worker with all that is evaluated at its start. */
export function measureWorkerSize(): Case {
  const bytes = [...startModules("worker.mjs")]
    .map((name) => gzipSync(readFileSync(join(WORKER_FOLDER, name))).length)
    .reduce((sum, length) => sum + length, 0);
  return toCase(
    { id: "worker-main-module", shape: "minified, gzip", unit: "bytes", ...spreadOf([bytes]) },
    { comparison: "<", value: 300_000 },
  );
}

/** A module and all that it imports at once, by the names of their files. */
function startModules(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const source = readFileSync(join(WORKER_FOLDER, name), "utf8");
  for (const [, imported = ""] of source.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) {
    startModules(imported, found);
  }
  return found;
}

/** All that the web page at / loads before it is used: its document, scripts and styles. */
export function measurePageSize(): Case {
  const bytes = ["index.html", "ask.js", "page.js", "page.css"]
    .map((name) => gzipSync(readFileSync(join(ROOT, "dist", "assets", "page", name))).length)
    .reduce((sum, length) => sum + length, 0);
  return toCase(
    { id: "web-page", shape: "minified, gzip", unit: "bytes", ...spreadOf([bytes]) },
    { comparison: "<", value: 80_000 },
  );
}

/** The SDK's entry with all that it imports. */
export function measureSdkSize(): Case {
  const bundle = runTool(join(ROOT, "node_modules", ".bin", "esbuild"), [
    "sdk/index.ts",
    "--bundle",
    "--minify",
    "--format=esm",
    "--platform=neutral",
  ]);
  return toCase(
    {
      id: "sdk-entry",
      shape: "bundled, minified, gzip",
      unit: "bytes",
      ...spreadOf([gzipSync(bundle).length]),
    },
    { comparison: "<", value: 8_000 },
  );
}

/** CPU time of the Worker's start in workerd, by wrangler's own profile of it. */
export function measureStartup(rounds: number): Case {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-startup-"));
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  try {
    const activeMs = Array.from({ length: rounds }, () => {
      const profile = join(folder, "startup.cpuprofile");
      const args = ["check", "startup", "--outfile", profile];
      return activeTime(runTool(process.execPath, [wrangler, ...args]));
    });
    return toCase(
      {
        id: "worker-start-active",
        shape: `wrangler check startup, ${rounds} times`,
        unit: "ms",
        ...spreadOf(activeMs),
      },
      { comparison: "<", value: 100 },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function activeTime(output: string): number {
  const active = /Active: ([\d.]+) ms/.exec(output)?.[1];
  if (active === undefined) throw new Error(`no active time in the start-up profile:\n${output}`);
  return Number(active);
}

function runTool(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...QUIET },
  });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}
