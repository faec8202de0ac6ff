import type { ProbeRequest } from "../../schemas/probes/request.ts";
import { InOrder } from "./in-order.ts";
import type { RunnableProbe } from "./job-ports.ts";
import { StageWalk } from "./walk-stages.ts";

/** The data set that a probe names has been deleted. */
export class DatasetGone extends Error {}

/** A probe and whether its data set is still there. */
export interface OpenedRequest {
  readonly probe: RunnableProbe;
  /** @throws {DatasetGone} */
  readonly requireDataset: () => Promise<void>;
}

interface OpenProbe extends OpenedRequest {
  readonly walk: StageWalk;
  busy: boolean;
}

/** Opens the probe of a request for the owner that its id ends with. @throws {DatasetGone} */
export type OpenProbeFromRequest = (
  request: ProbeRequest,
  probeId: string,
) => Promise<OpenedRequest>;

// Each holds a data set and an engine's memory; two jobs that take turns should not push each other out.
const KEPT = 2;

/**
 * The probes that this isolate has worked on most recently: making a data set takes as long as a small cell. Jobs (for
 * their stages) and runners (for their cells) share them where they share an isolate.
 */
export class OpenProbes {
  readonly #open: OpenProbeFromRequest;
  /** One at a time: all jobs that may begin together would not fit into memory at once. */
  readonly #opening = new InOrder();
  readonly #kept = new Map<string, Promise<OpenProbe>>();

  constructor(open: OpenProbeFromRequest) {
    this.#open = open;
  }

  /** @param request - as JSON. */
  async walk(probeId: string, request: string): Promise<StageWalk> {
    return (await this.#take(probeId, async () => request)).walk;
  }

  /** Runs something with the probe's engine, which serves one at a time. */
  async use<T>(
    probeId: string,
    request: () => Promise<string>,
    work: (probe: RunnableProbe) => Promise<T>,
  ): Promise<T> {
    const kept = await this.#take(probeId, request);
    await kept.requireDataset();
    if (kept.busy) return work((await this.#make(probeId, request)).probe);
    kept.busy = true;
    try {
      return await work(kept.probe);
    } finally {
      kept.busy = false;
    }
  }

  #take(probeId: string, request: () => Promise<string>): Promise<OpenProbe> {
    const known = this.#kept.get(probeId);
    this.#kept.delete(probeId);
    const opened = known ?? this.#make(probeId, request);
    this.#kept.set(probeId, opened);
    opened.catch(() => {
      if (this.#kept.get(probeId) === opened) this.#kept.delete(probeId);
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return opened;
  }

  async #make(probeId: string, request: () => Promise<string>): Promise<OpenProbe> {
    const text = await request();
    const opened = await this.#opening.run(() =>
      this.#open(JSON.parse(text) as ProbeRequest, probeId),
    );
    return { ...opened, walk: new StageWalk(opened.probe), busy: false };
  }
}
