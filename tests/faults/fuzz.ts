import type { Figure } from "../proofs/proof.ts";
import { watchHealthz } from "./healthz-watch.ts";
import { type HostileCall, hostileCalls } from "./hostile-bodies.ts";
import { kill, type Services } from "./killable-service.ts";

const BODIES = 500;
const LONGEST_HEALTHZ_MS = 100;
// Beside other work.
const SHORT_HEALTHZ_MS = 1000;
// No body that is refused or answered within a request takes as long.
const LONGEST_ANSWER_MS = 60_000;

/** Hostile bodies to every call that takes one, one after another, while /healthz is asked all the time. */
export async function fuzzFigures(services: Services, share: number): Promise<Figure[]> {
  const count = Math.max(20, Math.round(BODIES * share));
  const service = await services.start("fuzz");
  const watch = watchHealthz(service.baseUrl);
  await watch.longestMs();
  let faults = 0;
  let longest = 0;
  for (const call of hostileCalls(count, share === 1 ? 1 : Math.round(1 / share))) {
    const status = await send(service.baseUrl, call);
    const waited = await watch.longestMs();
    // 503 is an answer of a service that is busy; a 500 or none is a fault.
    if (status === 0 || (status >= 500 && status !== 503)) faults += 1;
    if (waited > LONGEST_HEALTHZ_MS || status === 0 || status === 500) {
      const bytes = call.body.length;
      console.error(`${call.name} (${bytes} bytes): ${status}, /healthz ${Math.round(waited)} ms`);
    }
    longest = Math.max(longest, waited);
  }
  await watch.stop();
  kill(service.child);
  return [
    { name: "fuzz: hostile bodies", value: count },
    { name: "fuzz: faults", value: faults, limits: { most: 0 } },
    {
      name: "fuzz: longest wait of /healthz, ms",
      value: longest,
      limits: { most: share === 1 ? LONGEST_HEALTHZ_MS : SHORT_HEALTHZ_MS },
    },
  ];
}

/** The status; 0 when there was no answer. */
async function send(baseUrl: string, { path, headers, body }: HostileCall): Promise<number> {
  try {
    const signal = AbortSignal.timeout(LONGEST_ANSWER_MS);
    const answer = await fetch(baseUrl + path, { method: "POST", headers, body, signal });
    await answer.arrayBuffer();
    return answer.status;
  } catch (failure) {
    // A service may close the connection of a body that it has refused.
    return isClosed(failure) ? 413 : 0;
  }
}

function isClosed(failure: unknown): boolean {
  const cause =
    failure instanceof Error ? (failure.cause as { code?: string } | undefined) : undefined;
  return cause?.code === "EPIPE" || cause?.code === "ECONNRESET";
}
