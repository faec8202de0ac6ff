import { describe, expect, it } from "vitest";
import { Critbatch, type Fetch } from "../../sdk/index.ts";
import { startJob } from "../jobs/fixtures.ts";
import { SEEDED } from "../seeded-ids.ts";
import { inProcess } from "./fetches.ts";
import { run } from "./run-line.ts";
import { runningService } from "./running-service.ts";

const UNKNOWN = "f".repeat(32);
const stateOf = (fetch: Fetch, probeId: string) =>
  new Critbatch({ fetch }).getProbe(probeId, { throwOnProblem: false });
const idsIn = (out: string) => [...out.matchAll(/^ {2}([0-9a-f]{32}) /gm)].map(([, id]) => id);

describe("probes list", () => {
  it("is a table, newest first, filtered by state and experiment", async () => {
    const { exitCode, out, err } = await run("probes list");
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatch(/^ {2}probe +experiment +status +FLOP +made +ended\n/);
    expect(idsIn(out).toSorted()).toEqual(Object.values(SEEDED).toSorted());
    for (const [state, id] of Object.entries(SEEDED)) {
      const row = new RegExp(`^  ${id}  critical-batch  ${state} +[\\d.]+/100 +2\\d{3}-.*Z`, "m");
      expect(out).toMatch(row);
      expect(idsIn((await run(`probes list --status ${state}`)).out)).toEqual([id]);
    }
    expect((await run("probes list --experiment noise-scale")).out).toBe("no probes\n");
  });

  it("goes on behind a page, whose end names the next", async () => {
    const { fetch, local } = runningService({ deliver: () => undefined });
    const ids: string[] = [];
    for (const dimensions of [2, 3, 4, 5, 6]) {
      const task = { kind: "quadratic" as const, dimensions, targetLoss: 0.3 };
      const request = { experiment: "critical-batch" as const, task, seeds: 1 };
      ids.unshift((await startJob({ local, request })).probeId);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const seen: (string | undefined)[] = [];
    let next: string | undefined = "probes list --limit 2";
    for (let pages = 0; next !== undefined; pages++) {
      expect(pages).toBeLessThan(3);
      const { out } = await run(next, { fetch });
      seen.push(...idsIn(out));
      const [, cursor] = /more: critbatch probes list --cursor (\S+)/.exec(out) ?? [];
      next = cursor === undefined ? undefined : `probes list --limit 2 --cursor ${cursor}`;
    }
    expect(seen).toEqual(ids);
  });

  it("prints the page with --json, and names the option of what is refused", async () => {
    const page = JSON.parse((await run("probes list --limit 1 --json")).out);
    expect(page).toMatchObject({ probes: [expect.anything()], nextCursor: expect.anything() });
    const { exitCode, err } = await run("probes list --limit 101");
    expect(exitCode).toBe(1);
    expect(err).toContain("--limit (?limit): expected at most 100");
    expect((await run("probes list --status done")).err).toContain("--status (?status): expected");
  });
});

describe("probes show", () => {
  it.each([
    ["queued", "queued\n"],
    ["cancelled", "cancelled\n"],
    ["failed", "failed: dataset-deleted, seeded\n"],
    ["succeeded", "not-bracketed: seeded\n"],
  ] as const)("shows a probe that is %s, and that is an answer", async (state, first) => {
    const { exitCode, out } = await run(`probes show ${SEEDED[state]}`);
    expect(exitCode).toBe(0);
    expect(out.startsWith(first)).toBe(true);
    expect(out.includes(`critbatch probes watch ${SEEDED[state]}\n`)).toBe(state === "queued");
    const json = await run(`probes show ${SEEDED[state]} --json`);
    expect(JSON.parse(json.out)).toMatchObject({ probeId: SEEDED[state], status: state });
  });
});

describe("probes watch", () => {
  it.each([
    ["failed", "has failed: dataset-deleted, seeded"],
    ["cancelled", "was cancelled"],
  ] as const)(
    "of a probe that has %s says why there is no result: exit code 1",
    async (state, why) => {
      const { exitCode, out, err } = await run(`probes watch ${SEEDED[state]}`);
      expect([exitCode, out]).toEqual([1, ""]);
      expect(err).toBe(`critbatch: the probe ${SEEDED[state]} ${why}\n`);
    },
  );

  it("prints the result of one that has succeeded", async () => {
    const watched = await run(`probes watch ${SEEDED.succeeded}`);
    expect(watched).toEqual(await run(`probes show ${SEEDED.succeeded}`));
    expect(watched.out).toContain("not-bracketed: seeded");
  });
});

describe("probes cancel", () => {
  it("gives up what is under way, and once more changes nothing", async () => {
    const fetch = inProcess();
    for (const _time of [1, 2]) {
      const { exitCode, out } = await run(`probes cancel ${SEEDED.queued}`, { fetch });
      expect(exitCode).toBe(0);
      expect(out).toMatch(/^cancelled\n/);
    }
    const { data } = await stateOf(fetch, SEEDED.queued);
    expect(data?.status).toBe("cancelled");
  });

  it.each(["succeeded", "failed"] as const)(
    "deletes nothing that has %s: exit code 1",
    async (state) => {
      const fetch = inProcess();
      const { exitCode, out, err } = await run(`probes cancel ${SEEDED[state]}`, { fetch });
      expect([exitCode, out]).toEqual([1, ""]);
      expect(err).toContain(`has ${state}: nothing is left to cancel`);
      const { data } = await stateOf(fetch, SEEDED[state]);
      expect(data?.status).toBe(state);
    },
  );

  it("is not asked twice when the answer is lost, which would delete the probe", async () => {
    const service = inProcess();
    const fetch: Fetch = async (url, init) => {
      const response = await service(url, init);
      if (init.method === "DELETE") throw new Error("socket hang up");
      return response;
    };
    const { exitCode } = await run(`probes cancel ${SEEDED.queued}`, { fetch });
    expect(exitCode).toBe(3);
    const { data } = await stateOf(service, SEEDED.queued);
    expect(data?.status).toBe("cancelled");
  });

  it("tells when the probe ended just before, and so was deleted", async () => {
    const service = inProcess();
    const fetch: Fetch = async (url, init) => {
      if (init.method === "DELETE") await service(url, init);
      return service(url, init);
    };
    const { exitCode, err } = await run(`probes cancel ${SEEDED.queued}`, { fetch });
    expect(exitCode).toBe(1);
    expect(err).toContain("ended just before it was cancelled: it is deleted");
  });
});

describe("a command of probes", () => {
  it.each(["show", "watch", "cancel"])("%s wants one id of a probe that is known", async (name) => {
    const without = await run(`probes ${name}`);
    expect(without.exitCode).toBe(2);
    expect(without.err).toContain(`critbatch probes ${name}: give the id of a probe`);
    const two = await run(`probes ${name} ${SEEDED.queued} ${SEEDED.failed}`);
    expect(two.exitCode).toBe(2);
    expect(two.err).toContain(`unexpected "${SEEDED.failed}"`);
    for (const id of [UNKNOWN, "nobody"]) {
      const { exitCode, err } = await run(`probes ${name} ${id}`);
      expect(exitCode).toBe(1);
      expect(err).toContain("critbatch probes list lists the probes");
    }
  });

  it("is named when it is missing or mistyped", async () => {
    const help = await run("probes --help");
    expect(help.exitCode).toBe(0);
    expect(await run("probes")).toEqual({ exitCode: 2, out: "", err: help.out });
    for (const name of ["list", "show", "watch", "cancel"]) {
      expect(help.out).toContain(`  probes ${name} `);
    }
    expect(await run("probes lst")).toEqual({
      exitCode: 2,
      out: "",
      err: "critbatch: there is no command probes lst; did you mean probes list?\n",
    });
    expect((await run("datasts list")).err).toContain("no command datasts; did you mean datasets?");
  });
});
