import { sleep, withDeadline } from "./deadline.ts";
import { TimeoutError, TransportError } from "./errors.ts";
import {
  type CallEvent,
  type CallOptions,
  type ClientOptions,
  type Settings,
  settingsOf,
} from "./options.ts";
import { backoffMs, isRetried, retryAfterMs } from "./retry.ts";
import { userAgentOf } from "./version.ts";

export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query below the base URL. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, in place of a body. */
  readonly upload?: { readonly data: BodyInit; readonly contentType: string };
  /** Further headers; those of the caller win. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, read to its end. */
export interface Exchange {
  /** Method and address, for messages. */
  readonly asked: string;
  readonly response: Response;
  readonly text: string;
  readonly requestId: string | undefined;
  readonly attempts: number;
}

/** What a log says a thing happened to. */
interface Noted {
  readonly settings: Settings;
  readonly method: string;
  readonly url: string;
  readonly attempt: number;
}

/** One attempt under way. */
interface Attempt extends Noted {
  readonly init: RequestInit;
}

/** Sends a request until it is answered for good, the retries are used up, or time or caller ends it. */
export async function send(
  client: ClientOptions,
  request: WireRequest,
  call: CallOptions,
): Promise<Exchange> {
  const settings = settingsOf(client, call);
  const { totalTimeoutMs } = settings;
  const endMs = performance.now() + totalTimeoutMs;
  const url = settings.baseUrl + request.path;
  const init = initOf(request, settings);
  const timeout = () => new TimeoutError("total", totalTimeoutMs);
  return withDeadline(totalTimeoutMs, timeout, call.signal, async (signal) => {
    for (let attempt = 1; ; attempt++) {
      const now: Attempt = { settings, method: request.method, url, init, attempt };
      const outcome = await tryOnce(now, signal);
      const delayMs = waitAfter(outcome, attempt, settings);
      if (delayMs === undefined || performance.now() + delayMs >= endMs) {
        if (outcome instanceof TransportError) throw outcome;
        return outcome;
      }
      note(now, { kind: "retry", delayMs });
      await sleep(delayMs, signal);
    }
  });
}

function initOf(request: WireRequest, settings: Settings): RequestInit {
  const { method, body, upload } = request;
  const headers = new Headers({ Accept: "application/json" });
  const userAgent = userAgentOf(settings.userAgent);
  if (userAgent !== undefined) headers.set("User-Agent", userAgent);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (upload !== undefined) headers.set("Content-Type", upload.contentType);
  const further = { ...request.headers, ...settings.headers };
  for (const [name, value] of Object.entries(further)) headers.set(name, value);
  if (upload !== undefined) return { method, headers, body: upload.data };
  return body === undefined
    ? { method, headers }
    : { method, headers, body: JSON.stringify(body, finite) };
}

/** JSON has no NaN and no infinity: they would leave as null, and be refused without a name. */
function finite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError(`${name}: expected a finite number, received ${value}`);
  }
  return value;
}

/** A failure is returned when another attempt may mend it; the end of the whole call is thrown. */
async function tryOnce(now: Attempt, signal: AbortSignal): Promise<Exchange | TransportError> {
  const { settings, method, url, init, attempt } = now;
  const { attemptTimeoutMs } = settings;
  const startMs = performance.now();
  const asked = `${method} ${url}`;
  const timeout = () => new TimeoutError("attempt", attemptTimeoutMs);
  note(now, { kind: "attempt" });
  try {
    const exchange = await withDeadline(
      attemptTimeoutMs,
      timeout,
      signal,
      async (attemptSignal) => {
        const response = await settings.fetch(url, { ...init, signal: attemptSignal });
        const requestId = response.headers.get("X-Request-Id") ?? undefined;
        return { asked, response, text: await response.text(), requestId, attempts: attempt };
      },
    );
    const { response, requestId } = exchange;
    const elapsedMs = performance.now() - startMs;
    note(now, { kind: "answer", status: response.status, requestId, elapsedMs });
    return exchange;
  } catch (failure) {
    signal.throwIfAborted();
    const error =
      failure instanceof TimeoutError
        ? failure
        : new TransportError(`no answer to ${asked}: ${messageOf(failure)}`, { cause: failure });
    note(now, { kind: "failure", error, elapsedMs: performance.now() - startMs });
    return error;
  }
}

/** The innermost message: fetch hides "connection refused" behind "fetch failed". */
function messageOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { cause } = failure;
  if (cause instanceof Error) return messageOf(cause);
  return failure.message || String((failure as { readonly code?: unknown }).code ?? failure.name);
}

/** The wait before the next attempt, in ms; undefined when there is to be none. */
function waitAfter(
  outcome: Exchange | TransportError,
  attempt: number,
  { retries, retryDelayMs, maxRetryAfterMs }: Settings,
): number | undefined {
  if (attempt > retries) return undefined;
  const delayMs = backoffMs(attempt, retryDelayMs, Math.random);
  if (outcome instanceof TransportError) return delayMs;
  if (!isRetried(outcome.response)) return undefined;
  const askedMs = retryAfterMs(outcome.response.headers) ?? delayMs;
  return askedMs > maxRetryAfterMs ? undefined : askedMs;
}

type Note<E = CallEvent> = E extends CallEvent ? Omit<E, "method" | "url" | "attempt"> : never;

/** Tells the log, if there is one. */
export function note({ settings, method, url, attempt }: Noted, what: Note): void {
  try {
    settings.logger?.({ method, url, attempt, ...what } as CallEvent);
  } catch {
    // A log must not end the call that it describes.
  }
}
