import type { ProbeAnswer, ProbePlan } from "../../../schemas/probes/answer.ts";
import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import type { CellResult, CellSpec } from "../../probe/cell.ts";
import { digestCell, digestProbe } from "../../probe/fingerprint.ts";
import { turnFlops } from "../../probe/flop-count.ts";
import { readTopology, TopologyError } from "../../probe/keras/read-topology.ts";
import type { ProbeRequest as EngineRequest, ProbeSpec } from "../../probe/probe-spec.ts";
import type { FinishedProbe, OpenedProbe } from "../../probe/run-probe.ts";
import { timerTurn } from "../../probe/timer-turn.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import { probeCurves } from "./curves.ts";
import type { Datasets } from "./datasets.ts";
import { requireModestProbe } from "./memory.ts";
import { readProbeTask } from "./read-task.ts";
import { requireProbeTerms } from "./require-terms.ts";

const PROBE_ID_DIGITS = 32;
// A hundred progress events or so are enough for a bar, whatever the probe's size.
const PROGRESS_SHARE = 0.01;
// Some runtimes notice only at the next write that nobody reads any more: that must not take seconds.
const MOST_SILENT_FLOPS = 3e8;

// What an engine does in the time of one request, as a share of what the fused one does.
const REQUEST_SHARE = { fused: 1, tfjs: 0.05 } as const;

/** The engine's code, loaded only when a probe asks for it. */
export interface ProbeEngineModule {
  readonly resolveProbe: (request: EngineRequest) => ProbeSpec;
  readonly openProbe: (spec: ProbeSpec) => Promise<OpenedProbe>;
}

/** One training run of a probe: its batch and rate, and how it ended. */
interface EndedRun {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly status: CellResult["status"];
  /** Interpolated steps to the target; only when reached. */
  readonly stepsToTarget?: number;
  /** Absent when the run diverged. */
  readonly finalLoss?: number;
}

/** What a probe tells while it runs. */
export type ProbeEvent =
  | {
      readonly event: "progress";
      readonly progress: {
        readonly stage: string;
        readonly flopsDone: number;
        readonly flopsExpected: number;
        readonly cellsDone: number;
        readonly cells: number;
        /** Training runs that ended since the last event. */
        readonly ended: readonly EndedRun[];
      };
    }
  | { readonly event: "result"; readonly answer: ProbeAnswer };

/** A probe that is ready to run inside a request. */
export interface ReadyProbe {
  readonly plan: ProbePlan;
  /** Runs slice by slice with turns of the timer in between; asked after each slice whether to stop. */
  readonly run: (isStopped: () => boolean) => AsyncGenerator<ProbeEvent>;
}

/**
 * Reads a request into a planned probe.
 *
 * @param requestFlopsLimit - largest ceiling that one request may run; FLOP.
 * @throws {InvalidRequest} when task, model and experiment do not go together or the data hold nothing to learn.
 */
export async function readyProbe(
  engine: ProbeEngineModule,
  request: ProbeRequest,
  requestFlopsLimit: number,
  datasets: Pick<Datasets, "read">,
): Promise<ReadyProbe> {
  const opened = await openRequest(engine, request, datasets);
  const probeId = await probeIdOf(request);
  const common = { probeId, engine: opened.engine, modelVersion: MODEL_VERSION } as const;
  const engineLimit = requestFlopsLimit * REQUEST_SHARE[opened.engine];
  const plan: ProbePlan = {
    status: "planned",
    experiment: request.experiment,
    stages: [...opened.plan.stages],
    withinLimit: opened.plan.flops.ceiling <= engineLimit,
    requestFlopsLimit: engineLimit,
    flops: { ...opened.plan.flops, done: 0 },
    ...common,
  };
  return { plan, run: (isStopped) => runOpened(isStopped, opened, plan, common) };
}

/** Names a probe by what is asked, seed and version; a wish to run it afresh is no part of that. */
export async function probeIdOf(request: ProbeRequest): Promise<string> {
  const { fresh: _wish, modelVersion: _pin, ...asked } = request;
  const identity = new Uint8Array(new TextEncoder().encode(JSON.stringify(asked) + MODEL_VERSION));
  return (await digestCell(sha256, identity)).slice(0, PROBE_ID_DIGITS);
}

/**
 * Reads a request into a probe whose cells can be run.
 *
 * @throws {InvalidRequest} as `readyProbe` does.
 */
export async function openRequest(
  engine: ProbeEngineModule,
  request: ProbeRequest,
  datasets: Pick<Datasets, "read">,
): Promise<Extract<OpenedProbe, { status: "ok" }>> {
  requireProbeTerms(request);
  const task = await readProbeTask(request.task, datasets);
  const spec = await refusing(async () => engine.resolveProbe(engineRequest(request, task)));
  requireModestProbe(spec);
  const opened = await refusing(() => engine.openProbe(spec));
  if (opened.status === "unusable") {
    throw new InvalidRequest([
      { pointer: "/task", code: opened.reason, message: `data to learn from: ${opened.detail}` },
    ]);
  }
  return opened;
}

