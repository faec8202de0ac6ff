import { normalQuantile } from "../../api/numerics/quantiles.ts";
import { noiseScaleVote } from "../../api/services/evidence/noise-scale.ts";

/** One task of the published table: critical batch and simple noise scale at the start and averaged over the run. */
interface MeasuredTask {
  readonly task: string;
  readonly bCritStart: number;
  readonly bSimpleStart: number;
  readonly bCritAverage: number;
  readonly bSimpleAverage: number;
}

function measured(
  task: string,
  bCritStart: number,
  bCritAverage: number,
  bSimpleStart: number,
  bSimpleAverage: number,
): MeasuredTask {
  return { task, bCritStart, bSimpleStart, bCritAverage, bSimpleAverage };
}

/**
 * @source arXiv:1812.06162, Table 1; Atari is printed as ranges and Dota 5v5 as a bound, and both are left out
 */
const TABLE: readonly MeasuredTask[] = [
  measured("MNIST", 20, 200, 50, 900),
  measured("SVHN", 50, 500, 300, 4000),
  measured("CIFAR-10", 300, 900, 400, 2000),
  measured("ImageNet", 1000, 15_000, 4000, 30_000),
  measured("SVHN autoencoder", 10, 40, 2, 2),
  measured("SVHN VAE", 10, 200, 10, 10),
  measured("Billion Word LM (tokens)", 700, 100_000, 1000, 150_000),
  measured("Dota 1v1 (frames)", 50_000, 3_000_000, 100_000, 300_000),
];

/** The moment of the measurement, as a request states it. */
type Moment = "unknown" | "last-half-of-tuned-run";

/** One measured ratio beside the prior that the service puts on it. */
export interface NoiseScaleRatio {
  readonly task: string;
  readonly moment: "start" | "average";
  readonly bCrit: number;
  readonly bSimple: number;
  /** ln rho = ln B_c - ln B_simple. */
  readonly logRatio: number;
  readonly inside: { readonly [moment in Moment]: boolean };
}

/** The service's prior on ln rho: centre and standard deviation, without what Adam adds. */
export interface RatioPrior {
  readonly centreLog: number;
  readonly sdLog: number;
}

/** The prior, read off the vote of an exact measurement of 1. */
export function ratioPrior(moment: Moment): RatioPrior {
  const exact = { value: 1, interval: { lower: 1, upper: 1, level: 0.8 } };
  const scale = { bSimple: { ...exact, basis: "measured" as const }, unit: "tokens" as const };
  const vote = noiseScaleVote({ ...scale, measuredOver: moment }, 1, false);
  if (vote === undefined) throw new Error("no vote of a noise scale");
  return { centreLog: vote.lnValue, sdLog: Math.sqrt(vote.variance) };
}

/** Every ratio of the table beside both priors at the given level. */
export function noiseScaleRatios(level: number): readonly NoiseScaleRatio[] {
  const quantile = normalQuantile((1 + level) / 2);
  const holds = (moment: Moment, logRatio: number) => {
    const { centreLog, sdLog } = ratioPrior(moment);
    return Math.abs(logRatio - centreLog) <= quantile * sdLog;
  };
  return TABLE.flatMap((row) =>
    (["start", "average"] as const).map((moment) => {
      const [bCrit, bSimple] =
        moment === "start"
          ? [row.bCritStart, row.bSimpleStart]
          : [row.bCritAverage, row.bSimpleAverage];
      const logRatio = Math.log(bCrit / bSimple);
      return {
        task: row.task,
        moment,
        bCrit,
        bSimple,
        logRatio,
        inside: {
          unknown: holds("unknown", logRatio),
          "last-half-of-tuned-run": holds("last-half-of-tuned-run", logRatio),
        },
      };
    }),
  );
}
