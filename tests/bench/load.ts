// One load of autocannon in a process of its own: takes a LoadSpec as JSON, prints a LoadResult as JSON.
import autocannon, { type Request } from "autocannon";
import { fullBodyAt, quickPathAt } from "./requests.ts";
import { quantile } from "./stats.ts";

export interface LoadSpec {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly answers: number;
  readonly requestsPerSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

const DIFFERENT_REQUESTS = 60;

function requestAt(method: LoadSpec["method"], index: number): Request {
  if (method === "GET") return { method, path: quickPathAt(index) };
  return {
    method,
    path: "/v1/recommendations",
    headers: { "content-type": "application/json" },
    body: fullBodyAt(index),
  };
}

async function load({ url, method, connections, seconds }: LoadSpec): Promise<LoadResult> {
  // autocannon's own histogram keeps whole milliseconds only, and its duration counts whole samples.
  const times: number[] = [];
  const requests = Array.from({ length: DIFFERENT_REQUESTS }, (_, index) =>
    requestAt(method, index),
  );
  const begin = performance.now();
  let end = begin;
  const run = autocannon({ url, connections, duration: seconds, sampleInt: 100, requests });
  run.on(
    "response",
    (_client: unknown, _status: unknown, _bytes: unknown, milliseconds: number) => {
      times.push(milliseconds);
      end = performance.now();
    },
  );
  const { errors, non2xx } = await run;
  if (errors + non2xx > 0 || times.length === 0) {
    throw new Error(
      `${method} ${url}: ${times.length} answers, ${errors} errors, ${non2xx} without status 2xx`,
    );
  }
  return {
    answers: times.length,
    requestsPerSecond: times.length / ((end - begin) / 1000),
    medianMs: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
  };
}

console.log(JSON.stringify(await load(JSON.parse(process.argv[2] ?? "{}") as LoadSpec)));