async function* runOpened(
  isStopped: () => boolean,
  opened: Extract<OpenedProbe, { status: "ok" }>,
  plan: ProbePlan,
  common: Pick<ProbePlan, "probeId" | "engine" | "modelVersion">,
): AsyncGenerator<ProbeEvent> {
  const digests: Promise<{ readonly id: string; readonly digest: string }>[] = [];
  let ended: EndedRun[] = [];
  const work = opened.run((cell, result) => {
    const { id } = cell;
    const { fingerprint } = result;
    ended.push(endedRun(cell, result));
    digests.push(digestCell(sha256, fingerprint).then((digest) => ({ id, digest })));
  });
  let told = Number.NEGATIVE_INFINITY;
  let turned = 0;
  const silentFlops = Math.min(PROGRESS_SHARE * plan.flops.expected, MOST_SILENT_FLOPS);
  try {
    for (;;) {
      const next = work.next();
      if (next.done) {
        yield {
          event: "result",
          answer: await probeAnswer(next.value, await Promise.all(digests), common),
        };
        return;
      }
      const { stage, flopsDone, cellsDone, cells } = next.value;
      const flopsExpected = plan.flops.expected;
      if (flopsDone - told >= silentFlops) {
        told = flopsDone;
        yield {
          event: "progress",
          progress: { stage, flopsDone, flopsExpected, cellsDone, cells, ended },
        };
        ended = [];
      }
      if (flopsDone - turned >= turnFlops(plan.engine)) {
        turned = flopsDone;
        await timerTurn();
      }
      if (isStopped()) return;
    }
  } finally {
    // A probe that was stopped frees what it holds, too.
    work.return(undefined as never);
  }
}

function endedRun(cell: CellSpec, { status, stepsToTarget, finalLoss }: CellResult): EndedRun {
  const { batchExamples, peakLearningRate } = cell.kind === "training" ? cell.training : cell;
  return {
    batchExamples,
    peakLearningRate,
    status,
    ...(stepsToTarget !== undefined && { stepsToTarget }),
    ...(status !== "diverged" && Number.isFinite(finalLoss) && { finalLoss }),
  };
}

/** The answer of a finished probe, the same wherever its cells ran. */
export async function probeAnswer(
  { answer, flops }: FinishedProbe,
  cells: readonly { readonly id: string; readonly digest: string }[],
  { probeId, engine, modelVersion }: Pick<ProbePlan, "probeId" | "engine" | "modelVersion">,
): Promise<ProbeAnswer> {
  const digest = await digestProbe(sha256, cells);
  // The engine's results are the wire's: the contract tests compare them with openapi.json.
  return {
    status: "succeeded",
    ...withoutUndefined(answer),
    digest,
    curves: probeCurves(answer),
    flops,
    probeId,
    engine,
    modelVersion,
  } as ProbeAnswer;
}

/** A run that blew up has no loss, a rule through few batches no criterion; NaN and infinity are no JSON. */
function withoutUndefined(answer: FinishedProbe["answer"]) {
  if (answer.experiment !== "learning-rate") return answer;
  const { points, rules } = answer.result;
  const result = {
    ...answer.result,
    points: points.map(({ loss, ...point }) =>
      Number.isFinite(loss) ? { ...point, loss } : point,
    ),
    rules: rules.map(({ aicc, ...rule }) => (Number.isFinite(aicc) ? { ...rule, aicc } : rule)),
  };
  return { ...answer, result };
}

function engineRequest(request: ProbeRequest, task: EngineRequest["task"]): EngineRequest {
  const { experiment, engine, batchExamples, peakLearningRates } = request;
  const { seed, seeds, budgetFlops, intervalLevel } = request;
  const given = { batchExamples, peakLearningRates, seed, seeds, budgetFlops, intervalLevel };
  const present = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return {
    experiment,
    task,
    ...present,
    ...(engine !== undefined && engine !== "auto" && { engine }),
    ...(request.model && { model: modelOf(request.model) }),
    ...(request.optimizer && { optimizer: optimizerOf(request.optimizer) }),
  };
}

function modelOf(model: NonNullable<ProbeRequest["model"]>): NonNullable<EngineRequest["model"]> {
  switch (model.kind) {
    case "mlp":
      return model;
    case "transformer":
      return { ...model, tiedHead: model.tiedHead ?? true };
    case "keras":
      return { kind: "keras", topology: readTopology(model.topology) };
  }
}

function optimizerOf(
  optimizer: NonNullable<ProbeRequest["optimizer"]>,
): NonNullable<EngineRequest["optimizer"]> {
  const weightDecay = optimizer.weightDecay ?? 0;
  switch (optimizer.kind) {
    case "sgd":
      return { kind: "sgd", weightDecay };
    case "momentum":
      return { kind: "momentum", momentum: optimizer.momentum ?? 0.9, weightDecay };
    default:
      return {
        kind: optimizer.kind,
        adamBeta1: optimizer.adamBeta1 ?? 0.9,
        adamBeta2: optimizer.adamBeta2 ?? 0.99,
        adamEpsilon: optimizer.adamEpsilon ?? 1e-8,
        weightDecay,
      };
  }
}

/** The engine refuses what does not go together by RangeError; on the wire that is a 422. */
async function refusing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    const pointer = thrown instanceof TopologyError ? `/model/topology${thrown.pointer}` : "";
    throw new InvalidRequest([{ pointer, code: "does-not-fit", message: thrown.message }]);
  }
}

export function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", bytes);
}
