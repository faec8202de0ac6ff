// `npm run bench:probe`: the fused engine beside PyTorch, tfjs and the peak of the runtime; writes JSON, prints each
// figure beside the number asked of it.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Case, Target } from "../cases.ts";
import { type Destination, report } from "../report.ts";
import { ROOT } from "../servers.ts";
import { measureProbeCpu } from "./cpu-cases.ts";
import { measureGemm } from "./gemm-cases.ts";
import { measureJs } from "./js-cases.ts";
import { measureNorms } from "./norm-cases.ts";
import type { Sampling } from "./pairs.ts";
import { groupCase, measureRivals, type Rival, type RivalSeries } from "./rival-cases.ts";
import { startPytorch } from "./rivals/pytorch.ts";
import { openTfjs, startTfjs } from "./rivals/tfjs.ts";
import { DECODERS, PERCEPTRONS, type Workload, workloadsOf } from "./workloads.ts";

const USAGE = `npm run bench:probe -- [--smoke] [--anyway] [--pairs N] [--out FILE]
  --smoke    a run of seconds that only shows that the bench works
  --anyway   measure on a busy machine too; the JSON then says so
  --pairs N  samples of each figure beside its rival (21)
  --out FILE where the JSON goes (tests/bench/results/probe.json, with --smoke dist/probe-smoke.json)
PyTorch is looked for in $PYTHON, then python3; its figures are left out where it is not installed.`;

interface Plan extends Destination, Sampling {
  readonly smoke: boolean;
}

function readPlan(): Plan | "help" {
  const { values } = parseArgs({
    options: {
      smoke: { type: "boolean", default: false },
      anyway: { type: "boolean", default: false },
      pairs: { type: "string", default: "21" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { smoke } = values;
  const pairs = Number(values.pairs);
  if (!(Number.isInteger(pairs) && pairs > 0)) {
    throw new RangeError(`--pairs expects a positive integer, received ${values.pairs}`);
  }
  const usual = smoke ? ["dist", "probe-smoke.json"] : ["tests", "bench", "results", "probe.json"];
  return {
    smoke,
    pairs: smoke ? 3 : pairs,
    sampleSeconds: smoke ? 0.001 : 0.015,
    refuseBusy: !smoke && !values.anyway,
    out: resolve(values.out ?? join(ROOT, ...usual)),
  };
}

const least = (value: number): Target => ({ comparison: ">=", value });

/** Every size, or with `smoke` one small batch of the first model of a kind. */
function pick(workloads: readonly Workload[], smoke: boolean): readonly Workload[] {
  return smoke ? workloads.slice(2, 3) : workloads;
}

function pytorchGroups(series: readonly RivalSeries[]): Case[] {
  const small = series.filter(({ batchExamples }) => batchExamples <= 16);
  const middle = series.filter(({ batchExamples }) => batchExamples === 64);
  const perceptrons = ({ case: { id } }: RivalSeries) => id.includes(" mlp ");
  const groups: [string, readonly RivalSeries[], Target][] = [
    ["pytorch batch<=16", small, least(3)],
    ["pytorch batch<=16, mlp", small.filter(perceptrons), least(3)],
    ["pytorch batch=64", middle, least(1)],
    ["pytorch batch=64, mlp", middle.filter(perceptrons), least(1)],
  ];
  return groups
    .filter(([, members]) => members.length > 0)
    .map(([id, members, target]) => groupCase(id, members, target));
}

async function measureFamilies(
  families: typeof PERCEPTRONS,
  rivals: readonly Rival[],
  plan: Plan,
): Promise<RivalSeries[]> {
  const rows: RivalSeries[] = [];
  for (const family of plan.smoke ? families.slice(0, 1) : families) {
    for (const workload of pick(workloadsOf(family), plan.smoke)) {
      rows.push(...(await measureRivals(workload, rivals, plan)));
    }
  }
  return rows;
}

async function measureAgainstRivals(plan: Plan) {
  const pytorch = await startPytorch();
  const tfjs: Rival = { name: "tfjs", asked: least(8), open: openTfjs };
  const torch: Rival[] = pytorch
    ? [{ name: "pytorch", asked: least(0.25), open: pytorch.open }]
    : [];
  const tfjsVersion = await startTfjs();
  const rows = await measureFamilies(PERCEPTRONS, [...torch, tfjs], plan);
  if (pytorch) rows.push(...(await measureFamilies(DECODERS, torch, plan)));
  pytorch?.stop();
  const against = (name: string) => rows.filter(({ case: { id } }) => id.startsWith(`${name} `));
  const cases = [
    ...pytorchGroups(against("pytorch")),
    groupCase("tfjs mlp", against("tfjs"), least(20)),
    ...rows.map((row) => row.case),
  ];
  const about = pytorch && {
    version: pytorch.version,
    gemmGflopPerSecond: pytorch.gemmGflopPerSecond,
  };
  return { rivals: { pytorch: about ?? null, tfjs: tfjsVersion }, cases };
}

async function measure(plan: Plan) {
  const { smoke } = plan;
  const { rivals, cases } = await measureAgainstRivals(plan);
  const shapes = [
    [64, 128, 10],
    [784, 128, 10],
    [256, 256, 64],
  ].flatMap((widths) => [64, 256].map((batch) => ({ widths, batch })));
  const gemm = await measureGemm(smoke ? shapes.slice(0, 1) : shapes, plan);
  const norms: Case[] = [];
  for (const family of smoke ? PERCEPTRONS.slice(0, 1) : [...PERCEPTRONS, ...DECODERS]) {
    // The largest batches cost as much as those of one micro-batch.
    const workloads = workloadsOf(family).filter(({ spec }) => spec.batchExamples <= 256);
    for (const workload of pick(workloads, smoke)) norms.push(await measureNorms(workload, plan));
  }
  const js = smoke ? measureJs(1, 2) : measureJs(3, Number.POSITIVE_INFINITY);
  const cpu = await measureProbeCpu(smoke ? "noise-scale" : "critical-batch", smoke ? 1 : 3);
  return { rivals, cases: [...cases, ...gemm, ...norms, ...js, ...cpu] };
}

const plan = readPlan();
if (plan === "help") console.log(USAGE);
else await report("critbatch-bench-probe/1", plan, () => measure(plan));
