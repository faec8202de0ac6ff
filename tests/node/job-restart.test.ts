import { describe, expect, it } from "vitest";
import type { Critbatch, ProbeEvent } from "../../sdk/index.ts";
import { kill, LONG_PROBE, start } from "./killable-service.ts";

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
    expect(seen).toEqual(seen.map((_id, at) => at + 1));
  }, 300_000);
});
