// `npm run bench`: measures, writes JSON, prints each figure beside the number asked of it.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureCallCpu } from "./call-cpu-cases.ts";
import type { Case } from "./cases.ts";
import { type HttpPlan, measureHttp } from "./http-cases.ts";
import { measureFirstView } from "./page-cases.ts";
import { type Destination, report } from "./report.ts";
import { ROOT } from "./servers.ts";
import { measureService } from "./service-cases.ts";
import {
  measurePageSize,
  measureSdkSize,
  measureStartup,
  measureWorkerSize,
} from "./size-cases.ts";

const USAGE = `npm run bench -- [--smoke] [--anyway] [--rounds N] [--seconds S] [--out FILE]
  --smoke      a run of a few seconds that only shows that the bench works
  --anyway     measure on a busy machine too; the JSON then says so
  --rounds N   pairs of loads for each figure over HTTP (5)
  --seconds S  length of one load (4)
  --out FILE   where the JSON goes (tests/bench/results/bench.json, with --smoke dist/bench-smoke.json)`;

interface Plan extends HttpPlan, Destination {
  readonly calls: number;
  readonly startups: number;
  /** Of each operation whose CPU time is read. */
  readonly callsOfEach: number;
}

function readPlan(): Plan | "help" {
  const { values } = parseArgs({
    options: {
      smoke: { type: "boolean", default: false },
      anyway: { type: "boolean", default: false },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.smoke) {
    return {
      rounds: 1,
      seconds: 0.3,
      warmupSeconds: 0,
      calls: 200,
      startups: 1,
      callsOfEach: 40,
      refuseBusy: false,
      out: resolve(values.out ?? join(ROOT, "dist", "bench-smoke.json")),
    };
  }
  return {
    rounds: positive("rounds", values.rounds),
    seconds: positive("seconds", values.seconds),
    warmupSeconds: 3,
    calls: 10_000,
    startups: 5,
    callsOfEach: 400,
    refuseBusy: !values.anyway,
    out: resolve(values.out ?? join(ROOT, "tests", "bench", "results", "bench.json")),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} expects a positive number, received ${text}`);
  return value;
}

async function measure(plan: Plan) {
  const { digest, cases: service } = measureService(plan.calls);
  // Starting the service builds the Worker that is then measured.
  const http = await measureHttp(plan);
  const callCpu = await measureCallCpu(plan.callsOfEach);
  const view = await measureFirstView(plan.startups);
  const exact = [
    measureWorkerSize(),
    measurePageSize(),
    measureSdkSize(),
    measureStartup(plan.startups),
  ];
  const cases: readonly Case[] = [...http, ...service, ...callCpu, ...view, ...exact];
  return { digest, cases };
}

async function main(): Promise<void> {
  const plan = readPlan();
  if (plan === "help") return console.log(USAGE);
  await report("critbatch-bench/1", plan, () => measure(plan));
}

await main();
