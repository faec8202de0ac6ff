import { describe, expect, it } from "vitest";
import { kill, LONG_PROBE } from "../faults/killable-service.ts";
import { toldOnce, watch } from "../faults/watch.ts";
import { start } from "./killable-service.ts";

describe("a job whose service is killed", () => {
  it("ends after each restart with the digest of an undisturbed run, every event told once", async () => {
    const undisturbed = await start("undisturbed");
    const expected = await undisturbed.client.probe(LONG_PROBE);
    kill(undisturbed.child);

    let service = await start("killed");
    const { probeId } = await service.client.startProbe(LONG_PROBE);
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
    expect(toldOnce(seen)).toBe(true);
  }, 300_000);
});
