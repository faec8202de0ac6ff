// The executed examples of the documents. A command stands in a fence ```sh, a program in ```ts; the line
// <!-- output --> or <!-- output: N lines --> right after the fence says that the next fence is what it prints,
// whole or its first N lines. A fence that nobody runs says why in a comment before it: <!-- not run: reason -->.
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { promisify } from "node:util";
import { findPython } from "../find-python.ts";
import { ROOT } from "../paths.ts";

const PRINTED_ORIGIN = "http://127.0.0.1:8787";
const PROGRAM = `${ROOT}/.readme-program.ts`;
const BLOCK =
  /```(sh|ts)\n((?:(?!```)[\s\S])*)```\n\n<!-- output(?:: (\d+) lines)? -->\n```(\w+)\n(?:(?!```)[\s\S])*```/g;

const run = promisify(execFile);

export interface Refreshed {
  /** The document with what its examples print today. */
  readonly text: string;
  readonly examples: number;
  /** Examples that could not be run; they stay as they were. */
  readonly failures: readonly string[];
}

/** Runs every example of a document against the service and puts what it printed below it. */
export async function refreshExamples(document: string, origin: string): Promise<Refreshed> {
  const failures: string[] = [];
  let text = "";
  let end = 0;
  let examples = 0;
  for (const match of document.matchAll(BLOCK)) {
    const [whole, language = "", source = "", limit, outputLanguage = ""] = match;
    examples += 1;
    text += document.slice(end, match.index);
    end = match.index + whole.length;
    try {
      const printed = (await outputOf(language, source, origin)).replaceAll(origin, PRINTED_ORIGIN);
      const head = whole.slice(0, whole.indexOf("-->") + 4);
      text += `${head}\`\`\`${outputLanguage}\n${firstLines(printed, limit)}\n\`\`\``;
    } catch (failure) {
      text += whole;
      const line = document.slice(0, match.index).split("\n").length;
      failures.push(`line ${line}: ${failure instanceof Error ? failure.message : failure}`);
    }
  }
  return { text: text + document.slice(end), examples, failures };
}

function firstLines(printed: string, limit: string | undefined): string {
  const lines = printed.trimEnd().split("\n");
  const shown = limit === undefined ? lines : lines.slice(0, Number(limit));
  return shown.map((line) => line.trimEnd()).join("\n");
}

async function outputOf(language: string, source: string, origin: string): Promise<string> {
  const text = source.replaceAll(PRINTED_ORIGIN, origin);
  const env = { ...process.env, CRITBATCH_URL: origin, NO_COLOR: "1", PATH: searchPath() };
  const options = { cwd: ROOT, env, encoding: "utf8" as const, timeout: 120_000 };
  if (language === "sh") return (await run("sh", ["-c", text], options)).stdout;
  writeFileSync(PROGRAM, text);
  try {
    return (await run(process.execPath, [PROGRAM], options)).stdout;
  } finally {
    rmSync(PROGRAM);
  }
}

/** The first python3 on the path may be one without numpy. */
function searchPath(): string {
  const python = findPython("numpy") ?? "python3";
  const before = python.includes("/") ? [dirname(python)] : [];
  return [...before, process.env["PATH"] ?? ""].join(delimiter);
}
