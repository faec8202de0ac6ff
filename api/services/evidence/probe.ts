import type { Estimate } from "../../../schemas/common.ts";
import type { NoiseScaleEvidence } from "../../../schemas/noise-scales/evidence.ts";
import type { ProbeEvidence } from "../../../schemas/probes/evidence.ts";
import type { EvidenceItem } from "../../../schemas/recommendations/evidence.ts";
import type { LogEstimate } from "../../numerics/pooling/combine-estimates.ts";
import { roundForWire, sdLogOf } from "../shared/estimates.ts";
import type { Notice } from "../shared/notices.ts";
import { noiseScaleVote } from "./noise-scale.ts";

/** What a probe says, in examples of its own task. */
export interface ProbeReading {
  /** ln B_c of the small model. */
  readonly bCrit?: LogEstimate;
  /** ln of B_c over B_noise and over B_simple, at the target loss. */
  readonly rho?: LogEstimate;
  readonly rhoSimple?: LogEstimate;
  /** tr(Sigma)/|G|^2 late in its run. */
  readonly bSimple?: Estimate;
  /** Best learning rate of each batch, by growing batch. */
  readonly rates: readonly ProbeRate[];
  /** Of a learning-rate probe: the batch of the lowest loss at fixed examples. */
  readonly bestBatchExamples?: number;
}

interface ProbeRate {
  readonly batchExamples: number;
  readonly peakLearningRate: number;
}

// Rates are sqrt(2) apart (half of that is 0.17 in ln); seeds move the best one, too.
const RATE_SD_LOG = 0.2;
// Fewer batches are no shape.
const FEWEST_RATES = 3;

/**
 * Reads the result of a probe; what has no value stays out.
 *
 * @param adaptive - whether the run at hand uses an Adam-like optimizer: B_noise is then less of a B_c.
 */
export function readProbe(probe: ProbeEvidence, adaptive: boolean): ProbeReading {
  switch (probe.experiment) {
    case "critical-batch": {
      const { bCritExamples, rho, rhoSimple, noiseAtTarget, points } = probe.result;
      const simple = noiseAtTarget?.bSimpleExamples;
      return {
        ...logAs("bCrit", bCritExamples),
        ...logAs("rho", rho),
        ...logAs("rhoSimple", rhoSimple),
        ...(simple?.status === "ok" && { bSimple: plain(simple) }),
        rates: byBatch(points),
      };
    }
    case "noise-scale":
      return readNoise(probe.result.points, adaptive);
    case "learning-rate": {
      const found = probe.result.optima.flatMap(({ batchExamples, peakLearningRate, loss }) =>
        peakLearningRate === undefined ? [] : [{ batchExamples, peakLearningRate, loss }],
      );
      const best = found
        .filter(({ loss }) => loss !== undefined)
        .sort((a, b) => (a.loss ?? 0) - (b.loss ?? 0))[0];
      return {
        rates: byBatch(found),
        ...(best && { bestBatchExamples: best.batchExamples }),
      };
    }
  }
}

type NoisePoints = Extract<ProbeEvidence, { experiment: "noise-scale" }>["result"]["points"];

/** The last resolved noise scale of a run, Hessian-weighted where there is one. */
function readNoise(points: NoisePoints, adaptive: boolean): ProbeReading {
  const last = (field: "bNoiseExamples" | "bSimpleExamples") => {
    const found = points.findLast((point) => point[field].status === "ok")?.[field];
    return found?.status === "ok" ? plain(found) : undefined;
  };
  const weighted = last("bNoiseExamples");
  const simple = last("bSimpleExamples");
  const noise = weighted ?? simple;
  if (noise === undefined) return { rates: [] };
  const evidence: NoiseScaleEvidence = {
    bSimple: noise,
    unit: "examples",
    measuredOver: "late",
    weighting: weighted === undefined ? "none" : "hessian",
  };
  const vote = noiseScaleVote(evidence, 1, adaptive);
  return {
    ...(vote && { bCrit: { lnValue: vote.lnValue, variance: vote.variance } }),
    ...(simple && { bSimple: simple }),
    rates: [],
  };
}

function plain({ value, interval }: Pick<Estimate, "value" | "interval">): Estimate {
  return { value, interval, basis: "measured" };
}

/** Empty where the estimate is absent or unbounded on both sides. */
function logAs<Name extends string>(
  name: Name,
  estimate: Estimate | undefined,
): { readonly [K in Name]?: LogEstimate } {
  const sdLog = estimate && sdLogOf(estimate);
  if (estimate === undefined || sdLog === undefined) return {};
  const log: LogEstimate = { lnValue: Math.log(estimate.value), variance: sdLog ** 2 };
  return { [name]: log } as { [K in Name]?: LogEstimate };
}

function byBatch(points: readonly ProbeRate[]): ProbeRate[] {
  return points
    .map(({ batchExamples, peakLearningRate }) => ({ batchExamples, peakLearningRate }))
    .sort((a, b) => a.batchExamples - b.batchExamples);
}

/** The probe's best learning rate at a batch, between its batches linear in ln, beyond them that of the last. */
export function probeRateAt(
  { rates }: ProbeReading,
  batchExamples: number,
): LogEstimate | undefined {
  const above = rates.findIndex((rate) => rate.batchExamples >= batchExamples);
  const upper = rates[above < 0 ? rates.length - 1 : above];
  const lower = rates[above < 0 ? rates.length - 1 : Math.max(0, above - 1)];
  if (upper === undefined || lower === undefined) return undefined;
  const span = Math.log(upper.batchExamples / lower.batchExamples);
  const share = span === 0 ? 0 : Math.max(0, Math.log(batchExamples / lower.batchExamples) / span);
  const slope = Math.log(upper.peakLearningRate / lower.peakLearningRate);
  return {
    lnValue: Math.log(lower.peakLearningRate) + share * slope,
    variance: RATE_SD_LOG ** 2,
  };
}

/**
 * How the best learning rate moves with the batch, as the probe has measured it.
 *
 * @param unitsPerExample - batch units of the run for one example of the probe.
 * @returns undefined below three batches.
 */
export function probeBatchRule(
  reading: ProbeReading,
  unitsPerExample: number,
): ((fromBatch: number, toBatch: number) => number) | undefined {
  if (reading.rates.length < FEWEST_RATES) return undefined;
  const at = (batch: number) => probeRateAt(reading, batch / unitsPerExample)?.lnValue ?? 0;
  return (fromBatch, toBatch) => Math.exp(at(toBatch) - at(fromBatch));
}

/** What the probe says, as it is listed beside the rest. */
export function probeItem(
  quantity: "bCritTokens" | "bCritExamples" | "peakLearningRate",
  { lnValue, variance }: LogEstimate,
  weight: number,
  reason: string,
): EvidenceItem {
  return {
    id: "probe",
    quantity,
    value: roundForWire(Math.exp(lnValue)),
    sdLog: roundForWire(Math.sqrt(variance)),
    weight,
    insideFit: true,
    extrapolationLog: 0,
    status: "given",
    reason,
    source: "evidence.probe",
  };
}

/** A probe that has nothing to say, and why. */
export function probeWithoutValue(
  probe: ProbeEvidence,
  { bCrit, rates }: ProbeReading,
): readonly Notice[] {
  if (bCrit !== undefined || rates.length > 0) return [];
  const { status } = probe.result;
  const reason = "reason" in probe.result ? `: ${probe.result.reason}` : "";
  return [
    {
      code: "probe-without-value",
      detail: `evidence.probe has no value (${status}${reason}) and was not used.`,
    },
  ];
}
