import { setTimeout as pause } from "node:timers/promises";
import type { Figure } from "../proofs/proof.ts";
import { seededRandom } from "../proofs/random.ts";
import { kill, LONG_PROBE, type Services } from "./killable-service.ts";
import { toldOnce, watch } from "./watch.ts";

const KILLS = 20;
// Of the kills, with 10 to 90 % of the cells finished.
const LEAST_INSIDE = 0.75;
const LONGEST_PAUSE_MS = 150;

/**
 * SIGKILL of the whole service at moments uniform in work done; each time a restart on the same state must end the job
 * with the digest of an undisturbed run, and a stream resumed behind the last event must tell of each once.
 */
export async function killFigures(services: Services, share: number): Promise<Figure[]> {
  const count = Math.max(1, Math.round(KILLS * share));
  const undisturbed = await services.start("undisturbed");
  const expected = await undisturbed.client.probe(LONG_PROBE);
  kill(undisturbed.child);
  const { uniform } = seededRandom(20);
  const outcomes: (Killed & { readonly same: boolean })[] = [];
  for (let i = 0; i < count; i += 1) {
    const flops = ((i + 0.5) / count) * expected.flops.done;
    const outcome = await killOnce(services, `killed-${i}`, flops, LONGEST_PAUSE_MS * uniform());
    outcomes.push({ ...outcome, same: outcome.digest === expected.digest });
  }
  const howMany = (test: (outcome: (typeof outcomes)[number]) => boolean) =>
    outcomes.filter(test).length;
  const inside = howMany(({ cellsDone }) => cellsDone >= 0.1 && cellsDone <= 0.9);
  return [
    { name: "kills", value: count },
    {
      name: "kills with 10 to 90 % of the cells finished",
      value: inside,
      limits: { least: Math.floor(LEAST_INSIDE * count) },
    },
    {
      name: "digests of the undisturbed run after a kill",
      value: howMany(({ same }) => same),
      limits: { least: count },
    },
    {
      name: "streams that told of every event once",
      value: howMany(({ once }) => once),
      limits: { least: count },
    },
  ];
}

interface Killed {
  readonly digest: string;
  readonly once: boolean;
  /** Share of the cells that had ended at the kill. */
  readonly cellsDone: number;
}

async function killOnce(
  services: Services,
  state: string,
  flops: number,
  pauseMs: number,
): Promise<Killed> {
  const first = await services.start(state);
  const { probeId } = await first.client.startProbe(LONG_PROBE);
  const seen: number[] = [];
  let cellsAtKill = 0;
  await watch(first.client, probeId, seen, (told) => {
    if (told.event !== "progress") return told.event === "result";
    cellsAtKill = told.data.cellsDone;
    return told.data.flopsDone >= flops;
  });
  await pause(pauseMs);
  kill(first.child);
  const second = await services.start(state);
  let cells = cellsAtKill;
  const end = await watch(second.client, probeId, seen, (told) => {
    if (told.event === "progress") cells = told.data.cellsDone;
    return told.event === "result";
  });
  kill(second.child);
  const digest = end.event === "result" ? end.data.digest : "";
  return { digest, once: toldOnce(seen), cellsDone: cellsAtKill / Math.max(1, cells) };
}
