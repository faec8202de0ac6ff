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
    let last = 0;
    const resultOf = (told: StreamEvent): Response | undefined => {
      last = told.id;
      if (told.event === "progress") onProgress?.(JSON.parse(told.data) as ProbeProgress);
      if (told.event === "failed") throw new ProbeFailed(told.data);
      return told.event === "result"
        ? new Response(told.data, { headers: response.headers })
        : undefined;
    };
    try {
      for await (const told of eventsIn(response.body)) {
        const result = resultOf(told);
        if (result !== undefined) return result;
      }
    } catch (lost) {
      if (job === null || lost instanceof ProbeFailed || init.signal?.aborted) throw lost;
    }
    if (job === null) throw new Error("the stream ended before the result");
    const rest = {
      path: `${job}/events`,
      after: last,
      isLast: ({ event }: StreamEvent) => event === "result",
    };
    const call = init.signal ? { signal: init.signal } : {};
    for await (const told of resumedEvents(client, rest, call)) {
      const result = resultOf(told);
      if (result !== undefined) return result;
    }
    throw new Error("the stream ended before the result");
  };
}

class ProbeFailed extends Error {
  constructor(data: string) {
    super(`the probe failed: ${data}`);
  }
}
