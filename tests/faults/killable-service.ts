import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Critbatch, ProbeRequest } from "../../sdk/index.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** `npm start` in a process group of its own. */
export interface RunningService {
  readonly child: ChildProcess;
  readonly baseUrl: string;
  readonly client: Critbatch;
  /** Where its state lies. */
  readonly folder: string;
}

interface StartOptions {
  /** Any that is free unless given. */
  readonly port?: string;
  /** Of the environment: limits of the service, settings of the runtime. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Services whose states lie in one folder. */
export interface Services {
  /** @param state - name of a state that outlives the process. */
  readonly start: (state: string, options?: StartOptions) => Promise<RunningService>;
  /** Kills what runs and removes every state. */
  readonly end: () => void;
}

/** The whole process group: workerd too goes at once, with no chance to tidy up. */
export function kill(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended before.
  }
}

export function killableServices(): Services {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-faults-"));
  const started = new Set<ChildProcess>();
  return {
    start: async (state, { port = "0", variables = {} } = {}) => {
      const stateFolder = join(folder, state);
      const child = spawn(
        process.execPath,
        ["tools/start.ts", "--port", port, "--persist-to", stateFolder],
        {
          cwd: ROOT,
          detached: true,
          stdio: ["ignore", "pipe", "inherit"],
          // Set, as under npm: the service ends when this process does.
          env: { ...process.env, npm_lifecycle_event: "start", ...variables },
        },
      );
      started.add(child);
      const baseUrl = await readyUrl(child);
      // At run time only: what the suite proves is the service, not who carries its answers.
      const { Critbatch: Client } = await import("../../sdk/index.ts");
      return { child, baseUrl, client: new Client({ baseUrl }), folder: stateFolder };
    },
    end: () => {
      for (const child of started) kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error(`npm start ended:\n${output}`)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const url = /ready on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Takes half a second. */
export const SHORT_PROBE: ProbeRequest = {
  experiment: "critical-batch",
  seeds: 1,
  task: {
    kind: "teacher",
    inputFeatures: 8,
    classes: 4,
    trainExamples: 2048,
    validationExamples: 256,
  },
};

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
