import type { NoiseScaleEvidence } from "../../../schemas/noise-scales/evidence.ts";
import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import { combineEstimates, type LogEstimate } from "../../numerics/pooling/combine-estimates.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import { halfWidthLog, type LogQuantity, roundForWire, sdLogOf } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";

/** What a measured noise scale says of the critical batch. */
export interface NoiseScaleVote {
  /** ln of the measured noise scale itself, in the unit of the answer. */
  readonly lnNoiseScale: number;
  /** ln of the critical batch it stands for. */
  readonly lnValue: number;
  readonly variance: number;
}

// ln B_c = ln B_noise + ln rho. Measured ratios run from 0.05 to 8 (arXiv:1812.06162, Table 1), and averaged over the last half of a
// tuned run the simple noise scale lies above the critical batch.
const PRIOR = {
  unknown: { centreLog: 0, sdLog: 2 },
  "last-half-of-tuned-run": { centreLog: -0.7, sdLog: 1 },
  late: { centreLog: 0, sdLog: 1.5 },
} as const;
const HESSIAN_LATE_SD_LOG = 0.35;
const ADAM_SD_LOG = 0.7;
// A ratio measured on a small model, carried to the run: the published ones of classifiers and language models scatter
// by 0.7 in ln between tasks, so that this is a cautious guess.
const RATIO_TRANSFER_SD_LOG = 1;
// One noise scale never makes the laws' interval less than half as wide.
const SMALLEST_WIDTH_RATIO = 0.5;

/**
 * Returns what a measured noise scale says of B_c: ln B_c = ln B_noise + ln rho, with the prior on ln rho.
 *
 * @param scale - one batch unit in the unit of the answer, e.g. tokens per sequence.
 * @param adaptive - Adam-like optimizers add 0.7 in quadrature: the theory is of SGD.
 * @param measuredRatios - ln rho of a probe, late in its run; joins the prior unless the moment is unknown.
 * @returns undefined when the measurement has no interval at all.
 * @source arXiv:1812.06162, Table 1 (ratios), appendix E.2 (Adam); the priors: docs/method.md
 */
export function noiseScaleVote(
  noiseScale: NoiseScaleEvidence,
  scale: number,
  adaptive: boolean,
  measuredRatios: MeasuredRatios = {},
): NoiseScaleVote | undefined {
  const measured = measuredSdLog(noiseScale);
  if (measured === undefined || !("bSimple" in noiseScale)) return undefined;
  const moment = noiseScale.measuredOver ?? "unknown";
  const weighted = noiseScale.weighting === "hessian" && moment === "late";
  const stated = weighted ? { centreLog: 0, sdLog: HESSIAN_LATE_SD_LOG } : PRIOR[moment];
  const ratio = usableRatio(noiseScale, measuredRatios);
  const prior = ratio === undefined ? stated : joinRatio(stated, ratio);
  const adam = adaptive ? ADAM_SD_LOG : 0;
  const lnNoiseScale = Math.log(noiseScale.bSimple.value * scale);
  return {
    lnNoiseScale,
    lnValue: lnNoiseScale + prior.centreLog,
    variance: measured ** 2 + prior.sdLog ** 2 + adam ** 2,
  };
}

/** ln of B_c over B_noise and over B_simple, as a probe has measured them. */
export interface MeasuredRatios {
  readonly rho?: LogEstimate;
  readonly rhoSimple?: LogEstimate;
}

/** The ratio that goes with a noise scale; none for one of an unknown moment, whose spread is that of the moment. */
export function usableRatio(
  noiseScale: NoiseScaleEvidence,
  { rho, rhoSimple }: MeasuredRatios,
): LogEstimate | undefined {
  const { measuredOver = "unknown", weighting } = noiseScale;
  if (measuredOver === "unknown") return undefined;
  return weighting === "hessian" ? rho : rhoSimple;
}

