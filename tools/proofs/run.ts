// Runs every proof and writes docs/proofs.json and the certificates of docs/evidence.md, with the digest of the sources that the figures depend on.
// `--check` runs nothing: the file must be that of today's sources, and every figure within its limits or a known miss.
// `--tenth` runs a tenth of the repeats and writes nothing.
// `--only ID` runs that proof alone and leaves the records of the others as they are.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PROOFS } from "../../tests/proofs/catalogue.ts";
import { outsideLimits, type Proof, type ProofResult, prove } from "../../tests/proofs/proof.ts";
import { withCertificates } from "../evidence/page/certificates.ts";
import { KNOWN_MISSES } from "./known-misses.ts";
import { digestOfSources } from "./source-digest.ts";

const ROOT = new URL("../..", import.meta.url);
const RECORD = new URL("docs/proofs.json", ROOT);
const EVIDENCE = new URL("docs/evidence.md", ROOT);
// Of every import that leaves something at run time; types change no figure.
const RELATIVE_IMPORT = /^(?:import(?! type)|export [*{])[^"']*["'](\.[^"']+)["']/gm;

interface RecordedProof extends ProofResult {
  readonly digest: string;
}

interface ProofRecord {
  readonly commit: string;
  readonly engineDigest: string;
  readonly node: string;
  readonly proofs: readonly RecordedProof[];
}

/** Paths, below the root and sorted, of a proof's module, all that it imports from this repository, and its further sources. */
function sourcesOf({ module, sources = [] }: Proof): string[] {
  return [...new Set([...importsOf(module), ...sources.flatMap(filesOf)])].sort();
}

function filesOf(path: string): string[] {
  if (!statSync(new URL(path, ROOT)).isDirectory()) return [path];
  return readdirSync(new URL(path, ROOT)).flatMap((name) => filesOf(`${path}/${name}`));
}

function importsOf(module: string): string[] {
  const found = new Set<string>();
  const waiting = [new URL(module, ROOT).href];
  for (let href = waiting.pop(); href !== undefined; href = waiting.pop()) {
    if (found.has(href)) continue;
    found.add(href);
    const source = readFileSync(new URL(href), "utf8");
    for (const [, path = ""] of source.matchAll(RELATIVE_IMPORT)) {
      waiting.push(new URL(path, href).href);
    }
  }
  return [...found].map((href) => href.slice(ROOT.href.length));
}

function engineSources(): string[] {
  return [...new Set(PROOFS.flatMap(sourcesOf))].sort();
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
}

/** The commit that the record names must hold the sources that the figures come from. */
function requireCommitted(paths: readonly string[]): void {
  const changed = git("status", "--porcelain", "--", ...paths);
  if (changed !== "") throw new Error(`commit these first:\n${changed}`);
}

async function runAll(share: number, only: string | undefined): Promise<RecordedProof[]> {
  const chosen = PROOFS.filter(({ id }) => only === undefined || id === only);
  if (chosen.length === 0)
    throw new Error(`--only: one of ${PROOFS.map(({ id }) => id).join(", ")}`);
  const records: RecordedProof[] = [];
  for (const proof of chosen) {
    const digest = digestOfSources(ROOT, sourcesOf(proof));
    const result = await prove(proof, share);
    const outside = outsideLimits(result).map((name) => describe(result, name));
    process.stdout.write(`${[`${proof.id}: ${verdict(outside)}`, ...outside].join("\n  ")}\n`);
    records.push({ ...result, digest });
  }
  return records;
}

function verdict(faults: readonly string[]): string {
  return faults.length === 0 ? "passed" : "failed";
}

function describe({ figures, limits }: ProofResult, name: string): string {
  const { least, most } = limits[name] ?? {};
  return `${name}: ${figures[name]}, limits ${least ?? "none"} to ${most ?? "none"}`;
}

/** What is wrong with the record of one proof, apart from known misses. */
function faultsOf(proof: Proof, recorded: RecordedProof | undefined): string[] {
  if (recorded === undefined) return ["is not in docs/proofs.json: npm run proofs"];
  const missed = outsideLimits(recorded);
  const known = KNOWN_MISSES[proof.id] ?? {};
  const outside = missed.filter((name) => !(name in known)).map((name) => describe(recorded, name));
  if (recorded.digest !== digestOfSources(ROOT, sourcesOf(proof))) {
    outside.unshift("its sources have changed since: npm run proofs");
  }
  if (!recorded.passed && missed.length === 0) outside.push("is recorded as failed");
  return outside;
}

/** Misses that are known and still recorded, and those that are known but met by now. */
function knownMissesOf({ id }: Proof, recorded: RecordedProof | undefined): string[] {
  const missed = recorded === undefined ? [] : outsideLimits(recorded);
  return Object.entries(KNOWN_MISSES[id] ?? {}).map(([name, why]) =>
    recorded !== undefined && missed.includes(name)
      ? `known miss: ${describe(recorded, name)} (${why})`
      : `no miss any more: ${name}; take it out of known-misses.ts`,
  );
}

function recordedProofs(): readonly RecordedProof[] {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")).proofs : [];
}

function check(): boolean {
  const record = recordedProofs();
  let sound = true;
  for (const proof of PROOFS) {
    const recorded = record.find(({ id }) => id === proof.id);
    const faults = faultsOf(proof, recorded);
    const lines = [`${proof.id}: ${verdict(faults)}`, ...faults, ...knownMissesOf(proof, recorded)];
    process.stdout.write(`${lines.join("\n  ")}\n`);
    sound &&= faults.length === 0;
  }
  return sound;
}

async function runWhole(only: string | undefined): Promise<boolean> {
  const sources = engineSources();
  requireCommitted(sources);
  const commit = git("rev-parse", "HEAD");
  const engineDigest = digestOfSources(ROOT, sources);
  const fresh = await runAll(1, only);
  const kept = recordedProofs();
  const proofs = PROOFS.flatMap(
    ({ id }) => [...fresh, ...kept].find((recorded) => recorded.id === id) ?? [],
  );
  const record: ProofRecord = { commit, engineDigest, node: process.version, proofs };
  writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(EVIDENCE, withCertificates(readFileSync(EVIDENCE, "utf8"), proofs));
  process.stdout.write(
    `written: ${fileURLToPath(RECORD)} and the certificates of docs/evidence.md\n`,
  );
  return proofs.every(({ passed }) => passed);
}

async function runTenth(only: string | undefined): Promise<boolean> {
  return (await runAll(0.1, only)).every(({ passed }) => passed);
}

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    tenth: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const command = values.check ? check : values.tenth ? runTenth : runWhole;
process.exitCode = (await command(values.only)) ? 0 : 1;
