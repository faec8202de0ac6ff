import { eventsIn, resumedEvents, type StreamEvent } from "./events.ts";
import type { ProbeAnswer, ProbePlan, ProbeRequest } from "./generated/schema.ts";
import type { AnyCallOptions, CallOptions, ClientOptions, Fetch } from "./options.ts";
import { type Reply, start } from "./reply.ts";

/** How far a probe has come. */
export interface ProbeProgress {
  readonly stage: string;
  readonly flopsDone: number;
  readonly flopsExpected: number;
  /** Training runs ended, and begun or foreseen, so far. */
  readonly cellsDone: number;
  readonly cells: number;
  /** Of a job: the last validation losses of the training runs under way. */
  readonly losses?: readonly { readonly cellId: string; readonly loss: number }[];
  /** Training runs that ended since the last progress; not told by a job. */
  readonly ended?: readonly {
    readonly batchExamples: number;
    readonly peakLearningRate: number;
    readonly status: "reached" | "completed" | "diverged";
    /** Steps to the target loss; only when reached. */
    readonly stepsToTarget?: number;
    /** Absent when the run diverged. */
    readonly finalLoss?: number;
  }[];
}

/** Told of a probe's progress while it runs. */
export interface ProbeWatch {
  readonly onProgress?: (progress: ProbeProgress) => void;
}

/**
 * A short real training run on the service's own CPU. POST /v1/probes, as a stream: an abort of the signal stops
 * the work, unless it is so large that it runs as a job (`cancelProbe` stops that). Neither retried nor limited in
 * time unless the options say so; the stream of a job goes on after a lost connection.
 *
 * @example await probe({}, { experiment: "critical-batch", task: { kind: "teacher" } })
 */
export function probe<O extends AnyCallOptions & ProbeWatch = CallOptions & ProbeWatch>(
  client: ClientOptions,
  request: ProbeRequest,
  options?: O,
): Reply<ProbeAnswer, O> {
  const { onProgress, ...call } = options ?? ({} as O);
  return start(
    { ...client, fetch: streamed(client, onProgress) },
    { method: "POST", path: "/v1/probes", body: request },
    { ...PATIENT, ...call } as unknown as O,
  );
}

/** What a probe would cost, without running it. POST /v1/probes?dryRun=true. */
export function planProbe<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: ProbeRequest,
  options?: O,
): Reply<ProbePlan, O> {
  const path = "/v1/probes?dryRun=true";
  return start(client, { method: "POST", path, body: request }, options);
}

const UNLIMITED_MS = Number.POSITIVE_INFINITY;
const PATIENT = { retries: 0, attemptTimeoutMs: UNLIMITED_MS, totalTimeoutMs: UNLIMITED_MS };

/**
 * Asks for events, and answers with the last one as if it had been the whole body. A stream of a job goes on after a
 * lost connection; one of work inside the request has ended with it.
 */
function streamed(client: ClientOptions, onProgress: ProbeWatch["onProgress"]): Fetch {
  const plain: Fetch = client.fetch ?? ((url, init) => fetch(url, init));
  return async (url, init) => {
    const headers = new Headers(init.headers);
    headers.set("Accept", "text/event-stream");
    const response = await plain(url, { ...init, headers });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.body === null || !type.startsWith("text/event-stream")) return response;
    const job = response.headers.get("Location");
    const result = await resultOf(client, response.body, job, new Told(onProgress), init.signal);
    return new Response(result, { headers: response.headers });
  };
}

/** The result out of a stream; that of a job is taken up again where it was lost. */
async function resultOf(
  client: ClientOptions,
  body: ReadableStream<Uint8Array>,
  job: string | null,
  told: Told,
  signal: AbortSignal | null | undefined,
): Promise<string> {
  try {
    const result = await told.resultIn(eventsIn(body));
    if (result !== undefined) return result;
  } catch (lost) {
    if (job === null || lost instanceof ProbeFailed || signal?.aborted) throw lost;
  }
  if (job === null) throw new Error("the stream ended before the result");
  const isLast = ({ event }: StreamEvent) => event === "result";
  const rest = { path: `${job}/events`, after: told.last, isLast };
  const result = await told.resultIn(resumedEvents(client, rest, signal ? { signal } : {}));
  if (result === undefined) throw new Error("the stream ended before the result");
  return result;
}

/** What a probe's events have told so far. */
class Told {
  last = 0;
  readonly #onProgress: ProbeWatch["onProgress"];

  constructor(onProgress: ProbeWatch["onProgress"]) {
    this.#onProgress = onProgress;
  }

  /** Goes through events to the result; undefined when they end without one. */
  async resultIn(events: AsyncIterable<StreamEvent>): Promise<string | undefined> {
    for await (const { id, event, data } of events) {
      this.last = id;
      if (event === "progress") this.#onProgress?.(JSON.parse(data) as ProbeProgress);
      if (event === "failed") throw new ProbeFailed(data);
      if (event === "result") return data;
    }
    return undefined;
  }
}

class ProbeFailed extends Error {
  constructor(data: string) {
    super(`the probe failed: ${data}`);
  }
}
