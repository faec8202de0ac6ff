import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { call, start, TINY } from "./probe-requests.ts";

it("a thousand ids that no probe has make no object, a deleted probe leaves none with a job", async () => {
  for (let at = 0; at < 1000; at += 50) {
    const ids = Array.from({ length: 50 }, (_, i) => (at + i).toString(16).padStart(32, "0"));
    const asked = await Promise.all(ids.map((id) => call(`/v1/probes/${id}`)));
    expect(asked.every(({ status }) => status === 404)).toBe(true);
  }
  expect(await listDurableObjectIds(env.PROBE_JOBS)).toEqual([]);
  const { probeId } = (await (await start(TINY)).json()) as { probeId: string };
  expect(await listDurableObjectIds(env.PROBE_JOBS)).toHaveLength(1);
  expect((await call(`/v1/probes/${probeId}`, { method: "DELETE" })).status).toBe(204);
  expect((await call(`/v1/probes/${probeId}`)).status).toBe(404);
  expect((await start(TINY)).headers.get("Cache-Status")).toBe("critbatch; fwd=miss; stored");
});
