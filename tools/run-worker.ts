// The built Worker under Miniflare, without wrangler's dev proxy; the only file that uses an unstable_ API.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { applyMigrations } from "./apply-migrations.ts";
import { ROOT, WORKER_FOLDER } from "./build.ts";

export interface RunOptions {
  readonly host: string;
  readonly port: number;
  readonly persistTo: string;
  /** Variables over those of wrangler.toml. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface RunningWorker {
  readonly url: URL;
  readonly stop: () => Promise<void>;
}

/** Starts dist/worker with every binding of wrangler.toml embedded in this process's child. */
export async function runWorker(options: RunOptions): Promise<RunningWorker> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  // The converter refuses this one option; the modules are listed below instead.
  const { modulesRules: _unused, ...bindings } = workerOptions;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: options.host,
      port: options.port,
      cf: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: options.persistTo,
      workers: [
        {
          ...bindings,
          name: "critbatch",
          bindings: { ...(bindings["bindings"] as object), ...options.variables },
          modulesRoot: WORKER_FOLDER,
          modules: builtModules(),
        },
      ],
    }),
  );
  try {
    const url = await miniflare.ready;
    await applyMigrations(await miniflare.getD1Database("DB"));
    return { url, stop: () => miniflare.dispose() };
  } catch (failure) {
    await miniflare.dispose().catch(() => undefined);
    throw failure;
  }
}

function builtModules() {
  const others = readdirSync(WORKER_FOLDER).filter((file) => file.endsWith(".wasm"));
  return [
    { type: "ESModule" as const, path: join(WORKER_FOLDER, "worker.js") },
    ...others.map((file) => ({ type: "CompiledWasm" as const, path: join(WORKER_FOLDER, file) })),
  ];
}
