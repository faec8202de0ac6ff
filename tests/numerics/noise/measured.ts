import {
  measureNoiseScale,
  type NoiseScaleMeasurement,
  type NoiseScaleOptions,
} from "../../../api/numerics/noise/measure-noise-scale.ts";
import type {
  NoiseObservation,
  TwoBatchObservation,
} from "../../../api/numerics/noise/observation.ts";

export const OPTIONS: NoiseScaleOptions = { level: 0.95, reduction: "mean", microGradScale: 1 };
export const WORLD = {
  observationCount: 60,
  dimension: 200,
  noiseScale: 700,
  smallBatch: 8,
  bigBatch: 256,
};

export function measured(
  observations: readonly NoiseObservation[],
  options: Partial<NoiseScaleOptions> = {},
) {
  const answer = measureNoiseScale(observations, { ...OPTIONS, ...options });
  if (answer.status !== "measured") throw new Error(answer.reason);
  return answer;
}

export function reasonOf(answer: NoiseScaleMeasurement): string {
  return answer.status === "insufficient-measurements" ? answer.reason : answer.status;
}

/** Norms whose two-batch estimates are exactly these. */
export function observationOf(step: number, trace: number, gradSq: number): TwoBatchObservation {
  return {
    step,
    reporter: "0",
    group: "all",
    smallBatch: 8,
    bigBatch: 256,
    smallBatchGradSqNorm: gradSq + trace / 8,
    bigBatchGradSqNorm: gradSq + trace / 256,
  };
}
