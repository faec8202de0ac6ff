import { type Target, toCase } from "../cases.ts";
import { type Contestant, type FusedFigures, requireSameLosses } from "./contestant.ts";
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

/** A rival beside the candidate, and the number asked of the figure. */
export interface Rival {
  readonly name: string;
  readonly asked: Target;
  readonly contestant: Contestant;
}

/** What trains one workload. */
export interface Field {
  readonly candidate: Contestant & FusedFigures;
  readonly rivals: readonly Rival[];
}

/**
 * Times steps of the fused engine and of its rivals in turn, after checking that the first losses agree.
 */
export async function measureRivals(
  workload: Workload,
  { candidate, rivals }: Field,
  sampling: Sampling,
): Promise<RivalSeries[]> {
  const contestants = rivals.map(({ contestant }) => contestant);
  for (const rival of contestants) requireSameLosses(candidate, rival, workload.id);
  const timed = [candidate, ...contestants].map(({ time }) => time);
  const [own = [], ...others] = await sampleInTurn(timed, sampling);
  for (const rival of contestants) rival.close();
  const { multiplyAdds } = candidate;
  return rivals.map(({ name, asked, contestant }, i) => {
    const other = others[i] ?? [];
    const paired = pairedCase(`${name} ${workload.id}`, "one SGD step", own, other, asked);
    return {
      case: {
        ...paired,
        rival: contestant.name,
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
