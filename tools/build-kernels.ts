// Compiles the AssemblyScript kernels to build/kernels.wasm: strict SIMD, no garbage collector, no host
// imports. Needs the development dependency `assemblyscript`.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const kernels = join("api", "probe", "kernels");
const entries = ["training", "gemm", "arrays", "scalar-math", "losses", "activation", "norm"];
const others = [
  "attention",
  "embedding",
  "optimizers",
  "reductions",
  "random",
  "quadratic",
  "peak",
];
const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");

mkdirSync(join(root, "build"), { recursive: true });
const compiled = spawnSync(
  process.execPath,
  [
    join(dirname(compiler), "bin", "asc.js"),
    ...[...entries, ...others].map((name) => join(kernels, `${name}.ts`)),
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
    "-o",
    join("build", "kernels.wasm"),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = compiled.status ?? 1;
