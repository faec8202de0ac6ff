import type { CellCheckpoint, CellResult, CellSpec, SliceProgress } from "../probe/cell.ts";
import { decodeCheckpoint, encodeCellResult, encodeCheckpoint } from "../probe/cell-codec.ts";
import { digestCell, type Sha256 } from "../probe/fingerprint.ts";
import { turnFlops } from "../probe/flop-count.ts";
import type { Claim, HeldCell } from "./cell-leases.ts";
import type { CellMessage, CheckpointStore } from "./job-ports.ts";
import type { JobName } from "./object-name.ts";
import { DatasetGone, type OpenProbes } from "./open-probes.ts";
import type { JobObject } from "./probe-jobs.ts";

/** The part of a job's object that runners call, from whatever isolate. */
type RunnersJob = Pick<
  JobObject,
  | "request"
  | "claim"
  | "claimNext"
  | "heartbeat"
  | "checkpointed"
  | "report"
  | "fault"
  | "datasetGone"
>;

export interface ConsumerDeps {
  readonly jobOf: (job: JobName) => RunnersJob;
  readonly probes: OpenProbes;
  readonly checkpoints: CheckpointStore;
  readonly sha256: Sha256;
  /** A cell is cut after so many FLOPs; a runner takes no further cell after so many. */
  readonly cellFlops: number;
  readonly newHolder: () => string;
  readonly nowMs: () => number;
  readonly turn: () => Promise<void>;
}

const HEARTBEAT_FLOPS = 5e9;
const HEARTBEAT_MS = 1_000;

class Stopped extends Error {}

/**
 * Runs the cell of one message, then others of the same job that nobody runs, until its share of work is used up; their
 * messages later find them done. A message may come twice, late or out of order.
 *
 * The next cell is claimed, and results are reported, while cells run: no cell waits for what is being stored.
 *
 * @returns `retry` when the message's own cell threw.
 */
export async function consumeCell(
  deps: ConsumerDeps,
  message: CellMessage,
): Promise<"ack" | "retry"> {
  const job = deps.jobOf(message);
  const holder = deps.newHolder();
  const { run } = message;
  let outcome: "ack" | "retry" = "ack";
  let left = deps.cellFlops;
  let stopped = false;
  let reports: Promise<void>[] = [];
  const heed = (verdict: "go-on" | "retry" | "stop") => {
    if (verdict === "retry") outcome = "retry";
    stopped ||= verdict === "stop";
  };
  let claim = await job.claim({ run, number: message.number, holder });
  while (claim.kind === "run" && !stopped) {
    const held: HeldCell = { run, number: claim.number, holder };
    const ahead = left > 0 ? job.claimNext(run, holder) : undefined;
    // Awaited below: a failure before that must not count as unhandled.
    ahead?.catch(() => undefined);
    const failed = (fault: unknown) => afterFault(job, held, fault, held.number === message.number);
    try {
      const ran = await runHeld(deps, job, message, held, claim, left, () => stopped);
      left -= ran.flops;
      const verdict = ran.reported.then((goesOn) => (goesOn ? "go-on" : "stop"), failed);
      reports.push(verdict.then(heed));
    } catch (fault) {
      heed(await failed(fault));
    }
    claim = (await ahead) ?? NOTHING;
    if (claim.kind === "run" || left <= 0 || stopped) continue;
    // It was the last cell of a stage: its report begins the next one.
    await Promise.all(reports);
    reports = [];
    claim = await job.claimNext(run, holder);
  }
  await Promise.all(reports);
  return outcome;
}

const NOTHING: Claim = { kind: "none" };

/** @param own - whether it is the cell of the message, which will be delivered again. */
async function afterFault(
  job: RunnersJob,
  held: HeldCell,
  fault: unknown,
  own: boolean,
): Promise<"go-on" | "retry" | "stop"> {
  if (fault instanceof Stopped) return "stop";
  const detail = fault instanceof Error ? fault.message : String(fault);
  if (fault instanceof DatasetGone) {
    await job.datasetGone(held.run, detail);
    return "stop";
  }
  await job.fault(held, detail, !own);
  return own ? "retry" : "go-on";
}

/** The work that a cell took, and the report of its result. */
interface CellRun {
  readonly flops: number;
  readonly reported: Promise<boolean>;
}

