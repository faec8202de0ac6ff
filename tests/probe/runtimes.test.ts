import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "../../tools/find-chromium.ts";
import { kernelModule } from "./fixtures.ts";
import { digestCells } from "./runtimes/digest-cells.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const wasm = readFileSync(join(root, "build/kernels.wasm"));
const ENTRY = "tests/probe/runtimes/digest-cells.ts";

// The entry and everything it imports, types stripped, by path below the root.
function collectModules(path: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(path)) return found;
  const code = stripTypeScriptTypes(readFileSync(join(root, path), "utf8"));
  found.set(path, code);
  for (const [, specifier] of code.matchAll(/from\s+"(\.[^"]+)"/g)) {
    collectModules(relative(root, join(root, dirname(path), specifier!)), found);
  }
  return found;
}

async function digestInWorkerd(): Promise<readonly string[]> {
  const worker = `import { digestCells } from "./${ENTRY}"; import module from "./kernels.wasm";
export default { fetch: async () => Response.json(await digestCells(module)) };`;
  const sources = [...collectModules(ENTRY)].map(
    ([path, contents]) => ({ type: "ESModule", path, contents }) as const,
  );
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      name: "digest",
      cf: false,
      compatibilityDate: "2026-10-01",
      modules: [
        { type: "ESModule", path: "worker.js", contents: worker },
        ...sources,
        { type: "CompiledWasm", path: "kernels.wasm", contents: new Uint8Array(wasm) },
      ],
    }),
  );
  try {
    const answer = await runtime.dispatchFetch("http://localhost/");
    return (await answer.json()) as readonly string[];
  } finally {
    await runtime.dispose();
  }
}

async function digestInChromium(executablePath: string): Promise<readonly string[]> {
  const modules = collectModules(ENTRY);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.route("https://probe.test/**", (route) => {
      const path = new URL(route.request().url()).pathname.slice(1);
      const contentType = "text/javascript";
      if (path === "kernels.wasm") {
        return route.fulfill({ body: wasm, contentType: "application/wasm" });
      }
      const body = modules.get(path);
      return body === undefined
        ? route.fulfill({ body: "<!doctype html>", contentType: "text/html" })
        : route.fulfill({ body, contentType });
    });
    await page.goto("https://probe.test/index.html");
    // As text: the test's own compiler would rewrite the import.
    return await page.evaluate(`(async () => {
      const { digestCells } = await import("/${ENTRY}");
      return digestCells(await WebAssembly.compileStreaming(fetch("/kernels.wasm")));
    })()`);
  } finally {
    await browser.close();
  }
}

describe("digests", () => {
  let inNode: readonly string[] = [];
  beforeAll(async () => {
    inNode = await digestCells(kernelModule);
  });

  it("are five different ones, and the same when the cells run again", async () => {
    expect(new Set(inNode).size).toBe(5);
    expect(await digestCells(kernelModule)).toEqual(inNode);
  });

  it("are the same in workerd as in Node", async () => {
    expect(await digestInWorkerd()).toEqual(inNode);
  });

  // Such as "qemu-aarch64 -L ROOT NODE": a Node for Arm with the libraries it needs is no dependency of this package.
  const [armNode, ...armArguments] = (process.env["CRITBATCH_ARM_NODE"] ?? "").split(" ");
  it.runIf(armNode)("are the same on an Arm processor", { timeout: 120_000 }, () => {
    const script = fileURLToPath(new URL("runtimes/print-digests.ts", import.meta.url));
    const kernels = join(root, "build/kernels.wasm");
    const printed = execFileSync(armNode!, [...armArguments, script, kernels], {
      encoding: "utf8",
    });
    expect(JSON.parse(printed)).toEqual(inNode);
  });

  const executablePath = findChromium();
  it.runIf(executablePath !== undefined)("are the same in Chromium as in Node", async () => {
    expect(await digestInChromium(executablePath!)).toEqual(inNode);
  });
});
