// Judges every answer on measured runs and writes docs/evidence.md with its JSON and plots: npm run evidence -- FOLDER
// FOLDER holds the measured runs (default CRITBATCH_DATA). With --check it writes nothing and fails when a committed file
// differs from what today's code gives.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProofResult } from "../tests/proofs/proof.ts";
import { collectEvidence } from "./evidence/collect-evidence.ts";
import { evidencePage } from "./evidence/page/evidence-page.ts";
import { SWEEP_DESCRIPTION } from "./evidence/sweep.ts";

const DOCS = new URL("../docs/", import.meta.url);
const SWEEP_FILE = "lm-sweep-dense.csv";
const PRACTICE_FILE = "published-runs.json";
const NEEDED = `The measured runs are absent. This command needs their folder, as its argument or in CRITBATCH_DATA, and in it
- ${SWEEP_FILE}: ${SWEEP_DESCRIPTION}
- ${PRACTICE_FILE}: a list of published training runs with the fields name, family, kind, params,
tokens, seq_len, batch_tokens, peak_lr, lr_comparable, optimizer
(and, where known, non_embedding_params and active_params).`;

function isAbsent(path: string): boolean {
  try {
    readFileSync(path);
    return false;
  } catch {
    return true;
  }
}

function committed(name: string): string | undefined {
  try {
    return readFileSync(new URL(name, DOCS), "utf8");
  } catch {
    return undefined;
  }
}

/** Plots that lie in the folder although the page has none of that name. */
function leftovers(files: ReadonlyMap<string, string>): readonly string[] {
  return readdirSync(new URL("evidence/", DOCS))
    .map((name) => `evidence/${name}`)
    .filter((name) => !files.has(name));
}

/** What `npm run proofs` left; the page shows some of it. */
function recordedProofs(): readonly ProofResult[] {
  return JSON.parse(committed("proofs.json") ?? '{"proofs":[]}').proofs;
}

function check(files: ReadonlyMap<string, string>): void {
  const stale = [...files].filter(([name, text]) => committed(name) !== text).map(([name]) => name);
  const wrong = [...stale, ...leftovers(files)];
  if (wrong.length === 0) return;
  console.error(`not what the measured runs give today: ${wrong.join(", ")}; npm run evidence`);
  process.exitCode = 1;
}

function write(files: ReadonlyMap<string, string>): void {
  mkdirSync(new URL("evidence/", DOCS), { recursive: true });
  for (const [name, text] of files) writeFileSync(new URL(name, DOCS), text);
}

const checkOnly = process.argv.includes("--check");
const argument = process.argv.slice(2).find((one) => one !== "--check");
const folder = argument ?? process.env["CRITBATCH_DATA"];
const paths = [SWEEP_FILE, PRACTICE_FILE].map((name) => join(folder ?? "", name));
const [sweep = "", practice = ""] = paths;
if (folder === undefined || paths.some(isAbsent)) {
  console.error(NEEDED);
  process.exitCode = 2;
} else {
  const { files, summary } = evidencePage(collectEvidence(sweep, practice), recordedProofs());
  console.log(summary);
  if (checkOnly) check(files);
  else write(files);
}
