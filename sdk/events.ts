import { sleep } from "./deadline.ts";
import { TransportError } from "./errors.ts";
import { type CallOptions, type ClientOptions, type Settings, settingsOf } from "./options.ts";
import { problemIn } from "./reply.ts";
import { backoffMs, isRetried, retryAfterMs } from "./retry.ts";
import { note } from "./send.ts";

/** One server-sent event. */
export interface StreamEvent {
  /** Counts up; 0 where the service gave none. */
  readonly id: number;
  readonly event: string;
  readonly data: string;
}

/** The events of a stream (one `data` line each, as the service writes them); comments are passed over. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
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
        const [, event] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data = ""] = /^data: (.*)$/m.exec(block) ?? [];
        const [, id = "0"] = /^id: (.*)$/m.exec(block) ?? [];
        if (event !== undefined) yield { id: Number(id), event, data };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What is asked of a stream that can be resumed. */
export interface Resumable {
  /** Path below the base URL. */
  readonly path: string;
  /** Id of the last event that is known; 0 for all. */
  readonly after: number;
  readonly isLast: (event: StreamEvent) => boolean;
}

const PATIENCE = 20;

/**
 * Events to the last one. A connection that drops is made again behind the last event, so that every event comes
 * exactly once; only as many failures in a row as there are retries (20 unless set) end it. The logger is told of every
 * connection as of an attempt.
 */
export async function* resumedEvents(
  client: ClientOptions,
  { path, after, isLast }: Resumable,
  call: CallOptions,
): AsyncGenerator<StreamEvent> {
  const settings = settingsOf(client, { retries: client.retries ?? PATIENCE, ...call });
  const signal = call.signal ?? new AbortController().signal;
  let last = after;
  for (let failures = 0, attempt = 1; ; attempt += 1) {
    let failure: unknown = new TransportError("the stream ended before its last event");
    const startMs = performance.now();
    const now = { settings, method: "GET", url: settings.baseUrl + path, attempt };
    const events = open(now, last, signal);
    try {
      for await (const event of events) {
        signal.throwIfAborted();
        failures = 0;
        last = event.id;
        yield event;
        if (isLast(event)) return;
      }
    } catch (thrown) {
      failure = resumable(thrown, signal);
    }
    failures += 1;
    const error = endOf(failure);
    if (error instanceof TransportError) {
      note(now, { kind: "failure", error, elapsedMs: performance.now() - startMs });
    }
    if (failures > settings.retries) throw error;
    const delayMs = waitAfter(failure, failures, settings);
    note(now, { kind: "retry", delayMs });
    await sleep(delayMs, signal);
  }
}

interface Connection {
  readonly settings: Settings;
  readonly method: string;
  readonly url: string;
  /** Counts the connections of the stream. */
  readonly attempt: number;
}

/** One connection: the events behind `last`. */
async function* open(
  now: Connection,
  last: number,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const { settings, method, url } = now;
  const startMs = performance.now();
  note(now, { kind: "attempt" });
  const headers = { ...settings.headers, ...streamHeaders(last) };
  const response = await settings.fetch(url, { method, headers, signal });
  const { status } = response;
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  note(now, { kind: "answer", status, requestId, elapsedMs: performance.now() - startMs });
  yield* eventsIn(await streamIn(response));
}

/** The failure, if asking again may help; an abort and an answer of the service are thrown. */
function resumable(thrown: unknown, signal: AbortSignal): unknown {
  signal.throwIfAborted();
  if (!(thrown instanceof WorthRetrying) && isAnswer(thrown)) throw thrown;
  return thrown;
}

/** An answer that says to come back. */
class WorthRetrying extends Error {
  readonly askedMs: number | undefined;
  readonly answer: unknown;

  constructor(answer: unknown, askedMs: number | undefined) {
    super("to be asked again");
    this.answer = answer;
    this.askedMs = askedMs;
  }
}

function waitAfter(failure: unknown, failures: number, { retryDelayMs }: Settings): number {
  const askedMs = failure instanceof WorthRetrying ? failure.askedMs : undefined;
  return askedMs ?? backoffMs(failures, retryDelayMs, Math.random);
}

function streamHeaders(last: number): Readonly<Record<string, string>> {
  const resumed = last > 0 ? { "Last-Event-ID": String(last) } : {};
  return { Accept: "text/event-stream", ...resumed };
}

async function streamIn(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (response.ok && response.body !== null) return response.body;
  const asked = `the stream was answered ${response.status}`;
  const answer = (await problemIn(response)) ?? new TransportError(asked);
  throw isRetried(response) ? new WorthRetrying(answer, retryAfterMs(response.headers)) : answer;
}

/** Whether the service has answered, rather than been out of reach. */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "ApiProblemError";
}

function endOf(failure: unknown): unknown {
  if (failure instanceof WorthRetrying) return failure.answer;
  if (failure instanceof TransportError) return failure;
  const why = failure instanceof Error ? failure.message : String(failure);
  return new TransportError(`the stream was lost: ${why}`, { cause: failure });
}
