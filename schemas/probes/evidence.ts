import { z } from "@hono/zod-openapi";
import { criticalBatchProbe, learningRateProbe, noiseScaleProbe } from "./answer.ts";

// Wide enough for any measurement, narrow enough that nothing derived from it overflows.
const SMALLEST = 1e-9;
const LARGEST = 1e21;

interface Spread {
  readonly value: number;
  readonly interval: { readonly lower: number | null; readonly upper: number | null };
}

const isMeasured = ({ value, interval: { lower, upper } }: Spread): boolean =>
  [value, lower ?? value, upper ?? value].every((end) => end >= SMALLEST && end <= LARGEST) &&
  (lower ?? value) <= value &&
  value <= (upper ?? value);

const MEASURED = `an estimate from ${SMALLEST} to ${LARGEST} inside its interval`;

const criticalBatch = criticalBatchProbe
  .partial()
  .extend({
    experiment: criticalBatchProbe.shape.experiment,
    result: criticalBatchProbe.shape.result,
  })
  .refine(
    ({ result: { bCritExamples, rho, rhoSimple } }) =>
      [bCritExamples, rho, rhoSimple].every((one) => one === undefined || isMeasured(one)),
    { path: ["result"], message: MEASURED },
  )
  .openapi("CriticalBatchProbeEvidence", {
    description: "experiment and result of a critical-batch probe, or its whole answer.",
  });

const noiseScale = noiseScaleProbe
  .partial()
  .extend({ experiment: noiseScaleProbe.shape.experiment, result: noiseScaleProbe.shape.result })
  .refine(
    ({ result: { points } }) =>
      points.every(({ bSimpleExamples, bNoiseExamples }) =>
        [bSimpleExamples, bNoiseExamples].every((one) => one.status !== "ok" || isMeasured(one)),
      ),
    { path: ["result", "points"], message: MEASURED },
  )
  .openapi("NoiseScaleProbeEvidence", {
    description: "experiment and result of a noise-scale probe, or its whole answer.",
  });

const learningRate = learningRateProbe
  .partial()
  .extend({
    experiment: learningRateProbe.shape.experiment,
    result: learningRateProbe.shape.result,
  })
  .openapi("LearningRateProbeEvidence", {
    description: "experiment and result of a learning-rate probe, or its whole answer.",
  });

/** A finished probe as evidence: its whole answer, or experiment and result alone. */
export const probeEvidence = z
  .discriminatedUnion("experiment", [criticalBatch, noiseScale, learningRate])
  .openapi("ProbeEvidence", {
    description:
      "An answer of POST /v1/probes. For lm-pretraining it gives the ratio of critical batch to noise scale, never the " +
      "critical batch itself; for fine-tuning and other it is an answer in examples.",
  });
export type ProbeEvidence = z.infer<typeof probeEvidence>;
