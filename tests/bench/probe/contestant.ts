import { fusedEngineOn } from "../../../api/probe/engines/fused/fused-engine.ts";
import { instantiateKernels } from "../../../api/probe/engines/fused/kernel-exports.ts";
import { kernelModule } from "../../probe/fixtures.ts";
import { CHECKED_STEPS, type Workload } from "./workloads.ts";

/** One way to train a workload, opened at its initial weights. */
export interface Contestant {
  readonly name: string;
  /** Mean losses of the first CHECKED_STEPS steps, nats. */
  readonly firstLosses: readonly number[];
  /** Trains on for that many steps and reads the last loss; seconds. */
  time(steps: number): Promise<number>;
  close(): void;
}

/** The fused engine; `multiplyAdds` are those that one step executed. */
export interface FusedContestant extends Contestant {
  readonly multiplyAdds: number;
}

/** @param exampleNorms - whether every step measures every example's gradient norm, as in a probe. */
export function openFused({ spec, dataset }: Workload, exampleNorms = true): FusedContestant {
  const kernels = instantiateKernels(kernelModule);
  const session = fusedEngineOn(kernels).open({ ...spec, exampleNorms }, dataset);
  const train = (steps: number) => {
    session.advance(session.step + steps, 2 ** 30);
    return session.takeRecords().map(({ lossNats }) => lossNats);
  };
  kernels.resetMultiplyAdds();
  const firstLosses = train(CHECKED_STEPS);
  return {
    name: "fused",
    firstLosses,
    multiplyAdds: kernels.executedMultiplyAdds() / CHECKED_STEPS,
    time: async (steps) => {
      const start = performance.now();
      const losses = train(steps);
      const seconds = (performance.now() - start) / 1000;
      if (losses.length !== steps || !Number.isFinite(losses.at(-1))) {
        throw new Error(`"${spec.model.kind}" diverged while it was timed`);
      }
      return seconds;
    },
    close: () => undefined,
  };
}

/** @throws when the rival does not train the same model on the same examples. */
export function requireSameLosses(candidate: Contestant, rival: Contestant, id: string): void {
  candidate.firstLosses.forEach((loss, step) => {
    const other = rival.firstLosses[step] ?? Number.NaN;
    if (Math.abs(other - loss) <= 2e-4 * Math.abs(loss)) return;
    throw new Error(`${id}: ${rival.name} has loss ${other} in step ${step}, fused has ${loss}`);
  });
}