async function runHeld(
  deps: ConsumerDeps,
  job: RunnersJob,
  message: JobName,
  held: HeldCell,
  claim: Extract<Claim, { kind: "run" }>,
  most: number,
  isStopped: () => boolean,
): Promise<CellRun> {
  const request = async () => {
    const text = await job.request(held.run);
    if (text === undefined) throw new Stopped();
    return text;
  };
  return deps.probes.use(message.probeId, request, async (probe) => {
    // The report of the cell before may have shown it.
    if (isStopped()) throw new Stopped();
    const from = await readCheckpoint(deps, claim);
    const before = from?.flopsDone ?? 0;
    const pulse = new Pulse(deps, turnFlops(probe.engine), before, (flops, loss) =>
      job.heartbeat(held, flops, loss),
    );
    const work = probe.runCell(claim.spec, from);
    // However little work is left, a cell runs for half a share before it is cut.
    const outcome = await runSlices(work, before, Math.max(most, deps.cellFlops / 2), pulse);
    if (outcome.kind === "cut") {
      const key = await deps.checkpoints.put(
        message,
        encodeCheckpoint(claim.spec.id, outcome.checkpoint),
      );
      await job.checkpointed(held, key, outcome.checkpoint.flopsDone);
      return { flops: Number.POSITIVE_INFINITY, reported: Promise.resolve(true) };
    }
    const { result } = outcome;
    const digest = await digestCell(deps.sha256, result.fingerprint);
    const told = toldOf(claim.spec, result);
    const flops = result.flopsDone;
    const report = { result: encodeCellResult(result), digest, flops, told };
    return { flops: flops - before, reported: job.report(held, report) };
  });
}

type Outcome =
  | { readonly kind: "done"; readonly result: CellResult }
  | { readonly kind: "cut"; readonly checkpoint: CellCheckpoint };

/** Tells the job now and then that its cell is running, and lets other work have its turn. */
class Pulse {
  readonly #deps: ConsumerDeps;
  readonly #turnFlops: number;
  readonly #tell: (flops: number, loss: number | undefined) => Promise<boolean>;
  #turned: number;
  #toldFlops: number;
  #toldMs: number;

  constructor(
    deps: ConsumerDeps,
    turnEvery: number,
    startFlops: number,
    tell: (flops: number, loss: number | undefined) => Promise<boolean>,
  ) {
    this.#deps = deps;
    this.#turnFlops = turnEvery;
    this.#tell = tell;
    this.#turned = startFlops;
    this.#toldFlops = startFlops;
    this.#toldMs = deps.nowMs();
  }

  /** @throws {Stopped} when the cell is no longer ours. */
  async beat(flops: number, loss: number | undefined): Promise<void> {
    if (flops - this.#turned >= this.#turnFlops) {
      this.#turned = flops;
      await this.#deps.turn();
    }
    const now = this.#deps.nowMs();
    if (flops - this.#toldFlops < HEARTBEAT_FLOPS && now - this.#toldMs < HEARTBEAT_MS) return;
    this.#toldFlops = flops;
    this.#toldMs = now;
    if (!(await this.#tell(flops, loss))) throw new Stopped();
  }
}

async function runSlices(
  work: Generator<SliceProgress, CellResult>,
  startFlops: number,
  most: number,
  pulse: Pulse,
): Promise<Outcome> {
  let flops = startFlops;
  let loss: number | undefined;
  for (;;) {
    const next = work.next();
    if (next.done) return { kind: "done", result: next.value };
    const { checkpoint, flopsDone, loss: newLoss } = next.value;
    flops += flopsDone;
    loss = newLoss ?? loss;
    if (checkpoint !== undefined && flops - startFlops >= most) {
      return { kind: "cut", checkpoint: checkpoint() };
    }
    await pulse.beat(flops, loss);
  }
}

async function readCheckpoint(
  { checkpoints }: ConsumerDeps,
  { spec, checkpoint }: Extract<Claim, { kind: "run" }>,
): Promise<CellCheckpoint | undefined> {
  if (checkpoint === "") return undefined;
  const bytes = await checkpoints.get(checkpoint);
  // Without it the cell begins again, which costs time and changes no bit of the result.
  return bytes === undefined ? undefined : decodeCheckpoint(spec.id, bytes);
}

function toldOf(spec: CellSpec, result: CellResult): object {
  const batchExamples = spec.kind === "training" ? spec.training.batchExamples : spec.batchExamples;
  const peakLearningRate =
    spec.kind === "training" ? spec.training.peakLearningRate : spec.peakLearningRate;
  return {
    cellId: spec.id,
    status: result.status,
    batchExamples,
    peakLearningRate,
    steps: result.stepsDone,
    ...(Number.isFinite(result.bestLoss) && { bestLoss: result.bestLoss }),
    flops: result.flopsDone,
  };
}
