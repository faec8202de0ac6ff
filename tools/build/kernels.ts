// Compiles the AssemblyScript kernels to build/kernels.wasm: strict SIMD, no garbage collector, no host
// imports. Needs the development dependency `assemblyscript`.
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT } from "../paths.ts";

const KERNELS = join("api", "probe", "kernels");
const ENTRIES = ["training", "gemm", "arrays", "scalar-math", "losses", "activation", "norm"];
const OTHERS = [
  "attention",
  "embedding",
  "optimizers",
  "reductions",
  "random",
  "quadratic",
  "peak",
];

/** Writes build/kernels.wasm; a service or test that reads it never sees half a file. */
export function buildKernels(): void {
  const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  const aside = join("build", `.kernels-${process.pid}.wasm`);
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const compiled = spawnSync(
    process.execPath,
    [
      join(dirname(compiler), "bin", "asc.js"),
      ...[...ENTRIES, ...OTHERS].map((name) => join(KERNELS, `${name}.ts`)),
      "-O3",
      "--noAssert",
      "--enable",
      "simd",
      "--runtime",
      "stub",
      "--initialMemory",
      "2",
      "--use",
      "abort=",
      // Exported helpers that take or return memory addresses; nothing to do about them.
      "--disableWarning",
      "112",
      "-o",
      aside,
    ],
    { cwd: ROOT, encoding: "utf8" },
  );
  if (compiled.status !== 0) {
    throw new Error(`the kernels could not be built:\n${compiled.stdout}${compiled.stderr}`);
  }
  renameSync(join(ROOT, aside), join(ROOT, "build", "kernels.wasm"));
}

if (import.meta.main) buildKernels();
