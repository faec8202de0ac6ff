import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Case, toCase } from "../cases.ts";
import { ROOT, type Server, startService } from "../servers.ts";
import { quantile, spreadOf } from "../stats.ts";

const LATER_CALLS = 5;
/** The engine's module with the binary of its kernels. */
export function measureTfjsSize(): Case {
  const sizes = ["tfjs-engine.mjs", "tfjs-kernels.wasm"].map(
    (name) => gzipSync(readFileSync(join(ROOT, "build", name))).length,
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return toCase(
    {
      id: "tfjs-engine-size",
      shape: "minified, with its wasm, gzip",
      unit: "bytes",
      ...spreadOf([bytes]),
    },
    { comparison: "<=", value: 350_000 },
  );
}

/** What the first call of the engine costs in a fresh service beyond a later one. */
export async function measureTfjsStart(starts: number): Promise<Case> {
  const milliseconds: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const service = await startService();
    try {
      // Loads what both engines need.
      await multiply(service, "fused");
      const first = await multiply(service, "tfjs");
      const later: number[] = [];
      for (let call = 0; call < LATER_CALLS; call += 1) later.push(await multiply(service, "tfjs"));
      milliseconds.push(first - quantile(later, 0.5));
    } finally {
      await service.stop();
    }
  }
  return toCase(
    {
      id: "tfjs-engine-start",
      shape: `first call less a later one, ${starts} starts`,
      unit: "ms",
      ...spreadOf(milliseconds),
    },
    { comparison: "<=", value: 50 },
  );
}

async function multiply({ url }: Server, engine: "fused" | "tfjs"): Promise<number> {
  const begun = performance.now();
  const answer = await fetch(`${url}/v1/benchmarks/gemm/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ engine }),
  });
  if (!answer.ok) throw new Error(`gemm was answered ${await answer.text()}`);
  await answer.arrayBuffer();
  return performance.now() - begun;
}

/**
 * The most memory that probes of the largest topologies need: that of the kernels, and what is alive in JavaScript,
 * data and training runs included.
 */
export function measureTfjsMemory(): Case {
  const args = ["tests/bench/probe/tfjs-memory.ts"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${args}: ${stderr}`);
  const megabytes: Record<string, number> = JSON.parse(stdout);
  const values = Object.values(megabytes);
  const shape = `topologies with the most ${Object.keys(megabytes).join(" and ")}`;
  return toCase(
    {
      id: "tfjs-engine-memory",
      shape,
      unit: "MB",
      ...spreadOf(values),
      median: Math.max(...values),
    },
    { comparison: "<", value: 100 },
  );
}
