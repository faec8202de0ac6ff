// `npm test`: builds what the tests need, runs every project, ends with the line `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildAssets, buildWorker } from "./build/build.ts";
import { findChromium } from "./find-chromium.ts";
import { findPython } from "./find-python.ts";
import { QUIET, ROOT } from "./paths.ts";

const REPORT = join(ROOT, "dist", "test-report.json");

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function runNode(script: string, args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, ...QUIET },
  });
  return status ?? 1;
}

/** A file that broke before its first test counts as one failure. */
function countFailures({ numFailedTests, testResults }: Report): number {
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  return numFailedTests + broken.length;
}

function readReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(REPORT, "utf8")) as Report;
  } catch {
    return undefined;
  }
}

await buildAssets();
await buildWorker();
if (runNode("typescript/bin/tsc", ["-p", "sdk/tsconfig.json"]) !== 0) process.exit(1);
rmSync(REPORT, { force: true });
const status = runNode("vitest/vitest.mjs", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${REPORT}`,
  ...process.argv.slice(2),
]);
const report = readReport();
const passed = report?.numPassedTests ?? 0;
const failed = report === undefined ? 0 : countFailures(report);
if (findChromium() === undefined) {
  console.log("browser tests were not run: no Chromium was found (CHROMIUM_PATH names one)");
}
for (const module of ["numpy", "torch"]) {
  if (findPython(module) === undefined) {
    console.log(
      `examples in Python were not all run: no python3 with ${module} (PYTHON names one)`,
    );
  }
}
if (process.env["CRITBATCH_DATA"] === undefined) {
  console.log("checks on measured runs were not run: CRITBATCH_DATA names no folder");
}
if (passed === 0 && failed === 0) console.error("no test was run");
console.log(`${passed} passed, ${failed} failed`);
// Vitest's own status also covers errors outside any test.
process.exitCode = status !== 0 || passed === 0 || failed > 0 ? 1 : 0;
