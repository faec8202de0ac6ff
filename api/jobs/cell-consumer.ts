import type { CellCheckpoint, CellResult, CellSpec, SliceProgress } from "../probe/cell.ts";
import { decodeCheckpoint, encodeCellResult, encodeCheckpoint } from "../probe/cell-codec.ts";
import { digestCell, type Sha256 } from "../probe/fingerprint.ts";
import { turnFlops } from "../probe/flop-count.ts";
import type { CellReport, Claim, Held } from "./job-cells.ts";
import type { CellMessage, CheckpointStore } from "./job-ports.ts";
import { DatasetGone, type OpenProbes } from "./open-probes.ts";

/** A job as its runners reach it, from whatever isolate. */
export interface JobStub {
  readonly request: (run: number) => Promise<string | undefined>;
  readonly claim: (held: Held) => Promise<Claim>;
  readonly claimNext: (run: number, holder: string) => Promise<Claim>;
  readonly heartbeat: (held: Held, flops: number, loss: number | undefined) => Promise<boolean>;
  readonly checkpointed: (held: Held, checkpoint: string, flops: number) => Promise<void>;
  /** False: the job has ended. */
  readonly report: (held: Held, report: CellReport) => Promise<boolean>;
  readonly fault: (held: Held, detail: string, resend: boolean) => Promise<void>;
  readonly datasetGone: (run: number, detail: string) => Promise<void>;
}

export interface ConsumerDeps {
  readonly jobOf: (probeId: string) => JobStub;
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
 * Runs the cell of one message, and then, while its share of work lasts, others of the same job that nobody runs:
 * their messages find them done. Nothing here need happen once, or in order.
 *
 * The next cell is claimed and results are reported while cells are run, so that none waits for what is written down.
 *
 * @returns `retry` when the message's own cell threw.
 */
export async function consumeCell(
  deps: ConsumerDeps,
  message: CellMessage,
): Promise<"ack" | "retry"> {
  const job = deps.jobOf(message.probeId);
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
    const held: Held = { run, number: claim.number, holder };
    const ahead = left > 0 ? job.claimNext(run, holder) : undefined;
    // Asked for later: until then its failure is nobody's.
    ahead?.catch(() => undefined);
    const failed = (fault: unknown) => afterFault(job, held, fault, held.number === message.number);
    try {
      const ran = await runHeld(deps, job, message.probeId, held, claim, left, () => stopped);
      left -= ran.flops;
      const told = ran.reported.then((goesOn) => (goesOn ? "go-on" : "stop"), failed);
      reports.push(told.then(heed));
    } catch (fault) {
      heed(await failed(fault));
    }
    claim = (await ahead) ?? NOTHING;
    if (claim.kind === "run" || left <= 0 || stopped) continue;
    // The last of a stage: with its report the next stage begins.
    await Promise.all(reports);
    reports = [];
    claim = await job.claimNext(run, holder);
  }
  await Promise.all(reports);
  return outcome;
}

const NOTHING: Claim = { kind: "none" };

/** @param own - whether the cell is that of the message, which will be delivered again. */
async function afterFault(
  job: JobStub,
  held: Held,
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

/** What a cell took, and when its result is known to the job. */
interface Ran {
  readonly flops: number;
  readonly reported: Promise<boolean>;
}

async function runHeld(
  deps: ConsumerDeps,
  job: JobStub,
  probeId: string,
  held: Held,
  claim: Extract<Claim, { kind: "run" }>,
  most: number,
  isStopped: () => boolean,
): Promise<Ran> {
  const request = async () => {
    const text = await job.request(held.run);
    if (text === undefined) throw new Stopped();
    return text;
  };
  return deps.probes.use(probeId, request, async (probe) => {
    // Told meanwhile by the report of the cell before.
    if (isStopped()) throw new Stopped();
    const from = await readCheckpoint(deps, claim);
    const before = from?.flopsDone ?? 0;
    const pulse = new Pulse(deps, turnFlops(probe.engine), before, (flops, loss) =>
      job.heartbeat(held, flops, loss),
    );
    const work = probe.runCell(claim.spec, from);
    // What is left for a further cell may be little; it is cut no finer than in halves.
    const outcome = await runSlices(work, before, Math.max(most, deps.cellFlops / 2), pulse);
    if (outcome.kind === "cut") {
      const hash = await deps.checkpoints.put(encodeCheckpoint(claim.spec.id, outcome.checkpoint));
      await job.checkpointed(held, hash, outcome.checkpoint.flopsDone);
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

/** Tells the job from time to time that its cell is being run, and lets other work have its turn. */
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

  /** @throws {Stopped} when the cell is not ours any more. */
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
  // Without it the cell begins again: it costs time and changes no bit.
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
