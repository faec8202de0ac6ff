import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { runCli } from "../../sdk/cli/run-cli.ts";
import * as sdk from "../../sdk/index.ts";
import { inProcess } from "./fetches.ts";

const readme = readFileSync(new URL("../../sdk/README.md", import.meta.url), "utf8");

function blocks(language: string): readonly string[] {
  const fenced = readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...fenced].map(([, text = ""]) => text);
}

async function* fileOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** Runs a block of TypeScript; answers what it printed and what it complained of. */
async function runBlock(block: string) {
  const printed: string[] = [];
  const complained: string[] = [];
  const body = block.replace(
    /import (\{[^}]*\}) from "critbatch";/,
    "const $1 = critbatchPackage;",
  );
  const code = ts.transpile(`(async () => {${body}})()`, { target: ts.ScriptTarget.ES2022 });
  await new Script(code).runInNewContext({
    critbatchPackage: sdk,
    AbortSignal,
    console: {
      log: (...words: unknown[]) => printed.push(words.join(" ")),
      error: (...words: unknown[]) => complained.push(words.join(" ")),
    },
  });
  return { printed, complained };
}

describe("the examples of the package's README", () => {
  it("in TypeScript run and print what they promise", async () => {
    const original = globalThis.fetch;
    globalThis.fetch = inProcess() as typeof fetch;
    try {
      const [whole, single] = await Promise.all(blocks("ts").map(runBlock));
      expect(whole?.complained).toEqual([]);
      expect(whole?.printed).toEqual([
        expect.stringMatching(/^batch \d+ tokens \(\d+ to \d+, law\)$/),
        expect.stringMatching(/^peak learning rate 0\.\d+$/),
      ]);
      expect(single?.printed).toEqual([expect.stringMatching(/^made-\d+ compensable$/)]);
    } finally {
      globalThis.fetch = original;
    }
  });

  it("on the command line run", async () => {
    const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const exitCode = await runCli({
        args: line.replace("npx critbatch ", "").split(" "),
        env: {},
        isTerminal: false,
        fetch: inProcess(),
        readInput: () => fileOf("no example reads it"),
        readFile: () => fileOf(JSON.stringify({ data: { trainingTokens: 2e10 } })),
        print: () => undefined,
        complain: () => undefined,
      });
      expect(`${line}: ${exitCode}`).toBe(`${line}: 0`);
    }
  });

  it("name every call", () => {
    const methods = Object.getOwnPropertyNames(sdk.Critbatch.prototype);
    for (const name of methods.filter((method) => method !== "constructor")) {
      expect(readme).toContain(`\`${name}(`);
    }
  });
});
