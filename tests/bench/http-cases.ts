import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Case, type Target, toCase } from "./cases.ts";
import type { LoadResult, LoadSpec } from "./load.ts";
import { fullBodyAt, quickPathAt } from "./requests.ts";
import { type Server, startEmpty, startService } from "./servers.ts";
import { spreadOf } from "./stats.ts";

const run = promisify(execFile);
const LOAD = fileURLToPath(new URL("./load.ts", import.meta.url));

export interface HttpPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

const METHODS = ["GET", "POST"] as const;
const ONE = 1;
const MANY = 32;

/** A load on the service and, straight after it, the same load on the empty handler. */
interface Pair {
  readonly service: LoadResult;
  readonly empty: LoadResult;
}

const MEDIAN_ASKED: Target = { comparison: "<", value: 3 };
const RATE_ASKED: Target = { comparison: ">=", value: 1000 };
const RATIO_ASKED: Target = { comparison: ">=", value: 0.6 };

/** Recommendations over HTTP beside an empty handler with the same bindings, in alternating loads. */
export async function measureHttp(plan: HttpPlan): Promise<readonly Case[]> {
  const servers = await Promise.allSettled([startService(), startEmpty()]);
  try {
    const [service, empty] = servers.map((started) => {
      if (started.status === "rejected") throw started.reason;
      return started.value;
    }) as [Server, Server];
    await requireRecommendations(service.url);
    return await measurePairs(plan, service.url, empty.url);
  } finally {
    for (const started of servers) if (started.status === "fulfilled") await started.value.stop();
  }
}

async function requireRecommendations(url: string): Promise<void> {
  for (let index = 0; index < 10; index++) {
    const answers = [
      await fetch(url + quickPathAt(index)),
      await fetch(`${url}/v1/recommendations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: fullBodyAt(index),
      }),
    ];
    for (const answer of answers) {
      const { status } = (await answer.json()) as { readonly status: unknown };
      if (answer.status !== 200 || status !== "recommended") {
        throw new Error(`${answer.url} answered ${answer.status} ${String(status)}`);
      }
    }
  }
}

async function measurePairs(
  { rounds, seconds, warmupSeconds }: HttpPlan,
  service: string,
  empty: string,
): Promise<readonly Case[]> {
  const loads = METHODS.flatMap((method) =>
    [ONE, MANY].map((connections) => ({ method, connections, pairs: [] as Pair[] })),
  );
  if (warmupSeconds > 0) {
    for (const url of [service, empty]) {
      for (const method of METHODS) {
        await load({ url, method, connections: MANY, seconds: warmupSeconds });
      }
    }
  }
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const { method, connections, pairs } of loads) {
      const spec = { method, connections, seconds };
      pairs.push({
        service: await load({ ...spec, url: service }),
        empty: await load({ ...spec, url: empty }),
      });
    }
  }
  return loads.flatMap(({ method, connections, pairs }) => {
    const name = `http-${method.toLowerCase()}-${connections}`;
    const shape = `${method} /v1/recommendations, ${connections} keep-alive, ${rounds} x ${seconds} s`;
    return connections === ONE ? timesOf(name, shape, pairs) : ratesOf(name, shape, pairs);
  });
}

function timesOf(name: string, shape: string, pairs: readonly Pair[]): readonly Case[] {
  const over = (figure: (pair: Pair) => number) => spreadOf(pairs.map(figure));
  return [
    toCase(
      { id: `${name}-median`, shape, unit: "ms", ...over(({ service }) => service.medianMs) },
      MEDIAN_ASKED,
    ),
    toCase({ id: `${name}-p99`, shape, unit: "ms", ...over(({ service }) => service.p99Ms) }),
    toCase({
      id: `${name}-median-empty`,
      shape,
      unit: "ms",
      ...over(({ empty }) => empty.medianMs),
    }),
    toCase({ id: `${name}-p99-empty`, shape, unit: "ms", ...over(({ empty }) => empty.p99Ms) }),
  ];
}

function ratesOf(name: string, shape: string, pairs: readonly Pair[]): readonly Case[] {
  const over = (figure: (pair: Pair) => number) => spreadOf(pairs.map(figure));
  const unit = "requests/s";
  return [
    toCase(
      { id: `${name}-rate`, shape, unit, ...over(({ service }) => service.requestsPerSecond) },
      RATE_ASKED,
    ),
    toCase({
      id: `${name}-rate-empty`,
      shape,
      unit,
      ...over((pair) => pair.empty.requestsPerSecond),
    }),
    toCase(
      {
        id: `${name}-ratio`,
        shape,
        unit: "service/empty",
        ...over(({ service, empty }) => service.requestsPerSecond / empty.requestsPerSecond),
      },
      RATIO_ASKED,
    ),
  ];
}

async function load(spec: LoadSpec): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [LOAD, JSON.stringify(spec)]);
  return JSON.parse(stdout) as LoadResult;
}
