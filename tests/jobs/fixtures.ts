import { readFileSync } from "node:fs";
import type { StorageLimits } from "../../api/env.ts";
import type { CellMessage } from "../../api/jobs/job-ports.ts";
import { fusedProbeEngine } from "../../api/probe/engines/fused/probe-engine.ts";
import { openRequest, runProbe } from "../../api/services/probes/answer-probe.ts";
import type { Datasets } from "../../api/services/probes/datasets.ts";
import type { ProbeEngineModule } from "../../api/services/probes/engine-request.ts";
import type { JobStart, JobView } from "../../api/services/probes/jobs.ts";
import { ProbePlanner } from "../../api/services/probes/plan-request.ts";
import type { ProbeRequest } from "../../schemas/probes/request.ts";
import { type LocalPlatform, localPlatform } from "../local-platform.ts";
import { begin } from "../seeded-platform.ts";

const kernels = new WebAssembly.Module(
  readFileSync(new URL("../../build/kernels.wasm", import.meta.url)),
);

export const engine = fusedProbeEngine(kernels, () =>
  Promise.reject(new Error("no job here asks for TensorFlow.js")),
);

export const TINY = {
  experiment: "critical-batch",
  task: {
    kind: "teacher",
    inputFeatures: 4,
    classes: 2,
    trainExamples: 512,
    validationExamples: 64,
  },
  model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
  seeds: 2,
  budgetFlops: 2e8,
} satisfies ProbeRequest;

const NO_DATASETS = { get: async () => undefined, read: async () => undefined };

/** What the same probe answers inside a request, as text. */
export async function answerInRequest(
  request: ProbeRequest,
  datasets: Pick<Datasets, "get" | "read"> = NO_DATASETS,
): Promise<string> {
  const { plan } = await new ProbePlanner(0).plan(engine, request, datasets);
  const opened = await openRequest(engine, request, datasets);
  for await (const told of runProbe(opened, plan, () => false)) {
    if (told.event === "result") return JSON.stringify(told.answer);
  }
  throw new Error("no result");
}

export interface Started {
  readonly local: LocalPlatform;
  readonly probeId: string;
  readonly start: JobStart;
  readonly view: () => Promise<JobView | undefined>;
}

interface Options {
  readonly request?: ProbeRequest;
  readonly limits?: Partial<StorageLimits>;
  readonly deliver?: (messages: readonly CellMessage[], local: LocalPlatform) => void;
  readonly engine?: ProbeEngineModule;
  readonly local?: LocalPlatform;
}

/** A job under way on a platform in this process. */
export async function startJob({
  request = TINY,
  limits = {},
  deliver,
  engine: given = engine,
  local: known,
}: Options = {}): Promise<Started> {
  const local =
    known ??
    localPlatform({
      loadEngine: async () => given,
      limits,
      ...(deliver && { deliver }),
    });
  const { jobs, datasets } = local.platform;
  const { plan } = await new ProbePlanner(0).plan(engine, request, datasets);
  const { probeId } = plan;
  const start = { probeId, request: JSON.stringify(request), plan: JSON.stringify(plan) };
  await begin(jobs, start);
  return { local, probeId, start, view: async () => (await jobs.find(probeId))?.view() };
}

/** The job at its end; its alarm is fired as often as the platform would. */
export async function endOf({ local, probeId }: Started): Promise<JobView> {
  for (let waited = 0; waited < 300; waited += 1) {
    const view = await (await local.platform.jobs.find(probeId))?.waitForEnd(100);
    if (view === undefined) throw new Error("there is no job");
    if (view.kind === "answer" || !/^(queued|running)$/.test(view.job.status)) return view;
    await local.objectOf(probeId).object.alarm();
  }
  throw new Error("the job did not end");
}

/** Every event of a job. */
export async function eventsOf({ local, probeId }: Started) {
  const found = [];
  for (let after = 0; ; ) {
    const page = await (await local.platform.jobs.find(probeId))?.events(after, 0);
    if (page === undefined || page.events.length === 0) return found;
    found.push(...page.events);
    after = page.events[page.events.length - 1]!.sequence;
  }
}

/** An engine whose cells are run through a hook. */
export function engineWith(
  onCell: (id: string, run: number) => void,
): ProbeEngineModule & { readonly runs: Map<string, number> } {
  const runs = new Map<string, number>();
  return {
    ...engine,
    runs,
    openProbe: async (spec) => {
      const opened = await engine.openProbe(spec);
      if (opened.status !== "ok") return opened;
      return {
        ...opened,
        *runCell(cell, from) {
          const run = (runs.get(cell.id) ?? 0) + 1;
          runs.set(cell.id, run);
          onCell(cell.id, run);
          return yield* opened.runCell(cell, from);
        },
      };
    },
  };
}
