import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { Critbatch, type ProbeRequest } from "../../sdk/index.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "critbatch-restart-"));
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) kill(child);
  rmSync(folder, { recursive: true, force: true });
});

/** The whole process group: workerd too goes at once, with no chance to tidy up. */
export function kill(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended before.
  }
}

/**
 * `npm start` on a state that outlives it.
 *
 * @param port - any that is free unless given.
 */
export async function start(state: string, port = "0") {
  const child = spawn(
    process.execPath,
    ["tools/start.ts", "--port", port, "--persist-to", join(folder, state)],
    { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "inherit"] },
  );
  started.add(child);
  let output = "";
  const baseUrl = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`npm start ended:\n${output}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const url = /ready on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  return { child, baseUrl, client: new Critbatch({ baseUrl }) };
}

/** Takes seconds. */
export const LONG_PROBE: ProbeRequest = {
  experiment: "critical-batch",
  seeds: 2,
  task: {
    kind: "teacher",
    inputFeatures: 32,
    classes: 8,
    trainExamples: 16_384,
    validationExamples: 1024,
  },
};
