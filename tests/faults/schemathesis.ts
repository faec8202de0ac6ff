import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "../proofs/proof.ts";
import { kill, type Services } from "./killable-service.ts";

const CASES = 20_000;
const VERSION = "4.32.5";
// Coverage makes some 14,000 cases whatever is asked; each further one for an operation makes some twenty.
const EXAMPLES_PER_OPERATION = 300;
// Probes that a case thinks of are refused above it: the cases are about answers, not about training.
const FLOPS = "1e8";

interface Report {
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly object[];
  readonly errors: readonly object[];
}

/**
 * schemathesis on a running service: no 5xx, no status that openapi.json does not document.
 *
 * @returns no figure, with a word on standard error, where it cannot be installed.
 */
export async function schemathesisFigures(services: Services, share: number): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-schemathesis-"));
  try {
    const command = install(folder);
    if (command === undefined) {
      console.error(
        `skipped: schemathesis ${VERSION} cannot be installed here (python3 -m venv, pip)`,
      );
      return [];
    }
    const report = await run(command, folder, services, share);
    return [
      {
        name: "schemathesis: cases",
        value: report.test_cases.generated,
        limits: { least: share === 1 ? CASES : 1 },
      },
      {
        name: "schemathesis: 5xx, statuses that are not documented, and errors",
        value: report.failures.length + report.errors.length,
        limits: { most: 0 },
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its command in a virtual environment of its own. */
function install(folder: string): string | undefined {
  const environment = join(folder, "python");
  const pip = join(environment, "bin", "pip");
  const steps = [
    ["python3", "-m", "venv", environment],
    [pip, "install", "--quiet", "--disable-pip-version-check", `schemathesis==${VERSION}`],
  ];
  const isInstalled = steps.every(
    ([command = "", ...options]) =>
      spawnSync(command, options, { stdio: "ignore", timeout: 300_000 }).status === 0,
  );
  return isInstalled ? join(environment, "bin", "schemathesis") : undefined;
}

async function run(
  command: string,
  folder: string,
  services: Services,
  share: number,
): Promise<Report> {
  const variables = { PROBE_REQUEST_FLOPS: FLOPS, JOB_FLOPS: FLOPS };
  const service = await services.start("schemathesis", { variables });
  const path = join(folder, "report.json");
  const child = spawn(
    command,
    [
      ...["run", `${service.baseUrl}/openapi.json`],
      ...["--checks", "not_a_server_error,status_code_conformance"],
      ...["--phases", share === 1 ? "examples,coverage,fuzzing" : "examples,fuzzing"],
      ...["--max-examples", String(Math.max(1, Math.round(EXAMPLES_PER_OPERATION * share)))],
      ...["--seed", "1", "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all"],
      ...["--report", "json", "--report-json-path", path],
    ],
    // It keeps what it has found before in a folder where it runs.
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
  );
  const output = await outputOf(child);
  kill(service.child);
  const report = JSON.parse(readFileSync(path, "utf8")) as Report;
  if (report.failures.length + report.errors.length > 0) console.error(output);
  return report;
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await once(child, "close");
  return output;
}
