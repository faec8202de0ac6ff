import type { ProbeAnswer, ProbePlan } from "../../../schemas/probes/answer.ts";
import type { ProbeRequest } from "../../../schemas/probes/request.ts";
import type { CellResult, CellSpec } from "../../probe/cell.ts";
import { digestCell, digestProbe } from "../../probe/fingerprint.ts";
import { turnFlops } from "../../probe/flop-count.ts";
import type { FinishedProbe, OpenedProbe } from "../../probe/run-probe.ts";
import type { ProbeTask } from "../../probe/tasks/task.ts";
import { sizesOfTask } from "../../probe/tasks/task-sizes.ts";
import { timerTurn } from "../../probe/timer-turn.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import { probeCurves } from "./curves.ts";
import type { Datasets } from "./datasets.ts";
import {
  engineRequest,
  type ProbeEngineModule,
  refusing,
  requireUsable,
} from "./engine-request.ts";
import { requireModestProbe } from "./memory.ts";
import { readProbeTask } from "./read-task.ts";
import { requireProbeTerms } from "./require-terms.ts";

const PROBE_ID_DIGITS = 32;
// A hundred progress events or so are enough for a bar, whatever the probe's size.
const PROGRESS_SHARE = 0.01;
// Some runtimes notice only at the next write that nobody reads any more: that must not take seconds.
const MOST_SILENT_FLOPS = 3e8;

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

/** Names a probe by what is asked, seed and version; a wish to run it afresh is no part of that. */
export async function probeIdOf(request: ProbeRequest): Promise<string> {
  const { fresh: _wish, modelVersion: _pin, ...asked } = request;
  const identity = new Uint8Array(new TextEncoder().encode(JSON.stringify(asked) + MODEL_VERSION));
  return (await digestCell(sha256, identity)).slice(0, PROBE_ID_DIGITS);
}

/**
 * Opens the probe of a request: reads or draws its data, so that its cells can run.
 *
 * @param known - the task, if it has been read already.
 * @throws {InvalidRequest} when task, model and experiment do not go together or the data hold nothing to learn.
 */
export async function openRequest(
  engine: ProbeEngineModule,
  request: ProbeRequest,
  datasets: Pick<Datasets, "read">,
  known?: ProbeTask,
): Promise<Extract<OpenedProbe, { status: "ok" }>> {
  requireProbeTerms(request);
  const task = known ?? (await readProbeTask(request.task, datasets));
  const spec = await refusing(() => engine.resolveProbe(engineRequest(request, task)));
  requireModestProbe({ ...spec, task: sizesOfTask(task) });
  return requireUsable(await refusing(() => engine.openProbe(spec)));
}

/** Runs an opened probe slice by slice with turns of the timer in between; asked after each slice whether to stop. */
export async function* runProbe(
  opened: Extract<OpenedProbe, { status: "ok" }>,
  plan: ProbePlan,
  isStopped: () => boolean,
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
          answer: await probeAnswer(next.value, await Promise.all(digests), plan),
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
    ...withoutMissingNumbers(answer),
    digest,
    curves: probeCurves(answer),
    flops,
    probeId,
    engine,
    modelVersion,
  } as ProbeAnswer;
}

/** Drops NaN and infinity, which JSON lacks: a diverged run has no loss, a rule through few batches no criterion. */
function withoutMissingNumbers(answer: FinishedProbe["answer"]) {
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

export function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", bytes);
}
