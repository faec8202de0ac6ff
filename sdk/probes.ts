import { ProbeEndedError } from "./errors.ts";
import { resumedEvents } from "./events.ts";
import type {
  operations,
  ProbeAnswer,
  ProbeJob,
  ProbeList,
  ProbeListItem,
  ProbeRequest,
  ProbeState,
} from "./generated/schema.ts";
import type { AnyCallOptions, CallOptions, ClientOptions } from "./options.ts";
import { type Page, pages } from "./pages.ts";
import type { ProbeProgress, ProbeWatch } from "./probe.ts";
import { queryText } from "./query.ts";
import { type Reply, start } from "./reply.ts";

/** A training run of a probe that has ended. */
export interface ProbeCell {
  readonly cellId: string;
  readonly stage: string;
  readonly status: "reached" | "completed" | "diverged";
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly steps: number;
  /** Absent where none was finite. */
  readonly bestLoss?: number;
  readonly flops: number;
  readonly cellsDone: number;
  readonly cells: number;
}

/** What a job tells; `id` resumes behind it. */
export type ProbeEvent = { readonly id: number } & (
  | { readonly event: "progress"; readonly data: ProbeProgress }
  | { readonly event: "cell"; readonly data: ProbeCell }
  | { readonly event: "result"; readonly data: ProbeAnswer }
  | { readonly event: "failed"; readonly data: ProbeJob }
);

/** Filters and page of a list of probes. */
export type ProbeListQuery = NonNullable<operations["listProbes"]["parameters"]["query"]>;

/** Where the events of a job go on. */
export interface ProbeEventOptions extends CallOptions {
  /** Id of the last event that is known: all after it come. */
  readonly after?: number;
}

const probePath = (probeId: string) => `/v1/probes/${encodeURIComponent(probeId)}`;

/**
 * Begins a probe as a job, or finds what is known of it. POST /v1/probes with Prefer: respond-async.
 *
 * @example const { probeId } = await startProbe({}, { experiment: "critical-batch", task: { kind: "teacher" } })
 */
export function startProbe<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: ProbeRequest,
  options?: O,
): Reply<ProbeState, O> {
  const headers = { Prefer: "respond-async" };
  return start(client, { method: "POST", path: "/v1/probes", body: request, headers }, options);
}

/** A probe: its result, or how far its job has come. GET /v1/probes/{probeId}. */
export function getProbe<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  probeId: string,
  options?: O,
): Reply<ProbeState, O> {
  return start(client, { method: "GET", path: probePath(probeId) }, options);
}

/**
 * Cancels a probe under way (its job comes back), or deletes one that has ended. DELETE /v1/probes/{probeId}.
 *
 * Asked once unless the options of the call itself say `retries`: where the answer to the first time is lost, the
 * second would delete what the first has cancelled.
 */
export function cancelProbe<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  probeId: string,
  options?: O,
): Reply<ProbeJob | undefined, O> {
  const once = { ...options, retries: options?.retries ?? 0 } as unknown as O;
  return start(client, { method: "DELETE", path: probePath(probeId) }, once);
}

/** A page of probes, newest first. GET /v1/probes. */
export function listProbes<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  query: ProbeListQuery = {},
  options?: O,
): Reply<ProbeList, O> {
  return start(client, { method: "GET", path: `/v1/probes${queryText(query)}` }, options);
}

/** Every probe, newest first, page by page as they are asked for. */
export function eachProbe(
  client: ClientOptions,
  query: ProbeListQuery = {},
  options?: CallOptions,
): AsyncGenerator<ProbeListItem> {
  return pages(query, async (asked): Promise<Page<ProbeListItem>> => {
    const { probes: items, ...next } = await listProbes(client, asked, options);
    return { items, ...next };
  });
}

/**
 * Everything that has happened to a probe, and what happens from now on, to its end. GET /v1/probes/{probeId}/events.
 *
 * A dropped connection is resumed behind the last event: each comes exactly once.
 */
export async function* probeEvents(
  client: ClientOptions,
  probeId: string,
  { after = 0, ...call }: ProbeEventOptions = {},
): AsyncGenerator<ProbeEvent> {
  const isLast = ({ event }: { readonly event: string }) =>
    event === "result" || event === "failed";
  const path = `${probePath(probeId)}/events`;
  for await (const { id, event, data } of resumedEvents(client, { path, after, isLast }, call)) {
    yield { id, event, data: JSON.parse(data) } as ProbeEvent;
  }
}

/**
 * The result of a probe, when it is there.
 *
 * @throws {ProbeEndedError} when it failed or was cancelled.
 */
export async function waitForProbe(
  client: ClientOptions,
  probeId: string,
  { onProgress, ...call }: ProbeEventOptions & ProbeWatch = {},
): Promise<ProbeAnswer> {
  for await (const told of probeEvents(client, probeId, call)) {
    if (told.event === "progress") onProgress?.(told.data);
    if (told.event === "result") return told.data;
    if (told.event === "failed") throw new ProbeEndedError(told.data);
  }
  throw new Error("the events of a probe end with a result or a failure");
}
