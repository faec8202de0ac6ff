import type { Critbatch } from "../client.ts";
import { withDeadline } from "../deadline.ts";
import { ProbeEndedError, TimeoutError, TransportError } from "../errors.ts";
import type { ProbeAnswer, ProbeRequest, ProbeState } from "../generated/schema.ts";
import type { Watch } from "./command.ts";

/** The watch of a probe ended before the probe did; the cause says why. */
export class WatchEnded extends Error {
  /** Undefined where the service had not answered yet. */
  readonly probeId: string | undefined;
  /** By Ctrl-C, not for a failure. */
  readonly isInterrupted: boolean;

  constructor(probeId: string | undefined, isInterrupted: boolean, cause: unknown) {
    super("the watch of a probe ended", { cause });
    this.probeId = probeId;
    this.isInterrupted = isInterrupted;
  }
}

/**
 * The answer of a probe that is known to be in a state; one under way is watched to its end.
 *
 * @throws {ProbeEndedError} when it fails, or is cancelled.
 * @throws {WatchEnded} by Ctrl-C, when the time is up or the service is lost: the probe goes on.
 */
export async function answerOf(
  client: Critbatch,
  state: ProbeState,
  { signal, timeoutMs, display }: Watch,
): Promise<ProbeAnswer> {
  const { probeId } = state;
  if (state.status === "succeeded") return state;
  if (state.status === "failed" || state.status === "cancelled") throw new ProbeEndedError(state);
  display.begin(probeId, state.flops.done);
  const timeout = () => new TimeoutError("total", timeoutMs);
  try {
    return await withDeadline(timeoutMs, timeout, signal, (limited) =>
      client.waitForProbe(probeId, { signal: limited, onProgress: display.draw }),
    );
  } catch (failure) {
    if (!signal.aborted && !(failure instanceof TransportError)) throw failure;
    throw new WatchEnded(probeId, signal.aborted, failure);
  }
}

/**
 * Begins a probe, or finds what is known of it.
 *
 * @throws {WatchEnded} by Ctrl-C.
 */
export async function beginProbe(
  client: Critbatch,
  request: ProbeRequest,
  { signal }: Pick<Watch, "signal">,
): Promise<ProbeState> {
  try {
    return await client.startProbe(request, { signal });
  } catch (failure) {
    throw signal.aborted ? new WatchEnded(undefined, true, failure) : failure;
  }
}
