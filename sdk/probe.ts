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
  /** Training runs that ended since the last progress. */
  readonly ended: readonly {
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
 * the work. Neither retried nor limited in time unless the options say so.
 *
 * @example await probe({}, { experiment: "critical-batch", task: { kind: "teacher" } })
 */
export function probe<O extends AnyCallOptions & ProbeWatch = CallOptions & ProbeWatch>(
  client: ClientOptions,
  request: ProbeRequest,
  options?: O,
): Reply<ProbeAnswer, O> {
  const { onProgress, ...call } = options ?? ({} as O);
  const plain: Fetch = client.fetch ?? ((url, init) => fetch(url, init));
  return start(
    { ...client, fetch: streamed(plain, onProgress) },
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

/** Asks for events, and answers with the last one as if it had been the whole body. */
function streamed(plain: Fetch, onProgress: ProbeWatch["onProgress"]): Fetch {
  return async (url, init) => {
    const headers = new Headers(init.headers);
    headers.set("Accept", "text/event-stream");
    const response = await plain(url, { ...init, headers });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.body === null || !type.startsWith("text/event-stream")) return response;
    for await (const { event, data } of eventsOf(response.body)) {
      if (event === "progress") onProgress?.(JSON.parse(data) as ProbeProgress);
      if (event === "result") return new Response(data, { headers: response.headers });
      if (event === "failed") throw new Error(`the probe failed: ${data}`);
    }
    throw new Error("the stream ended before the result");
  };
}

/** The events of a stream (one `data` line each, as the service writes them). */
async function* eventsOf(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event = ""] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data = ""] = /^data: (.*)$/m.exec(block) ?? [];
        yield { event, data };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
