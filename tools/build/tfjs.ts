// Bundles TensorFlow.js for workerd: build/tfjs-engine.mjs, the probe engine with what it needs of the packages, and the
// binary of their WASM backend beside it.
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { ROOT } from "../paths.ts";

/** The threaded build of the backend needs workers, which workerd has not. */
const unthreaded: Plugin = {
  name: "unthreaded",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /tfjs-backend-wasm-threaded-simd/ }, ({ path }) => ({
      path,
      namespace: "unthreaded",
    }));
    onLoad({ filter: /.*/, namespace: "unthreaded" }, () => ({
      contents: "export const wasmWorkerContents = ''; export default () => undefined;",
    }));
  },
};

/** Bundles a module that imports the packages of TensorFlow.js; compiled kernels are copied beside it. */
export async function bundleTfjs(entryPoint: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    mainFields: ["module", "main"],
    target: "es2024",
    // The glue code of the backend takes itself for Node where `process` exists.
    define: { process: "undefined" },
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    plugins: [unthreaded],
    logLevel: "error",
  });
}

/** Writes aside and renames, so that whoever reads the files never sees half of one. */
export async function buildTfjs(): Promise<void> {
  const folder = join(ROOT, "build");
  const aside = join(folder, `.tfjs-${process.pid}.mjs`);
  mkdirSync(folder, { recursive: true });
  await bundleTfjs("api/probe/engines/tfjs/tfjs-engine.ts", aside);
  const binaries = dirname(
    createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json"),
  );
  const asideBinary = join(folder, `.tfjs-${process.pid}.wasm`);
  copyFileSync(join(binaries, "wasm-out", "tfjs-backend-wasm-simd.wasm"), asideBinary);
  renameSync(asideBinary, join(folder, "tfjs-kernels.wasm"));
  renameSync(aside, join(folder, "tfjs-engine.mjs"));
}

if (import.meta.main) await buildTfjs();
