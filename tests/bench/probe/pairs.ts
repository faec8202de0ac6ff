import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { uniformAt } from "../../../api/probe/random.ts";
import { type Case, type Target, toCase } from "../cases.ts";
import { quantile } from "../stats.ts";

/** Something that does a piece of work so many times and says how many seconds it took. */
export type Timed = (times: number) => Promise<number>;

/** How a bench samples. */
export interface Sampling {
  readonly pairs: number;
  /** Least time of one sample, seconds; a single step may take longer. */
  readonly sampleSeconds: number;
}

/** Nanoseconds of one piece of work, a sample each; equal places of two series were measured side by side. */
export type Series = readonly number[];

setFlagsFromString("--expose-gc");
/** Sweeps this process, so that what is left is what is needed. */
export const collectGarbage = runInNewContext("gc") as () => void;

/** Samples all in turn, ABAB..., after a warm-up that also finds how often each is run in a sample. */
export async function sampleInTurn(
  contestants: readonly Timed[],
  { pairs, sampleSeconds }: Sampling,
): Promise<Series[]> {
  const counts: number[] = [];
  for (const timed of contestants) counts.push(await timesPerSample(timed, sampleSeconds));
  const series = contestants.map(() => [] as number[]);
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const [i, timed] of contestants.entries()) {
      collectGarbage();
      const times = counts[i] ?? 1;
      series[i]?.push((1e9 * (await timed(times))) / times);
    }
  }
  return series;
}

async function timesPerSample(timed: Timed, sampleSeconds: number): Promise<number> {
  let times = 1;
  for (;;) {
    const seconds = await timed(times);
    if (seconds >= sampleSeconds || times >= 1e6) return times;
    const needed = Math.ceil((1.2 * sampleSeconds * times) / Math.max(seconds, 1e-7));
    times = Math.max(times + 1, Math.min(8 * times, needed));
  }
}

/** The contestant with the quickest step: the best of a few trials each. */
export async function fastestOf<C extends { readonly time: Timed }>(
  contestants: readonly C[],
): Promise<C> {
  const trials: { readonly contestant: C; readonly seconds: number }[] = [];
  for (const contestant of contestants) {
    const times = await timesPerSample(contestant.time, 0.01);
    let seconds = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 3 && contestants.length > 1; trial += 1) {
      seconds = Math.min(seconds, (await contestant.time(times)) / times);
    }
    trials.push({ contestant, seconds });
  }
  const [best] = trials.sort((a, b) => a.seconds - b.seconds);
  if (best === undefined) throw new Error("no contestant");
  return best.contestant;
}

const RESAMPLES = 1000;

/** Geometric mean of the medians of several series of ratios, and its 95 % interval by resampling pairs. */
export function centreOf(groups: readonly Series[]) {
  const centre = (pick: (series: Series, group: number) => Series) => {
    const logs = groups.map((series, group) => Math.log(quantile(pick(series, group), 0.5)));
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  };
  const resampled = Array.from({ length: RESAMPLES }, (_, resample) =>
    centre((series, group) =>
      series.map((_value, i) => {
        const at = uniformAt(resample, group, i) * series.length;
        return series[Math.floor(at)] ?? Number.NaN;
      }),
    ),
  );
  return {
    median: centre((series) => series),
    lower: quantile(resampled, 0.025),
    upper: quantile(resampled, 0.975),
  };
}

/** A figure that stands beside another measured in the same seconds. */
export interface PairedCase extends Case {
  readonly pairs: number;
  readonly candidateMedianNs: number;
  readonly baselineMedianNs: number;
}

/**
 * The median of baseline / candidate over the pairs: how many times faster the candidate is.
 *
 * @param candidate - nanoseconds, place by place beside those of `baseline`.
 */
export function pairedCase(
  id: string,
  shape: string,
  candidate: Series,
  baseline: Series,
  target: Target | null = null,
): PairedCase {
  const ratios = ratiosOf(baseline, candidate);
  return {
    ...toCase({ id, shape, unit: "x", ...centreOf([ratios]) }, target),
    pairs: candidate.length,
    candidateMedianNs: quantile(candidate, 0.5),
    baselineMedianNs: quantile(baseline, 0.5),
  };
}

/** One series divided by another, place by place. */
export function ratiosOf(above: Series, below: Series): Series {
  return above.map((value, i) => value / (below[i] ?? Number.NaN));
}
