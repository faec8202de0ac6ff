import type { Context } from "hono";
import type { JobEvent, StoredProbe } from "../services/probes/jobs.ts";
import type { AppEnv } from "./context.ts";
import { respond } from "./respond.ts";

export interface ServerSentEvent {
  readonly event: string;
  /** One line of JSON. */
  readonly data: string;
  readonly id: number;
}

export function eventText({ event, data, id }: ServerSentEvent): string {
  return `event: ${event}\ndata: ${data}\nid: ${id}\n\n`;
}

/** Keeps the connection open while there is no event. */
const KEEP_ALIVE = ": nothing yet\n\n";
const WAIT_MS = 10_000;

/** What comes next on a stream. */
export interface Chunk {
  readonly text: string;
  readonly last: boolean;
}

/**
 * Answers a stream that is pulled by its reader, so that one who has gone away stops the work; no write has to fail
 * first.
 *
 * @param stop - called once, at the end of the stream or when its reader goes away.
 */
export function pulledStream(
  c: Context<AppEnv>,
  pull: () => Promise<Chunk>,
  stop: () => void,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const encoder = new TextEncoder();
  let closed = false;
  const end = () => {
    if (!closed) stop();
    closed = true;
  };
  c.req.raw.signal.addEventListener("abort", end, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { text, last } = await pull();
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (!last || closed) return;
        end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return respond(c, body, 200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    ...headers,
  });
}

/** The events of a probe after a sequence number, to its end, each once. */
export function jobEventStream(
  c: Context<AppEnv>,
  probe: Pick<StoredProbe, "events">,
  after: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  let told = after;
  const pull = async (): Promise<Chunk> => {
    const found = await probe.events(told, WAIT_MS);
    // It has been deleted.
    if (found === undefined) return { text: "", last: true };
    const { events, ended } = found;
    told = events[events.length - 1]?.sequence ?? told;
    const text = events.length === 0 ? KEEP_ALIVE : events.map(asText).join("");
    return { text: ended && events.length === 0 ? "" : text, last: ended };
  };
  return pulledStream(c, pull, () => undefined, headers);
}

function asText({ sequence, event, data }: JobEvent): string {
  return eventText({ event, data, id: sequence });
}
