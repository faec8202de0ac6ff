import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { chromium } from "playwright-core";
import ts from "typescript";
import { findChromium } from "../../../tools/find-chromium.ts";
import { buildPackage, closureOf, SDK_FOLDER } from "../../sdk/built-package.ts";

/** Makes the calls against a service and answers what each came to, as JSON. */
type MakeCalls = (url: string) => Promise<unknown>;

const built = buildPackage();
const library = [...closureOf(built, "index.js")];

/** calls.ts as a module that finds the SDK under the given name. */
function callsModule(sdk: string): string {
  const source = readFileSync(new URL("calls.ts", import.meta.url), "utf8");
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts
    .transpile(source, { ...options, verbatimModuleSyntax: true })
    .replace("../../../sdk/index.ts", sdk);
}

/** A Node process with the package installed. */
const inNode: MakeCalls = async (url) => {
  const folder = mkdtempSync(join(tmpdir(), "critbatch-conformance-"));
  try {
    const installed = join(folder, "node_modules", "critbatch");
    const manifest = readFileSync(new URL("package.json", SDK_FOLDER), "utf8");
    const files = new Map([
      [join(installed, "package.json"), manifest],
      [join(folder, "calls.mjs"), callsModule("critbatch")],
      [
        join(folder, "main.mjs"),
        `import { callEverything } from "./calls.mjs";
         console.log(JSON.stringify(await callEverything(${args(url)})));`,
      ],
      ...library.map((name) => [join(installed, "dist", name), built.get(name) ?? ""] as const),
    ]);
    for (const [path, text] of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "main.mjs")]);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A Worker that imports the package. */
const inWorkerd: MakeCalls = async (url) => {
  const main = `import { callEverything } from "./calls.js";
    export default {
      fetch: async () => Response.json(await callEverything(${args(url)})),
    };`;
  const files = [
    ["main.js", main],
    ["calls.js", callsModule("./critbatch/index.js")],
    ...library.map((name) => [`critbatch/${name}`, built.get(name) ?? ""] as const),
  ] as const;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: "conformance",
          compatibilityDate: "2026-10-23",
          modulesRoot: "/",
          modules: files.map(([name, contents]) => ({
            type: "ESModule" as const,
            path: `/${name}`,
            contents,
          })),
        },
      ],
    }),
  );
  try {
    const response = await miniflare.dispatchFetch("http://localhost/");
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text);
  } finally {
    await miniflare.dispose();
  }
};

/** A page of another origin that imports the package. */
const inChromium: MakeCalls = async (url) => {
  const files = new Map([
    ["/calls.js", callsModule("./critbatch/index.js")],
    ...library.map((name) => [`/critbatch/${name}`, built.get(name) ?? ""] as const),
  ]);
  const server = createServer((request, response) => {
    const script = files.get(request.url ?? "");
    const type = script === undefined ? "text/html" : "text/javascript";
    response.writeHead(200, { "Content-Type": type }).end(script ?? "<!doctype html>");
  }).listen(0, "127.0.0.1");
  const browser = await chromium.launch({
    executablePath: findChromium() ?? "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const script = `import("/calls.js").then(async ({ callEverything }) =>
      JSON.stringify(await callEverything(${args(url)})))`;
    return JSON.parse((await page.evaluate(script)) as string);
  } finally {
    await browser.close();
    server.close();
  }
};

function args(url: string): string {
  return `${JSON.stringify(url)}, ${JSON.stringify(`${url}/faulty`)}`;
}

/** Each runtime that is at hand; Chromium only where one is found. */
export const RUNTIMES: readonly (readonly [string, MakeCalls])[] = [
  ["Node", inNode],
  ["workerd", inWorkerd],
  ...(findChromium() === undefined ? [] : ([["Chromium", inChromium]] as const)),
];
