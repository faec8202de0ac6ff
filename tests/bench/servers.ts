import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A service started the way `npm start` starts it. */
export interface Server {
  readonly url: string;
  /** Of the process that was started; workerd is one of its descendants. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const EMPTY_WORKER = `import { DurableObject } from "cloudflare:workers";
const headers = { "content-type": "application/json" };
export class ProbeJob extends DurableObject {}
const fetch = () => new Response('{"status":"ok"}', { headers });
export const socket = { fetch };
export default { queue: () => {}, fetch };
`;

const READY_WITHIN_MS = 120_000;

/** `npm start` of this repository. */
export async function startService(): Promise<Server> {
  const state = mkdtempSync(join(tmpdir(), "critbatch-bench-"));
  return start(ROOT, state);
}

/**
 * `npm start` of a copy of this repository in which every call is answered by a fixed text: the same tools,
 * wrangler.toml, bindings and assets, so that what differs is the service alone.
 */
export async function startEmpty(): Promise<Server> {
  const copy = mkdtempSync(join(tmpdir(), "critbatch-empty-"));
  for (const path of [
    "tools",
    "wrangler.toml",
    "package.json",
    "tsconfig.base.json",
    "api",
    "schemas",
    "sdk",
    "docs",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
  ]) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
  writeFileSync(join(copy, "api", "worker.ts"), EMPTY_WORKER);
  return start(copy, copy);
}

/** @param scratch - removed when the server stops. */
async function start(root: string, scratch: string): Promise<Server> {
  const child = spawn(
    process.execPath,
    ["tools/start.ts", "--port", "0", "--persist-to", join(scratch, ".critbatch")],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: ownEnvironment() },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    return { url: await readyUrl(child), pid: child.pid ?? Number.NaN, stop };
  } catch (failure) {
    await stop();
    throw failure;
  }
}

/** Under npm, `npm start` watches for the end of npm's shell; here it is ended by a signal. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { npm_lifecycle_event: _unused, ...environment } = process.env;
  return { ...environment, ALLOW_OPEN: "", ALLOWED_HOSTS: "" };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string) => reject(new Error(`npm start ${why}:\n${output}`));
    const clock = setTimeout(() => fail("was not ready in time"), READY_WITHIN_MS);
    // Not "exit": by "close" everything it printed has been read.
    child.once("close", () => fail("ended before it was ready"));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        const url = /ready on (http:\S+)/.exec(output)?.[1];
        if (url === undefined) return;
        clearTimeout(clock);
        resolve(url);
      });
    }
  });
}
