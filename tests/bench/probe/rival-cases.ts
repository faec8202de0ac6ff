import { type Target, toCase } from "../cases.ts";
import { type Contestant, openFused, requireSameLosses } from "./contestant.ts";
import {
  centreOf,
  type PairedCase,
  pairedCase,
  ratiosOf,
  type Sampling,
  type Series,
  sampleInTurn,
} from "./pairs.ts";
import type { Workload } from "./workloads.ts";

/** A step of the fused engine beside one of a rival, with what it executed. */
export interface StepCase extends PairedCase {
  /** How the rival was run: the fastest of its variants. */
  readonly rival: string;
  /** Multiply-adds that one step executed, by the kernels' own counter. */
  readonly multiplyAdds: number;
  readonly gflopPerSecond: number;
}

export interface RivalSeries {
  readonly case: StepCase;
  readonly ratios: Series;
  readonly batchExamples: number;
}

/** A way to train the same workload, the number asked of the figure beside it, and how it is opened. */
export interface Rival {
  readonly name: string;
  readonly asked: Target;
  readonly open: (workload: Workload) => Promise<Contestant>;
}

/**
 * Times steps of the fused engine and of its rivals in turn, after checking that the first losses agree.
 */
export async function measureRivals(
  workload: Workload,
  rivals: readonly Rival[],
  sampling: Sampling,
): Promise<RivalSeries[]> {
  const candidate = openFused(workload);
  const opened: Contestant[] = [];
  for (const { open } of rivals) opened.push(await open(workload));
  for (const rival of opened) requireSameLosses(candidate, rival, workload.id);
  const timed = [candidate, ...opened].map(({ time }) => time);
  const [own = [], ...others] = await sampleInTurn(timed, sampling);
  for (const rival of opened) rival.close();
  const { multiplyAdds } = candidate;
  return rivals.map(({ name, asked }, i) => {
    const other = others[i] ?? [];
    const paired = pairedCase(`${name} ${workload.id}`, "one SGD step", own, other, asked);
    return {
      case: {
        ...paired,
        rival: opened[i]?.name ?? name,
        multiplyAdds,
        gflopPerSecond: (2 * multiplyAdds) / paired.candidateMedianNs,
      },
      ratios: ratiosOf(other, own),
      batchExamples: workload.spec.batchExamples,
    };
  });
}

/** Geometric mean of the median ratios of several workloads. */
export function groupCase(id: string, series: readonly RivalSeries[], target: Target) {
  const shape = `geometric mean of ${series.length}`;
  return toCase({ id, shape, unit: "x", ...centreOf(series.map(({ ratios }) => ratios)) }, target);
}
