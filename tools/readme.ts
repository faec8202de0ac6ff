// `npm run readme [-- FILE ...]`: runs the examples of README.md and of the documents in docs against a fresh
// `npm start` and writes what they printed below them. `-- --check` compares and changes nothing.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { refreshExamples } from "./documents/examples.ts";
import { listDocuments } from "./documents/list.ts";
import { ROOT } from "./paths.ts";

const { values, positionals } = parseArgs({
  options: { check: { type: "boolean", default: false } },
  allowPositionals: true,
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** A service with a state of its own: an answer stored earlier would hide what a new reader sees. */
async function startService(port: number, state: string): Promise<() => Promise<void>> {
  const options = ["--port", String(port), "--persist-to", state];
  const child = spawn(process.execPath, ["tools/start.ts", ...options], {
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

async function refresh(document: string, origin: string): Promise<void> {
  const path = join(ROOT, document);
  const before = readFileSync(path, "utf8");
  const { text, examples, failures } = await refreshExamples(before, origin);
  for (const failure of failures) complain(`${document}, ${failure}`);
  if (values.check && text !== before) {
    complain(`${document} does not show what its examples print today: npm run readme`);
  }
  if (!values.check && text !== before) writeFileSync(path, text);
  if (examples > 0) {
    const change = text === before ? "as shown" : values.check ? "stale" : "written";
    console.log(`${document}: ${examples} examples run, ${change}`);
  }
}

function complain(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

const port = await freePort();
const state = mkdtempSync(join(tmpdir(), "critbatch-documents-"));
const stop = await startService(port, state);
try {
  const documents = positionals.length > 0 ? positionals : listDocuments(ROOT);
  for (const document of documents) await refresh(document, `http://127.0.0.1:${port}`);
} finally {
  await stop();
  rmSync(state, { recursive: true, force: true });
}
