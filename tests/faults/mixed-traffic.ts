import { setTimeout as pause } from "node:timers/promises";
import type { RunningService } from "./killable-service.ts";

const EVERY_MS = 500;

interface Traffic {
  readonly calls: number;
  /** Answers with 5xx, and calls without an answer. */
  readonly faults: number;
}

/** Of the documentation, so that it is answered. */
const NOISE_SCALE = {
  sequenceLengthTokens: 2048,
  smallBatchSequences: 16,
  largeBatchSequences: 256,
  smallBatchNormSquared: [0.52, 0.49, 0.55, 0.5],
  largeBatchNormSquared: [0.21, 0.2, 0.22, 0.19],
};

type Call = (service: RunningService, index: number) => Promise<number>;

/** One call after another at intervals: noise scales, probes inside requests, uploads and deletions, streams that are dropped. */
export async function mixedTraffic(service: RunningService, signal: AbortSignal): Promise<Traffic> {
  let calls = 0;
  let faults = 0;
  while (!signal.aborted) {
    const call = CALLS[calls % CALLS.length];
    const status = await call?.(service, calls).catch(() => 0);
    calls += 1;
    if (status === undefined || status === 0 || status >= 500) {
      faults += 1;
      console.error(`mixed traffic, call ${calls}: ${status}`);
    }
    await pause(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return { calls, faults };
}

const CALLS: readonly Call[] = [
  ({ baseUrl }) => post(`${baseUrl}/v1/noise-scale`, NOISE_SCALE),
  uploadAndDelete,
  dropStream,
  ({ baseUrl }, index) => post(`${baseUrl}/v1/probes`, quadratic(index)),
  leaveUpload,
  ({ baseUrl }) => get(`${baseUrl}/v1/probes?limit=100`),
  dropJobStream,
  ({ baseUrl }, index) => get(`${baseUrl}/v1/probes/${index.toString(16).padStart(32, "0")}`),
];

/** Measured in a fraction of a second, and each time another one. */
function quadratic(seed: number) {
  const task = { kind: "quadratic", dimensions: 4, targetLoss: 0.3 };
  return { experiment: "critical-batch", seeds: 1, seed, task };
}

async function get(url: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer.status;
}

function post(url: string, body: object, key?: string): Promise<number> {
  return get(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { "idempotency-key": key }) },
    body: JSON.stringify(body),
  });
}

function upload(baseUrl: string, index: number): Promise<Response> {
  return fetch(`${baseUrl}/v1/datasets`, {
    method: "POST",
    headers: { "content-type": "text/plain", "idempotency-key": `upload-${index}-${Date.now()}` },
    body: `${index} `.repeat(20_000),
  });
}

async function uploadAndDelete({ baseUrl }: RunningService, index: number): Promise<number> {
  const answer = await upload(baseUrl, index);
  const { datasetId } = (await answer.json()) as { readonly datasetId: string };
  const deleted = await get(`${baseUrl}/v1/datasets/${datasetId}`, { method: "DELETE" });
  return Math.max(answer.status, deleted);
}

async function leaveUpload({ baseUrl }: RunningService, index: number): Promise<number> {
  const answer = await upload(baseUrl, index);
  await answer.arrayBuffer();
  return answer.status;
}

/** Goes away after the first event of a probe inside the request, which stops it. */
async function dropStream({ baseUrl }: RunningService, seed: number): Promise<number> {
  const answer = await fetch(`${baseUrl}/v1/probes`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ experiment: "critical-batch", seed, task: { kind: "teacher" } }),
  });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  return answer.status;
}

/** Goes away after the first event of the job that was listed last. */
async function dropJobStream({ baseUrl, client }: RunningService): Promise<number> {
  const { probes } = await client.listProbes({ limit: 1 });
  const answer = await fetch(`${baseUrl}/v1/probes/${probes[0]?.probeId}/events`);
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  return answer.status;
}
