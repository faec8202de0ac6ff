// Builds build/kernels.wasm, dist/assets (the pages) and dist/worker (the
// Worker's modules).
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { ROOT, WORKER_FOLDER } from "../paths.ts";
import { buildKernels } from "./kernels.ts";
import { buildPage } from "./page.ts";
import { buildTfjs } from "./tfjs.ts";

/** The static files: the web page, and the reference page with its local Swagger UI. */
export async function buildAssets(): Promise<void> {
  const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const web = join(ROOT, "api", "web");
  await replaceFolder(join(ROOT, "dist", "assets", "docs"), (folder) => {
    for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
      cpSync(join(swaggerUi, file), join(folder, file));
    }
    for (const file of ["docs.html", "docs.js"]) cpSync(join(web, file), join(folder, file));
  });
  await replaceFolder(join(ROOT, "dist", "assets", "page"), (folder) => buildPage(ROOT, folder));
}

/** Zod's root module carries its messages in fifty languages, of which the service speaks one. */
const englishOnly: Plugin = {
  name: "english-only",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ resolveDir }) =>
      resolveDir.includes("zod") ? { path: resolveDir, namespace: "english-only" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "english-only" }, ({ path }) => ({
      contents: 'export { default as en } from "../locales/en.js";',
      resolveDir: path,
    }));
  },
};

/**
 * The Worker's modules, minified, beside its compiled kernels: worker.mjs, and what it imports only when asked
 * (the probe engines) in files of their own, which workerd evaluates at their first import.
 */
export async function buildWorker(): Promise<void> {
  buildKernels();
  await buildTfjs();
  await replaceFolder(WORKER_FOLDER, async (folder) => {
    await build({
      absWorkingDir: ROOT,
      entryPoints: ["api/worker.ts"],
      outdir: folder,
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      outExtension: { ".js": ".mjs" },
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*"],
      loader: { ".wasm": "copy" },
      assetNames: "[name]",
      chunkNames: "part-[name]-[hash]",
      plugins: [englishOnly],
      logLevel: "error",
    });
  });
}

/** Writes aside and moves file by file, so that a service that reads the folder never sees half a file. */
async function replaceFolder(
  folder: string,
  write: (aside: string) => void | Promise<void>,
): Promise<void> {
  const aside = join(ROOT, "dist", `.aside-${process.pid}`, basename(folder));
  mkdirSync(aside, { recursive: true });
  try {
    await write(aside);
    mkdirSync(folder, { recursive: true });
    const written = readdirSync(aside);
    for (const file of written) renameSync(join(aside, file), join(folder, file));
    const stale = readdirSync(folder).filter((file) => !written.includes(file));
    for (const file of stale) rmSync(join(folder, file), { recursive: true });
  } finally {
    rmSync(dirname(aside), { recursive: true, force: true });
  }
}

if (import.meta.main) {
  await buildAssets();
  await buildWorker();
}
