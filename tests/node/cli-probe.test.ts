import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kill, LONG_PROBE, ROOT } from "../faults/killable-service.ts";
import { start } from "./killable-service.ts";

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly out: () => string;
  readonly err: () => string;
  /** Exit code and signal. */
  readonly exit: Promise<unknown[]>;
}

/** The program as `npx critbatch` starts it. */
function critbatch(baseUrl: string, line: string, input = ""): Running {
  const child = spawn(
    process.execPath,
    [join(ROOT, "sdk", "bin", "critbatch.js"), ...line.split(" ")],
    { env: { ...process.env, CRITBATCH_URL: baseUrl } },
  );
  const read = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    read.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    read.err += text;
  });
  child.stdin.end(input);
  return { child, out: () => read.out, err: () => read.err, exit: once(child, "close") };
}

/** Waits for a line of progress. */
const untilProgress = ({ err }: Running) =>
  expect.poll(err, { timeout: 60_000 }).toMatch(/^critbatch: \d+ % /m);

describe("critbatch probe beside npm start", () => {
  it("is left by SIGINT, watched through a kill of the service, and answers", async () => {
    let service = await start("cli");
    const { baseUrl } = service;
    const probing = critbatch(baseUrl, "probe -", JSON.stringify(LONG_PROBE));
    await untilProgress(probing);
    probing.child.kill("SIGINT");
    expect(await probing.exit).toEqual([130, null]);
    expect(probing.out()).toBe("");
    const [, probeId = ""] = /critbatch probes watch ([0-9a-f]{32})\n$/.exec(probing.err()) ?? [];

    const watching = critbatch(baseUrl, `probes watch ${probeId} --json`);
    await untilProgress(watching);
    kill(service.child);
    service = await start("cli", new URL(baseUrl).port);
    expect(await watching.exit).toEqual([0, null]);
    const answer = JSON.parse(watching.out());
    expect(answer).toMatchObject({ status: "succeeded", probeId });
    expect(await service.client.getProbe(probeId)).toEqual(answer);
  }, 300_000);
});
