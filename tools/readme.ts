// Runs every command of README.md against a fresh `npm start` and writes what it printed below it.
// `--check` compares instead: the README is the truth only while its outputs are those of today.
//
// A command stands in a fence ```sh, a program in ```ts; a line <!-- output --> or <!-- output: N lines --> right
// after the fence says that the next fence is its output, whole or its first N lines.
import { execFile, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";

const README = new URL("../README.md", import.meta.url);
const ROOT = new URL("..", import.meta.url);
const PROGRAM = new URL("../.readme-program.ts", import.meta.url);
const PRINTED_ORIGIN = "http://127.0.0.1:8787";
const BLOCK =
  /```(sh|ts)\n((?:(?!```)[\s\S])*)```\n\n<!-- output(?:: (\d+) lines)? -->\n```(\w+)\n(?:(?!```)[\s\S])*```/g;

const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function startService(port: number): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ["tools/start.ts", "--port", String(port)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("ready on")) resolve();
    });
    exited.then(() => reject(new Error("npm start ended before it was ready")));
  });
  return async () => {
    child.kill("SIGTERM");
    await exited;
  };
}

async function outputOf(language: string, source: string, origin: string): Promise<string> {
  const text = source.replaceAll(PRINTED_ORIGIN, origin);
  const environment = { ...process.env, CRITBATCH_URL: origin, NO_COLOR: "1" };
  const options = { cwd: ROOT, env: environment, encoding: "utf8" as const, timeout: 60_000 };
  if (language === "ts") {
    writeFileSync(PROGRAM, text);
    try {
      return (await run(process.execPath, [PROGRAM.pathname], options)).stdout;
    } finally {
      rmSync(PROGRAM);
    }
  }
  return (await run("sh", ["-c", text], options)).stdout;
}

async function rewritten(readme: string, origin: string): Promise<string> {
  let result = "";
  let end = 0;
  for (const match of readme.matchAll(BLOCK)) {
    const [whole, language = "", source = "", limit, outputLanguage = ""] = match;
    const printed = (await outputOf(language, source, origin)).replaceAll(origin, PRINTED_ORIGIN);
    const lines = printed.trimEnd().split("\n");
    const shown = limit === undefined ? lines : lines.slice(0, Number(limit));
    const head = whole.slice(0, whole.indexOf("-->") + 4);
    const body = shown.map((line) => line.trimEnd()).join("\n");
    result += `${readme.slice(end, match.index)}${head}\`\`\`${outputLanguage}\n${body}\n\`\`\``;
    end = match.index + whole.length;
  }
  return result + readme.slice(end);
}

const port = await freePort();
const stop = await startService(port);
try {
  const before = readFileSync(README, "utf8");
  const after = await rewritten(before, `http://127.0.0.1:${port}`);
  if (!process.argv.includes("--check")) writeFileSync(README, after);
  else if (after !== before) {
    console.error("README.md does not show what its commands print today: npm run readme");
    process.exitCode = 1;
  }
} finally {
  await stop();
}
