// The built Worker under Miniflare, without wrangler's dev proxy; the only file that uses an unstable_ API.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { applyMigrations } from "./apply-migrations.ts";
import { ROOT, WORKER_FOLDER } from "./paths.ts";
import { StateFailure } from "./state/state-failure.ts";
import { startSweeps } from "./sweeps.ts";

export interface RunOptions {
  readonly host: string;
  readonly port: number;
  readonly persistTo: string;
  /** Variables over those of wrangler.toml. */
  readonly variables: Readonly<Record<string, string>>;
  /** From one sweep of what is stored to the next; an hour unless given. */
  readonly sweepSeconds?: number;
  /** The built modules, if not those of dist/worker. */
  readonly workerFolder?: string;
}

export interface RunningWorker {
  readonly url: URL;
  readonly database?: () => ReturnType<Miniflare["getD1Database"]>;
  readonly stop: () => Promise<void>;
}

// Exported by api/worker.ts for this purpose.
const ENTRYPOINT = "socket";

/**
 * Starts the built Worker with every binding of wrangler.toml embedded in this process's child.
 *
 * The port is a socket of the Worker's own. The one that Miniflare opens for itself stays on a free loopback port, where
 * the Worker answers nothing.
 */
export async function runWorker(options: RunOptions): Promise<RunningWorker> {
  const folder = options.workerFolder ?? WORKER_FOLDER;
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  // The converter refuses this one option; the modules are listed below instead.
  const { modulesRules: _unused, ...bindings } = workerOptions;
  // Before the port is open: requests find their tables.
  await withDatabase(options.persistTo, async () => undefined);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: options.persistTo,
      workers: [
        {
          ...bindings,
          name: "critbatch",
          unsafeDirectSockets: [{ host: options.host, port: options.port, entrypoint: ENTRYPOINT }],
          bindings: {
            ...(bindings["bindings"] as object),
            ...options.variables,
            SOCKET_ONLY: "1",
          },
          modulesRoot: folder,
          modules: builtModules(folder),
        },
      ],
    }),
  );
  try {
    await miniflare.ready;
    const url = await miniflare.unsafeGetDirectURL("critbatch", ENTRYPOINT);
    const folder = join(options.persistTo, "do", "critbatch-ProbeJob");
    const sweeps = startSweeps(miniflare, folder, 1000 * (options.sweepSeconds ?? 3600));
    const stop = async () => {
      await sweeps.stop();
      await miniflare.dispose();
    };
    return { url, stop, database: () => miniflare.getD1Database("DB") };
  } catch (failure) {
    await miniflare.dispose().catch(() => undefined);
    throw failure;
  }
}

/**
 * Opens the kept database, with its tables, in a runtime of its own that has nothing else, and closes it again.
 *
 * @throws {StateFailure} when the database cannot be used.
 */
export async function withDatabase<T>(
  persistTo: string,
  work: (database: Awaited<ReturnType<Miniflare["getD1Database"]>>) => Promise<T>,
): Promise<T> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  const { compatibilityDate, d1Databases } = workerOptions as {
    readonly compatibilityDate: string;
    readonly d1Databases: Record<string, string>;
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: persistTo,
      workers: [
        {
          name: "migrations",
          compatibilityDate,
          d1Databases,
          modules: true,
          script: "export default {}",
        },
      ],
    }),
  );
  try {
    const database = await miniflare.getD1Database("DB");
    await applyMigrations(database);
    return await work(database);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new StateFailure(`the database in ${join(persistTo, "d1")} cannot be used: ${why}`);
  } finally {
    await miniflare.dispose();
  }
}

/** Starts a Worker of plain modules, on the runtime that wrangler.toml names and without any binding. */
export async function runBareWorker(folder: string): Promise<RunningWorker> {
  const { compatibilityDate, compatibilityFlags } = unstable_getMiniflareWorkerOptions(
    join(ROOT, "wrangler.toml"),
  ).workerOptions as { readonly compatibilityDate: string; readonly compatibilityFlags: string[] };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      workers: [
        {
          name: "bare",
          compatibilityDate,
          compatibilityFlags,
          modulesRoot: folder,
          modules: builtModules(folder),
        },
      ],
    }),
  );
  return { url: await miniflare.ready, stop: () => miniflare.dispose() };
}

/** Miniflare takes the first module as the Worker. */
function builtModules(folder: string) {
  const names = readdirSync(folder).filter((name) => name !== "worker.mjs");
  return ["worker.mjs", ...names].map((name) => ({
    type: name.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const),
    path: join(folder, name),
  }));
}
