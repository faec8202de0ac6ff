import type { Warning } from "../../schemas/common.ts";
import type { NoiseScaleEvidence } from "../../schemas/noise-scale-evidence.ts";
import type { EvidenceItem } from "../../schemas/recommendation-evidence.ts";
import { combineEstimates } from "../numerics/pooling/combine-estimates.ts";
import { normalQuantile } from "../numerics/quantiles.ts";
import { type LogQuantity, roundForWire } from "./estimates.ts";

/** What a measured noise scale says of the critical batch. */
export interface NoiseScaleVote {
  /** ln of the measured noise scale itself, in the unit of the answer. */
  readonly lnNoiseScale: number;
  /** ln of the critical batch it stands for. */
  readonly lnValue: number;
  readonly variance: number;
}

// ln B_c = ln B_noise + ln rho. Measured ratios run from 0.05 to 8 (laws 1.5), and averaged over the last half of a
// tuned run the simple noise scale lies above the critical batch.
const PRIOR = {
  unknown: { centreLog: 0, sdLog: 2 },
  "last-half-of-tuned-run": { centreLog: -0.7, sdLog: 1 },
  late: { centreLog: 0, sdLog: 1.5 },
} as const;
const HESSIAN_LATE_SD_LOG = 0.35;
const ADAM_SD_LOG = 0.7;
// One noise scale never makes the laws' interval less than half as wide.
const LARGEST_NARROWING = 0.25;

/**
 * Returns what a measured noise scale says of B_c: ln B_c = ln B_noise + ln rho, with the prior on ln rho.
 *
 * @param scale - one batch unit in the unit of the answer, e.g. tokens per sequence.
 * @param adaptive - Adam-like optimizers add 0.7 in quadrature: the theory is of SGD.
 * @returns undefined when the measurement has no interval at all.
 * @source arXiv:1812.06162, Table 1 (ratios), appendix E.2 (Adam); the priors: docs/method.md
 */
export function noiseScaleVote(
  noiseScale: NoiseScaleEvidence,
  scale: number,
  adaptive: boolean,
): NoiseScaleVote | undefined {
  const measured = measurementSdLog(noiseScale);
  if (measured === undefined || !("bSimple" in noiseScale)) return undefined;
  const moment = noiseScale.measuredOver ?? "unknown";
  const weighted = noiseScale.weighting === "hessian" && moment === "late";
  const prior = weighted ? { centreLog: 0, sdLog: HESSIAN_LATE_SD_LOG } : PRIOR[moment];
  const adam = adaptive ? ADAM_SD_LOG : 0;
  const lnNoiseScale = Math.log(noiseScale.bSimple.value * scale);
  return {
    lnNoiseScale,
    lnValue: lnNoiseScale + prior.centreLog,
    variance: measured ** 2 + prior.sdLog ** 2 + adam ** 2,
  };
}

/** The laws' critical batch joined by the vote of a noise scale, and the vote as an item of evidence. */
export function joinNoiseScale(
  laws: LogQuantity,
  vote: NoiseScaleVote,
): { readonly joined: LogQuantity; readonly lawShare: number } {
  const { lnValue, variance, firstWeight } = combineEstimates(laws, vote, 0);
  return {
    joined: {
      lnValue,
      variance: Math.max(variance, LARGEST_NARROWING * laws.variance),
      degreesOfFreedom: laws.degreesOfFreedom,
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
export function noiseScaleWarnings(noiseScale: NoiseScaleEvidence): Warning[] {
  if (!("bSimple" in noiseScale)) {
    return [
      {
        code: "noise-scale-not-resolved",
        detail: `evidence.noiseScale has no value (${noiseScale.status}) and was not used: ${noiseScale.reason}`,
      },
    ];
  }
  if (measurementSdLog(noiseScale) === undefined) {
    return [
      {
        code: "noise-scale-without-interval",
        detail:
          "evidence.noiseScale.bSimple has no bounded end of its interval and was not used: measure longer.",
      },
    ];
  }
  if (noiseScale.measuredOver !== undefined && noiseScale.measuredOver !== "unknown") return [];
  return [
    {
      code: "noise-scale-moment-unknown",
      detail:
        "The noise scale grows manyfold during training; without measuredOver it says little of the run. " +
        "Average it over the last half of a well-tuned run.",
    },
  ];
}

/** Sd of ln of the measurement from its interval; one unbounded end leaves the other to say it. */
function measurementSdLog(noiseScale: NoiseScaleEvidence): number | undefined {
  if (!("bSimple" in noiseScale)) return undefined;
  const { bSimple } = noiseScale;
  const { lower, upper, level } = bSimple.interval;
  const quantile = normalQuantile((1 + level) / 2);
  const down = lower === null ? undefined : Math.log(bSimple.value / lower) / quantile;
  const up = upper === null ? undefined : Math.log(upper / bSimple.value) / quantile;
  if (down === undefined) return up === undefined ? undefined : 2 * up;
  return up === undefined ? 2 * down : (down + up) / 2;
}
