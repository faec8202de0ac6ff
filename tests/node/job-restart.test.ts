import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { Critbatch, type ProbeEvent, type ProbeRequest } from "../../sdk/index.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "critbatch-restart-"));
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) kill(child);
  rmSync(folder, { recursive: true, force: true });
});

/** The whole process group: workerd too goes at once, with no chance to tidy up. */
function kill(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended before.
  }
}

async function start(state: string) {
  const child = spawn(
    process.execPath,
    ["tools/start.ts", "--port", "0", "--persist-to", join(folder, state)],
    { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "inherit"] },
  );
  started.add(child);
  let output = "";
  const baseUrl = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`npm start ended:\n${output}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const url = /ready on (http:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  return { child, client: new Critbatch({ baseUrl }) };
}

const PROBE: ProbeRequest = {
  experiment: "critical-batch",
  seeds: 2,
  task: {
    kind: "teacher",
    inputFeatures: 32,
    classes: 8,
    trainExamples: 16_384,
    validationExamples: 1024,
  },
};

/** Follows the events behind those that were seen, to the first that will do. */
async function watch(
  client: Critbatch,
  probeId: string,
  seen: number[],
  willDo: (told: ProbeEvent) => boolean,
): Promise<ProbeEvent> {
  for await (const told of client.probeEvents(probeId, { after: seen.at(-1) ?? 0, retries: 0 })) {
    seen.push(told.id);
    if (willDo(told)) return told;
  }
  throw new Error("the events ended before");
}

describe("a job whose service is killed", () => {
  it("ends after each restart with the digest of an undisturbed run, every event told once", async () => {
    const undisturbed = await start("undisturbed");
    const expected = await undisturbed.client.probe(PROBE);
    kill(undisturbed.child);

    let service = await start("killed");
    const { probeId } = await service.client.startProbe(PROBE);
    const seen: number[] = [];
    for (const share of [0.15, 0.5, 0.8]) {
      const flops = share * expected.flops.done;
      await watch(service.client, probeId, seen, (told) => {
        return told.event === "progress" && told.data.flopsDone >= flops;
      });
      kill(service.child);
      service = await start("killed");
    }
    const end = await watch(service.client, probeId, seen, ({ event }) => event === "result");
    expect(end).toMatchObject({ event: "result", data: { digest: expected.digest } });
    expect(seen).toEqual(seen.map((_id, at) => at + 1));
  }, 300_000);
});
