import { fusedEngineOn } from "../../../api/probe/engines/fused/fused-engine.ts";
import { instantiateKernels } from "../../../api/probe/engines/fused/kernel-exports.ts";
import { CHECKED_STEPS, type Workload } from "./workloads.ts";

/** One way to train a workload, opened at its initial weights and trained for the checked steps. */
export interface TrainingLoop {
  readonly name: string;
  /** Mean losses of the first CHECKED_STEPS steps, nats. */
  readonly firstLosses: readonly number[];
  /** Trains on for that many steps; the last loss, nats. */
  train(steps: number): number;
}

/** A loop that can be timed, wherever it runs. */
export interface Contestant extends Pick<TrainingLoop, "name" | "firstLosses"> {
  /** Trains on for that many steps and reads the last loss; seconds. */
  time(steps: number): Promise<number>;
  close(): void;
}

/** The fused engine; `multiplyAdds` are those that one step executed. */
export interface FusedFigures {
  readonly multiplyAdds: number;
}

/** @param exampleNorms - whether every step measures every example's gradient norm, as in a probe. */
export function openFused(
  compiled: WebAssembly.Module,
  { spec, dataset }: Workload,
  exampleNorms = true,
): TrainingLoop & FusedFigures {
  const kernels = instantiateKernels(compiled);
  const session = fusedEngineOn(kernels).open({ ...spec, exampleNorms }, dataset);
  const losses = (steps: number) => {
    session.advance(session.step + steps, 2 ** 30);
    return session.takeRecords().map(({ lossNats }) => lossNats);
  };
  kernels.resetMultiplyAdds();
  const firstLosses = losses(CHECKED_STEPS);
  return {
    name: "fused",
    firstLosses,
    multiplyAdds: kernels.executedMultiplyAdds() / CHECKED_STEPS,
    train: (steps) => {
      const trained = losses(steps);
      return trained.length === steps ? (trained[steps - 1] ?? Number.NaN) : Number.NaN;
    },
  };
}

/** A loop of this process, timed by its clock. */
export function timedHere<Loop extends TrainingLoop>(loop: Loop) {
  return {
    ...loop,
    time: async (steps: number) => {
      const start = performance.now();
      const loss = loop.train(steps);
      const seconds = (performance.now() - start) / 1000;
      requireFinite(loss, loop.name);
      return seconds;
    },
    close: () => undefined,
  } satisfies Contestant;
}

/** @throws when a loop diverged while it was timed: its steps may have been cheaper. */
export function requireFinite(loss: number, name: string): void {
  if (!Number.isFinite(loss)) throw new Error(`${name} diverged while it was timed`);
}

/** @throws when the rival does not train the same model on the same examples. */
export function requireSameLosses(
  candidate: Pick<Contestant, "firstLosses">,
  rival: Pick<Contestant, "name" | "firstLosses">,
  id: string,
): void {
  candidate.firstLosses.forEach((loss, step) => {
    const other = rival.firstLosses[step] ?? Number.NaN;
    if (Math.abs(other - loss) <= 2e-4 * Math.abs(loss)) return;
    throw new Error(`${id}: ${rival.name} has loss ${other} in step ${step}, fused has ${loss}`);
  });
}
