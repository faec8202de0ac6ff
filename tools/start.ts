// `npm start`: builds, then serves the built Worker on this machine until it is told to stop.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { VARIABLES } from "../api/env.ts";
import { QUIET, ROOT } from "./paths.ts";
import type { RunningWorker } from "./run-worker.ts";
import { checkFolder } from "./state/check-folder.ts";
import { answerCommands } from "./state/control-socket.ts";
import { type KeyCommand, runKeyCommand } from "./state/key-commands.ts";
import { StateFailure } from "./state/state-failure.ts";

const USAGE = `npm start -- [--port N] [--host H] [--persist-to DIR]
  --port N          port to listen on, 0 for any free one (8787)
  --host H          address to bind to (127.0.0.1)
  --persist-to DIR  where state is kept between starts (.critbatch)`;

// The longest that a timer takes is some 24 days.
const LONGEST_SWEEP_SECONDS = 86_400;

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

const PARENT = process.ppid;

/** Its message says all: shown without a stack. */
class StartFailure extends Error {}

interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly persistTo: string;
}

function readOptions(args: readonly string[]): StartOptions | "help" {
  const { values } = parseFlags(args);
  if (values.help === true) return "help";
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new StartFailure(
      `--port expects a whole number from 0 to 65535, received ${values.port}`,
    );
  }
  return { host: values.host, port, persistTo: resolve(values["persist-to"]) };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        "persist-to": { type: "string", default: join(ROOT, ".critbatch") },
        help: { type: "boolean" },
      },
    });
  } catch (mistake) {
    throw new StartFailure(`${(mistake as Error).message}\n${USAGE}`);
  }
}

/** Says which address cannot be had before anything is built. */
async function requireFree(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, "listening");
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartFailure(
        `port ${port} on ${host} is in use; stop what runs there or choose another with --port N`,
      );
    }
    throw new StartFailure(`cannot listen on ${host} port ${port}: ${code}`);
  }
  probe.close();
  await once(probe, "close");
}

/**
 * In a process that ends before the service begins: the compilers would hold some 200 MB for as long as it runs.
 *
 * @returns false when it was told to stop meanwhile.
 */
async function build(npmEnded: Promise<void>): Promise<boolean> {
  const script = join(ROOT, "tools", "build", "build.ts");
  const builder = spawn(process.execPath, [script], { stdio: "inherit" });
  const waiting = new AbortController();
  let stopped = false;
  const stop = () => {
    stopped = true;
    builder.kill();
  };
  stopRequest(npmEnded, waiting.signal).then(stop, () => undefined);
  const [status, signal] = await once(builder, "exit");
  waiting.abort();
  if (stopped) return false;
  if (signal !== null) throw new StartFailure(`the build was ended by ${signal}`);
  if (status !== 0) throw new StartFailure("the service could not be built: see above");
  return true;
}

function stopRequest(npmEnded: Promise<void>, signal?: AbortSignal): Promise<unknown> {
  return Promise.race([
    ...STOP_SIGNALS.map((name) => once(process, name, { ...(signal && { signal }) })),
    npmEnded,
  ]);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function variablesFor(host: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  if (isLoopback(host)) variables["BOUND_TO_LOOPBACK"] = "1";
  for (const name of VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

/** Of the variable SWEEP_SECONDS; an hour unless it is a number above 0. */
function sweepSeconds(): { readonly sweepSeconds?: number } {
  const configured = Number(process.env["SWEEP_SECONDS"]);
  return configured > 0 && configured <= LONGEST_SWEEP_SECONDS ? { sweepSeconds: configured } : {};
}

/** Whether calls need a key. */
async function needsKeys({ url }: RunningWorker): Promise<boolean> {
  const health = (await (await fetch(new URL("/healthz", url))).json()) as { openBecause?: string };
  return health.openBecause === "keys";
}

function announce(url: URL, variables: Readonly<Record<string, string>>, withKeys: boolean): void {
  const base = url.origin;
  console.log(`ready on ${base}`);
  if (withKeys) {
    console.log("calls need a key: npm run keys -- list");
  } else if (variables["BOUND_TO_LOOPBACK"] === "1") {
    console.log("open without a key, because it is bound to loopback");
  } else if (variables["ALLOW_OPEN"] === "1") {
    console.log("open without a key to whoever reaches it, because ALLOW_OPEN=1");
  } else {
    console.log(
      "closed: reachable from other machines and ALLOW_OPEN is not 1; only /healthz answers",
    );
  }
  console.log(`try: curl '${base}/v1/recommendations?nonEmbeddingParams=1e9&trainingTokens=2e10'`);
  console.log(`reference: ${base}/docs`);
}

/**
 * npm passes SIGTERM only to the shell that it put between itself and this process, and the shell does not pass
 * it on: its end, seen by a change of parent, is the request to stop. Never settles outside npm.
 */
function endOfNpm(): Promise<void> {
  if (process.env["npm_lifecycle_event"] === undefined) return new Promise(() => undefined);
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      if (process.ppid === PARENT) return;
      clearInterval(watch);
      resolve();
    }, 100);
    watch.unref();
  });
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return console.log(USAGE);
  Object.assign(process.env, QUIET);
  await requireFree(options.host, options.port);
  checkFolder(options.persistTo);
  let worker: RunningWorker | undefined;
  // Taken before the build, which takes seconds: nobody else begins on this folder meanwhile.
  const commands = await answerCommands(options.persistTo, async (command) => {
    const database = await worker?.database?.();
    if (database === undefined) throw new Error("the service is still starting; try again");
    return runKeyCommand(database, command as KeyCommand);
  });
  const npmEnded = endOfNpm();
  if (!(await build(npmEnded))) return;
  const variables = variablesFor(options.host);
  const { runWorker } = await import("./run-worker.ts");
  worker = await runWorker({ ...options, variables, ...sweepSeconds() });
  // Miniflare's own handlers would end this process with an error status.
  for (const signal of STOP_SIGNALS) process.removeAllListeners(signal);
  const stop = stopRequest(npmEnded);
  announce(worker.url, variables, await needsKeys(worker));
  await stop;
  commands.close();
  await worker.stop();
}

try {
  await main();
} catch (failure) {
  const isSaid = failure instanceof StartFailure || failure instanceof StateFailure;
  console.error(isSaid ? failure.message : failure);
  process.exitCode = 1;
}
