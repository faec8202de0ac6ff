// `npm run bench:probe`: the fused engine beside PyTorch, tfjs (in Node and inside workerd) and the peak of the runtime; writes JSON, prints each
// figure beside the number asked of it.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { kernelModule } from "../../probe/fixtures.ts";
import type { Case, Target } from "../cases.ts";
import { type Destination, report } from "../report.ts";
import { ROOT } from "../servers.ts";
import { openFused, timedHere } from "./contestant.ts";
import { measureProbeCpu } from "./cpu-cases.ts";
import { measureGemm } from "./gemm-cases.ts";
import { measureJs } from "./js-cases.ts";
import { measureNorms } from "./norm-cases.ts";
import type { Sampling } from "./pairs.ts";
import {
  type Field,
  groupCase,
  measureRivals,
  type Rival,
  type RivalSeries,
} from "./rival-cases.ts";
import { startPytorch } from "./rivals/pytorch.ts";
import { openTfjs, startTfjs } from "./rivals/tfjs.ts";
import { measureTfjsMemory, measureTfjsSize, measureTfjsStart } from "./tfjs-cases.ts";
import { startWorkerd } from "./workerd/start-workerd.ts";
import { DECODERS, type Family, PERCEPTRONS, type Workload, workloadsOf } from "./workloads.ts";

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
  families: readonly Family[],
  open: (workload: Workload) => Promise<Field>,
  plan: Plan,
): Promise<RivalSeries[]> {
  const rows: RivalSeries[] = [];
  for (const family of plan.smoke ? families.slice(0, 1) : families) {
    for (const workload of pick(workloadsOf(family), plan.smoke)) {
      rows.push(...(await measureRivals(workload, await open(workload), plan)));
    }
  }
  return rows;
}

const TFJS_AT_LEAST = least(8);

/** In this process: PyTorch, where it is installed, and the plain loop of tfjs on perceptrons. */
async function measureHere(plan: Plan) {
  const pytorch = await startPytorch();
  const tfjs = await startTfjs();
  const open =
    (withTfjs: boolean) =>
    async (workload: Workload): Promise<Field> => {
      const rivals: Rival[] = [];
      if (pytorch) {
        const contestant = await pytorch.open(workload);
        rivals.push({ name: "pytorch", asked: least(0.25), contestant });
      }
      if (withTfjs) {
        rivals.push({ name: "tfjs", asked: TFJS_AT_LEAST, contestant: await openTfjs(workload) });
      }
      return { candidate: timedHere(openFused(kernelModule, workload)), rivals };
    };
  const rows = await measureFamilies(PERCEPTRONS, open(true), plan);
  if (pytorch) rows.push(...(await measureFamilies(DECODERS, open(false), plan)));
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
  return { rivals: { pytorch: about ?? null, tfjs }, cases };
}

/** Both engines inside one workerd, timed from here. */
async function measureInWorkerd(plan: Plan): Promise<Case[]> {
  const workerd = await startWorkerd();
  try {
    const open = async (workload: Workload): Promise<Field> => {
      const { candidate, rival } = await workerd.open(workload);
      const asked = TFJS_AT_LEAST;
      return { candidate, rivals: [{ name: "tfjs in workerd", asked, contestant: rival }] };
    };
    // What a call costs besides its work must be little beside a sample.
    const pairs = Math.max(3, plan.pairs >> 1);
    const sampling = { ...plan, pairs, sampleSeconds: 0.03 };
    const perceptrons = await measureFamilies(PERCEPTRONS, open, sampling);
    const decoders = await measureFamilies(DECODERS, open, sampling);
    return [
      groupCase("tfjs in workerd mlp", perceptrons, least(20)),
      groupCase("tfjs in workerd transformer", decoders, least(10)),
      ...[...perceptrons, ...decoders].map((row) => row.case),
    ];
  } finally {
    await workerd.stop();
  }
}

async function measure(plan: Plan) {
  const { smoke } = plan;
  const { rivals, cases } = await measureHere(plan);
  const inWorkerd = await measureInWorkerd(plan);
  const tfjs = [measureTfjsSize(), await measureTfjsStart(smoke ? 1 : 5), measureTfjsMemory()];
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
  return { rivals, cases: [...cases, ...inWorkerd, ...tfjs, ...gemm, ...norms, ...js, ...cpu] };
}

const plan = readPlan();
if (plan === "help") console.log(USAGE);
else await report("critbatch-bench-probe/1", plan, () => measure(plan));
