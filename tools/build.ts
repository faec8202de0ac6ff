// Builds build/kernels.wasm, dist/assets (the reference page with its local Swagger UI) and dist/worker (the
// bundled Worker).
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildKernels } from "./build-kernels.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const WORKER_FOLDER = join(ROOT, "dist", "worker");

/** Nothing of the tools may call home, not even to look for a newer version of themselves. */
export const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
} as const;

/** The static files: the reference page with its local Swagger UI. */
export function buildAssets(): void {
  const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const web = join(ROOT, "api", "web");
  replaceFolder(join(ROOT, "dist", "assets", "docs"), (folder) => {
    for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
      cpSync(join(swaggerUi, file), join(folder, file));
    }
    for (const file of ["docs.html", "docs.js"]) cpSync(join(web, file), join(folder, file));
  });
}

/** The Worker as one minified module, beside its compiled kernels. */
export function buildWorker(): void {
  buildKernels();
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  replaceFolder(WORKER_FOLDER, (folder) => {
    const built = spawnSync(
      process.execPath,
      [wrangler, "deploy", "--dry-run", "--minify", "--outdir", folder],
      { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...QUIET } },
    );
    if (built.status !== 0) {
      throw new Error(`the Worker could not be built:\n${built.stdout}${built.stderr}`);
    }
  });
}

/** Writes aside and moves file by file, so that a service that reads the folder never sees half a file. */
function replaceFolder(folder: string, write: (aside: string) => void): void {
  const aside = join(ROOT, "dist", `.aside-${process.pid}`, basename(folder));
  mkdirSync(aside, { recursive: true });
  try {
    write(aside);
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(aside)) renameSync(join(aside, file), join(folder, file));
  } finally {
    rmSync(dirname(aside), { recursive: true, force: true });
  }
}

if (import.meta.main) {
  buildAssets();
  buildWorker();
}