function joinRatio(
  prior: { readonly centreLog: number; readonly sdLog: number },
  ratio: LogEstimate,
): typeof prior {
  const { lnValue, variance } = combineEstimates(
    { lnValue: prior.centreLog, variance: prior.sdLog ** 2 },
    { lnValue: ratio.lnValue, variance: ratio.variance + RATIO_TRANSFER_SD_LOG ** 2 },
    0,
  );
  return { centreLog: lnValue, sdLog: Math.sqrt(variance) };
}

/**
 * Returns the laws' critical batch joined by the vote of a noise scale; `lawShare` is the weight w of the laws.
 *
 *   v = w v_laws max(1, (x_laws - x_noise)^2 / (v_laws + v_noise)),   degrees of freedom = d_laws / w^2
 *
 * The vote's spread is that of its prior, with no degrees of freedom to lose: the fewer its share of the variance
 * comes from the few laws, the less Student's tails are needed (Welch and Satterthwaite). The interval at `level` is
 * never narrower than half that of the laws.
 *
 * @param level - coverage of the interval that will be asked for, in (0, 1).
 * @throws {RangeError} when a variance is not positive or the level is out of range.
 * @source combination: combineEstimates; degrees of freedom: JCGM 100:2008, G.4 (Welch-Satterthwaite); how often the
 * interval holds: docs/method.md, "Proofs"
 */
export function joinNoiseScale(
  laws: LogQuantity,
  vote: NoiseScaleVote,
  level: number,
): { readonly joined: LogQuantity; readonly lawShare: number } {
  const { lnValue, variance, firstWeight } = combineEstimates(laws, vote, 0);
  const degreesOfFreedom = laws.degreesOfFreedom / firstWeight ** 2;
  const leastSdLog =
    (SMALLEST_WIDTH_RATIO * halfWidthLog(laws, level)) /
    twoSidedStudentQuantile(level, degreesOfFreedom);
  return {
    joined: {
      lnValue,
      variance: Math.max(variance, leastSdLog ** 2),
      degreesOfFreedom,
      basis: "combined",
    },
    lawShare: firstWeight,
  };
}

/** The vote as it is listed beside the laws. */
export function noiseScaleItem(
  quantity: "bCritTokens" | "bCritExamples",
  vote: NoiseScaleVote,
  weight: number,
): EvidenceItem {
  return {
    id: "noise-scale",
    quantity,
    value: roundForWire(Math.exp(vote.lnValue)),
    sdLog: roundForWire(Math.sqrt(vote.variance)),
    weight: roundForWire(weight),
    insideFit: true,
    extrapolationLog: 0,
    status: "given",
    reason: "measured",
    source: "evidence.noiseScale",
  };
}

/** What the moment and the weighting of the measurement assume, in words. */
export function noiseScaleWarnings(noiseScale: NoiseScaleEvidence): Notice[] {
  if (!("bSimple" in noiseScale)) {
    return [
      {
        code: "noise-scale-not-resolved",
        detail: `evidence.noiseScale has no value (${noiseScale.status}) and was not used: ${noiseScale.reason}`,
      },
    ];
  }
  if (measuredSdLog(noiseScale) === undefined) {
    return [
      {
        code: "noise-scale-without-interval",
        detail:
          "evidence.noiseScale.bSimple has an interval without any bound, so it was not used. Measure longer.",
      },
    ];
  }
  if (noiseScale.measuredOver !== undefined && noiseScale.measuredOver !== "unknown") return [];
  return [
    {
      code: "noise-scale-moment-unknown",
      detail:
        "The noise scale grows many times over during training, so without measuredOver it says little about the run. " +
        "Average it over the last half of a well-tuned run.",
    },
  ];
}

function measuredSdLog(noiseScale: NoiseScaleEvidence): number | undefined {
  return "bSimple" in noiseScale ? sdLogOf(noiseScale.bSimple) : undefined;
}
