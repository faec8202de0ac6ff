import type { TransportError } from "./errors.ts";

/** What this package needs of `fetch`; an in-process service or a proxy can stand in for it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What happened to a call, for a log. */
export type CallEvent = {
  readonly method: string;
  readonly url: string;
  /** 1 for the first attempt; of a stream of events, for its first connection. */
  readonly attempt: number;
} & (
  | { readonly kind: "attempt" }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly requestId: string | undefined;
      readonly elapsedMs: number;
    }
  | { readonly kind: "failure"; readonly error: TransportError; readonly elapsedMs: number }
  | { readonly kind: "retry"; readonly delayMs: number }
);

/** What a caller may set for all calls and again for one. Times are in ms; Infinity = no limit. */
interface SharedOptions {
  /** Sent with every request; wins over the headers of this package. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further attempts after the first: 2 unless set, 0 = none. */
  readonly retries?: number;
  /** Limit of one attempt, its body included: 30,000 unless set. */
  readonly attemptTimeoutMs?: number;
  /** Limit of a call with all its attempts and waits: 120,000 unless set. */
  readonly totalTimeoutMs?: number;
}

/** How to reach the service. A plain object; nothing is opened until a call is made. */
export interface ClientOptions extends SharedOptions {
  /** http://127.0.0.1:8787 unless set. */
  readonly baseUrl?: string | URL;
  /** The global `fetch` unless set. */
  readonly fetch?: Fetch;
  /** Name of the calling program, added to the User-Agent; browsers send their own instead. */
  readonly userAgent?: string;
  /** First wait before a retry: 500 unless set; doubles up to 8,000, up to a quarter of it random. */
  readonly retryDelayMs?: number;
  /** Longest Retry-After that is waited for: 30,000 unless set; longer ones end the call. */
  readonly maxRetryAfterMs?: number;
  /** Told of every attempt, answer, failure and retry, and so of every connection of a stream of events. What it throws is ignored. */
  readonly logger?: (event: CallEvent) => void;
}

/** Settings of one call. */
export interface CallOptions extends SharedOptions {
  /** Ends the call before, during and between attempts, with the reason of the signal. */
  readonly signal?: AbortSignal;
}

/** Settings of one call that answers a problem instead of throwing it. */
export interface OutcomeOptions extends CallOptions {
  readonly throwOnProblem: false;
}

/** Settings of one call, either way of telling a problem. */
export type AnyCallOptions = CallOptions | OutcomeOptions;

export const DEFAULTS = {
  baseUrl: "http://127.0.0.1:8787",
  retries: 2,
  attemptTimeoutMs: 30_000,
  totalTimeoutMs: 120_000,
  retryDelayMs: 500,
  maxRetryAfterMs: 30_000,
} as const;

export type Settings = Required<Omit<ClientOptions, "userAgent" | "logger" | "baseUrl">> &
  Pick<ClientOptions, "userAgent" | "logger"> & { readonly baseUrl: string };

/** The settings of one call: its own before those of the client before the defaults. */
export function settingsOf(client: ClientOptions, call: CallOptions): Settings {
  const settings = { ...DEFAULTS, ...defined(client), ...defined(call) };
  for (const name of ["attemptTimeoutMs", "totalTimeoutMs"] as const) {
    if (!(settings[name] > 0)) throw expected(name, "a number above 0", settings[name]);
  }
  for (const name of ["retries", "retryDelayMs", "maxRetryAfterMs"] as const) {
    if (!(settings[name] >= 0)) throw expected(name, "a number of at least 0", settings[name]);
  }
  return {
    ...settings,
    // Called as a bare function: browsers refuse fetch as a method of another object.
    fetch: client.fetch ?? ((url, init) => fetch(url, init)),
    headers: { ...client.headers, ...call.headers },
    baseUrl: baseOf(settings.baseUrl),
  };
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, set]) => set !== undefined)) as T;
}

function expected(name: string, what: string, received: unknown): RangeError {
  return new RangeError(`${name}: expected ${what}, received ${String(received)}`);
}

function baseOf(baseUrl: string | URL): string {
  const text = String(baseUrl);
  if (!/^https?:\/\/[^/]/.test(text)) {
    throw expected("baseUrl", "an http or https address", text);
  }
  return text.replace(/\/+$/, "");
}
