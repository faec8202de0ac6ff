import { describe, expect, it } from "vitest";
import type { LocalPlatform } from "../local-platform.ts";
import { dropsConnection, never, scripted } from "./fetches.ts";
import { anew, atFirstEvents, clientOf, fetch, files, idIn, idle } from "./probe-lines.ts";
import { run } from "./run-line.ts";
import { afterChunks, type Cut, runningService } from "./running-service.ts";

describe("a probe that is watched", () => {
  it("is not lost with its connection: the stream goes on behind the last event", async () => {
    const undisturbed = await run("probe spec.json", { files, fetch });
    const { asked: calls, ...service } = anew(afterChunks(1));
    const { exitCode, out } = await run("probe spec.json", { files, ...service });
    expect(exitCode).toBe(0);
    expect(out).toBe(undisturbed.out);
    const resumed = calls.filter(({ url, last }) => url.endsWith("/events") && last !== null);
    expect(resumed.length).toBeGreaterThan(0);
  });

  it("tells with -v of every connection that was lost and made again", async () => {
    const { asked: calls, ...service } = anew(afterChunks(1));
    const { err } = await run("probe spec.json -v -q", { files, ...service });
    const told = err
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes("/events"))
      .map((line) => JSON.parse(line));
    const count = (kind: string) => told.filter((event) => event.kind === kind).length;
    expect(count("attempt")).toBe(calls.filter(({ url }) => url.endsWith("/events")).length);
    expect(count("attempt")).toBeGreaterThan(1);
    expect(count("retry")).toBe(count("attempt") - 1);
    expect(told.slice(0, 5).map(({ kind, attempt }) => `${kind} ${attempt}`)).toEqual([
      ...["attempt 1", "answer 1", "failure 1", "retry 1", "attempt 2"],
    ]);
    expect(told[2].error).toMatchObject({
      name: "TransportError",
      message: "the stream was lost: connection reset",
    });
  });

  it("goes on when the service is out of reach for good: exit code 3, and how to go on", async () => {
    const cut: Cut = (response, url) => {
      if (url.endsWith("/events")) throw new Error("connect ECONNREFUSED");
      return response;
    };
    const { exitCode, out, err } = await run("probe spec.json --retries 1 -q", {
      files,
      ...anew(cut),
    });
    expect([exitCode, out]).toEqual([3, ""]);
    expect(err).toContain("the stream was lost: connect ECONNREFUSED");
    expect(err).toMatch(/The probe goes on .*: critbatch probes watch [0-9a-f]{32}\n$/);
  });

  it("is gone on with at the same --url, when one was given", async () => {
    const cut: Cut = (response, url) => {
      if (url.endsWith("/events")) throw new Error("connect ECONNREFUSED");
      return response;
    };
    const hintOf = async (line: string) =>
      /critbatch probes .*/.exec((await run(line, { files, ...anew(cut) })).err)?.[0];
    const line = "probe spec.json --retries 0 -q --url";
    expect(await hintOf(`${line} http://localhost:80`)).toMatch(
      /^critbatch probes watch [0-9a-f]{32} --url http:\/\/localhost:80$/,
    );
    expect(await hintOf(`${line} http://[::1]:80`)).toMatch(/ --url 'http:\/\/\[::1\]:80'$/);
  });

  it("is left when --timeout is over", async () => {
    const around = { files, ...idle() };
    const { exitCode, err } = await run("probe spec.json --timeout 0.1 -q", around);
    expect(exitCode).toBe(3);
    expect(err).toContain("no complete answer within 100 ms (total timeout)");
    expect(err).toContain("critbatch probes watch");
  });

  it("is left by Ctrl-C and goes on; `probes watch` takes it up to its end", async () => {
    const controller = new AbortController();
    const service = anew(atFirstEvents(() => controller.abort()));
    const interrupted = () => controller.signal;
    const { exitCode, out, err } = await run("probe spec.json -q", {
      files,
      interrupted,
      ...service,
    });
    expect([exitCode, out]).toEqual([130, ""]);
    const probeId = idIn(err);
    expect(err).toBe(
      "critbatch: stopped watching\n" +
        `The probe goes on in the service: critbatch probes watch ${probeId}\n`,
    );
    expect((await clientOf(service).getProbe(probeId)).status).toMatch(/^(queued|running)$/);
    const watched = await run(`probes watch ${probeId} -q`, service);
    expect(watched.exitCode).toBe(0);
    expect(watched.out).toBe((await run("probe spec.json", { files, fetch })).out);
  });

  it("may have been taken when Ctrl-C comes before the service answers", async () => {
    const controller = new AbortController();
    const { fetch: silent } = scripted((init) => {
      setTimeout(() => controller.abort(), 0);
      return never(init);
    });
    const interrupted = () => controller.signal;
    const { exitCode, err } = await run("probe spec.json", { files, interrupted, fetch: silent });
    expect(exitCode).toBe(130);
    expect(err).toContain("critbatch probes list tells whether it took the probe");
  });

  it("that fails ends with the reason: exit code 1, as JSON with --json", async () => {
    const failing = () => runningService({ limits: { jobCells: 8 } });
    const plain = await run("probe spec.json -q", { files, ...failing() });
    expect([plain.exitCode, plain.out]).toEqual([1, ""]);
    expect(plain.err).toMatch(
      /^critbatch: the probe [0-9a-f]{32} has failed: too-many-cells, .+\n$/,
    );
    const json = await run("probe spec.json -q --json", { files, ...failing() });
    expect([json.exitCode, json.out]).toEqual([1, ""]);
    expect(JSON.parse(json.err)).toMatchObject({
      status: "failed",
      failure: { code: "too-many-cells" },
    });
  });

  it("that is cancelled meanwhile says so: exit code 1", async () => {
    let local: LocalPlatform | undefined;
    const { fetch: service } = runningService({
      deliver: (_messages, platform) => {
        local = platform;
      },
      cut: atFirstEvents(async () => {
        const listed = await local?.platform.jobs.list({}, 1, undefined);
        await (await local?.platform.jobs.find(listed?.items[0]?.probeId ?? ""))?.remove();
      }),
    });
    const { exitCode, err } = await run("probe spec.json -q", { files, fetch: service });
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^critbatch: the probe [0-9a-f]{32} was cancelled\n$/);
  });

  it("is not begun where the service cannot be reached", async () => {
    const { fetch: none, asked: calls } = scripted(dropsConnection);
    const { exitCode, err } = await run("probe spec.json --retries 0", { files, fetch: none });
    expect(exitCode).toBe(3);
    expect(err).not.toContain("goes on");
    expect(calls).toHaveLength(1);
  });
});

describe("--detach", () => {
  it("prints the id alone and leaves the probe, which ends by itself", async () => {
    const service = anew();
    const { exitCode, out, err } = await run("probe spec.json --detach", { files, ...service });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatch(/^[0-9a-f]{32}\n$/);
    expect(service.asked).toHaveLength(1);
    const ended = () => clientOf(service).getProbe(out.trim());
    await expect.poll(async () => (await ended()).status, { timeout: 20_000 }).toBe("succeeded");
    expect((await run("probe spec.json --detach", { files, ...service })).out).toBe(out);
  });

  it("prints the job with --json", async () => {
    const { out } = await run("probe spec.json --detach --json", { files, ...idle() });
    expect(JSON.parse(out)).toMatchObject({
      status: "queued",
      probeId: expect.stringMatching(/^[0-9a-f]{32}$/),
      flops: { done: 0 },
    });
  });
});
