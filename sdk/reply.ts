import { ApiProblemError, TransportError } from "./errors.ts";
import type { Problem } from "./generated/schema.ts";
import type { AnyCallOptions, ClientOptions, OutcomeOptions } from "./options.ts";
import { retryAfterMs } from "./retry.ts";
import { type Exchange, send, type WireRequest } from "./send.ts";

/** What a call with `throwOnProblem: false` answers. */
export type Outcome<T> =
  | {
      readonly data: T;
      readonly problem: undefined;
      readonly requestId: string | undefined;
    }
  | {
      readonly data: undefined;
      readonly problem: ApiProblemError;
      readonly requestId: string | undefined;
    };

/** An answer with what came around it. */
export interface Answered<T> {
  readonly data: T;
  /** Names the request in a report. */
  readonly requestId: string | undefined;
  /** Status, headers and body as they came; the body can be read again. */
  readonly response: Response;
  /** 1 when the first attempt was answered. */
  readonly attempts: number;
}

/**
 * A call under way. `await` gives the answer; `withResponse()` adds request id and response;
 * `asResponse()` gives the last response as it came, also where that is a problem.
 */
export class ApiCall<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = "ApiCall";
  readonly #exchange: Promise<Exchange>;
  readonly #read: (exchange: Exchange) => T;
  #answered: Promise<Answered<T>> | undefined;

  /** @internal */
  constructor(exchange: Promise<Exchange>, read: (exchange: Exchange) => T) {
    this.#exchange = exchange;
    this.#read = read;
    // A failure reaches whoever awaits the call; one that nobody awaits must not end the process.
    exchange.catch(() => undefined);
  }

  withResponse(): Promise<Answered<T>> {
    this.#answered ??= this.#exchange.then((exchange) => ({
      data: this.#read(exchange),
      requestId: exchange.requestId,
      response: unread(exchange),
      attempts: exchange.attempts,
    }));
    return this.#answered;
  }

  asResponse(): Promise<Response> {
    return this.#exchange.then(unread);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<A = T, B = never>(
    onAnswer?: ((data: T) => A | PromiseLike<A>) | null,
    onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.withResponse()
      .then(({ data }) => data)
      .then(onAnswer, onFailure);
  }

  catch<B = never>(onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onFailure);
  }

  finally(onSettled?: (() => void) | null): Promise<T> {
    return this.then().finally(onSettled);
  }
}

/** What a call answers under its options. */
export type Reply<T, O extends AnyCallOptions> = ApiCall<O extends OutcomeOptions ? Outcome<T> : T>;

/** Starts a call whose success body is JSON of type T. */
export function start<T, O extends AnyCallOptions>(
  client: ClientOptions,
  request: WireRequest,
  options: O | undefined,
): Reply<T, O> {
  const throws = (options as Partial<OutcomeOptions> | undefined)?.throwOnProblem !== false;
  const read = throws ? dataOf<T> : outcomeOf<T>;
  const exchange = send(client, request, options ?? {});
  return new ApiCall<T | Outcome<T>>(exchange, read) as Reply<T, O>;
}

function dataOf<T>(exchange: Exchange): T {
  const { data, problem } = outcomeOf<T>(exchange);
  if (problem !== undefined) throw problem;
  return data;
}

function outcomeOf<T>(exchange: Exchange): Outcome<T> {
  const { asked, response, text, requestId } = exchange;
  const { status, headers } = response;
  const details = { status, requestId };
  if (status === 204) return { data: undefined as T, problem: undefined, requestId };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    const kind = headers.get("Content-Type") ?? "no declared type";
    const what = `answered ${status} with what is no JSON (${kind})`;
    throw new TransportError(`${asked} was ${what}`, { ...details, cause });
  }
  if (response.ok) return { data: body as T, problem: undefined, requestId };
  if (!isProblem(body)) {
    throw new TransportError(`${asked} was answered ${status} without a problem`, details);
  }
  const problem = new ApiProblemError(body, { requestId, retryAfterMs: retryAfterMs(headers) });
  return { data: undefined, problem, requestId: problem.requestId };
}

/** The problem that a response is, read to its end; undefined when it is none. */
export async function problemIn(response: Response): Promise<ApiProblemError | undefined> {
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  const body: unknown = await response.json().catch(() => undefined);
  return isProblem(body)
    ? new ApiProblemError(body, { requestId, retryAfterMs: retryAfterMs(response.headers) })
    : undefined;
}

function isProblem(body: unknown): body is Problem {
  const { type, title, detail } = (body ?? {}) as Partial<Record<keyof Problem, unknown>>;
  return [type, title, detail].every((member) => typeof member === "string");
}

function unread({ response, text }: Exchange): Response {
  const { status, statusText, headers } = response;
  // These statuses have no body, and Response refuses one.
  const body = [204, 205, 304].includes(status) ? null : text;
  return new Response(body, { status, statusText, headers });
}
