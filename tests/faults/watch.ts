import type { Critbatch, ProbeEvent } from "../../sdk/index.ts";

/**
 * Follows the events behind those that were seen, to the first that will do.
 *
 * @param seen - ids of the events; those that come are added.
 */
export async function watch(
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

/** Whether a stream told of every event from the first on once. The first event of a run has an id that ends in 001. */
export function toldOnce(seen: readonly number[]): boolean {
  const [first = 0] = seen;
  return first % 1000 === 1 && seen.every((id, at) => id === first + at);
}
