import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const stateFolder = mkdtempSync(join(tmpdir(), "critbatch-start-"));
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGTERM");
  running.clear();
});
afterAll(() => rmSync(stateFolder, { recursive: true, force: true }));

interface Started {
  readonly process: ChildProcess;
  /** Everything printed so far. */
  readonly output: () => string;
  readonly exit: Promise<readonly [code: number | null, signal: string | null]>;
}

function start(args: readonly string[], command = [process.execPath, "tools/start.ts"]): Started {
  const [program = "", ...before] = command;
  const child = spawn(program, [...before, ...args], {
    cwd: ROOT,
    env: { ...process.env, ALLOW_OPEN: "", ALLOWED_HOSTS: "" },
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exit = once(child, "exit") as unknown as Started["exit"];
  return { process: child, output: () => output, exit };
}

/** The address of the ready line. */
async function ready(started: Started): Promise<string> {
  for (;;) {
    const address = /ready on (http:\S+)/.exec(started.output())?.[1];
    if (address !== undefined && started.output().includes("reference:")) return address;
    if (started.process.exitCode !== null) throw new Error(started.output());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processes whose parent is the given one; empty where the system does not tell. */
function childrenOf(pid: number): readonly number[] {
  const read = (other: string) => {
    try {
      return readFileSync(`/proc/${other}/stat`, "utf8");
    } catch {
      return "";
    }
  };
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => Number(read(name).split(") ")[1]?.split(" ")[1]) === pid)
    .map(Number);
}

const isRunning = (pid: number) => {
  try {
    // A process that has ended and waits to be collected by its parent runs no more.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

describe("npm start", () => {
  it("serves the built Worker, says why it is open, and stops without orphans on SIGTERM", async () => {
    const started = start(["--port", "0", "--persist-to", stateFolder]);
    const address = await ready(started);
    expect(started.output()).toContain("open without a key, because it is bound to loopback");
    const health = await fetch(`${address}/healthz`);
    expect(await health.json()).toEqual({ status: "ok", openBecause: "bound-to-loopback" });
    expect((await fetch(`${address}/docs/swagger-ui-bundle.js`)).status).toBe(200);

    const shown = /curl '([^']+)'/.exec(started.output())?.[1] ?? "";
    expect(shown).toContain(address);
    const answer = await fetch(shown);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty("batch.batchTokens.value");

    const children = childrenOf(started.process.pid!);
    started.process.kill("SIGTERM");
    expect(await started.exit).toEqual([0, null]);
    expect(children.filter(isRunning)).toEqual([]);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  });

  it.skipIf(process.platform !== "linux")("ends its build with itself on SIGTERM", async () => {
    const started = start(["--port", "0", "--persist-to", stateFolder]);
    let children: readonly number[] = [];
    while (children.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      children = childrenOf(started.process.pid!);
    }
    started.process.kill("SIGTERM");
    expect(await started.exit).toEqual([0, null]);
    expect(started.output()).toBe("");
    expect(children.filter(isRunning)).toEqual([]);
  });

  it("has its tables before its port is open: no request meets a database without them", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as { port: number };
    free.close();
    await once(free, "close");
    const fresh = mkdtempSync(join(stateFolder, "fresh-"));
    const started = start(["--port", String(port), "--persist-to", fresh]);
    const statuses = new Set<number>();
    const isReady = ready(started);
    const isDone = isReady.then(() => true);
    const tick = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 1));
    while (!(await Promise.race([isDone, tick()]))) {
      await fetch(`http://127.0.0.1:${port}/v1/probes`).then(
        ({ status }) => statuses.add(status),
        () => undefined,
      );
    }
    expect((await fetch(`${await isReady}/v1/probes`)).status).toBe(200);
    expect([...statuses].filter((status) => status !== 200)).toEqual([]);
  });

  it("a SIGTERM to npm itself ends the service too", async () => {
    const started = start(["--port", "0", "--persist-to", stateFolder], ["npm", "start", "--"]);
    const address = await ready(started);
    started.process.kill("SIGTERM");
    await started.exit;
    await expect
      .poll(
        () =>
          fetch(`${address}/healthz`).then(
            () => "answers",
            () => "gone",
          ),
        { timeout: 5_000 },
      )
      .toBe("gone");
  });

  it("bound to every address it is closed unless ALLOW_OPEN=1", async () => {
    const started = start(["--port", "0", "--host", "0.0.0.0", "--persist-to", stateFolder]);
    const address = (await ready(started)).replace("0.0.0.0", "127.0.0.1");
    expect(started.output()).toContain("closed:");
    expect((await fetch(`${address}/v1/laws`)).status).toBe(503);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    started.process.kill("SIGINT");
    expect(await started.exit).toEqual([0, null]);
  });

  it("says that a port is in use instead of failing later", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const started = start(["--port", String(port)]);
    const [code] = await started.exit;
    other.close();
    expect(code).toBe(1);
    expect(started.output()).toBe(
      `port ${port} on 127.0.0.1 is in use; stop what runs there or choose another with --port N\n`,
    );
  });

  it.each([
    [["--prot", "1"], "--prot"],
    [["--port", "80a"], "--port expects a whole number from 0 to 65535, received 80a"],
    [["--port", "65536"], "--port expects a whole number"],
    [["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"],
    [["extra"], "extra"],
  ])("refuses %j with one clear sentence", async (args, sentence) => {
    const started = start(args);
    const [code] = await started.exit;
    expect(code).toBe(1);
    expect(started.output()).toContain(sentence);
    expect(started.output()).not.toMatch(/\n\s+at /);
  });
});
