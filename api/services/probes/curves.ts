import type { ProbeAnswer } from "../../../schemas/probes/answer.ts";
import type { EngineAnswer } from "../../probe/run-probe.ts";

type Curves = ProbeAnswer["curves"];

/** The series of a finished probe, ready to plot. */
export function probeCurves(answer: EngineAnswer): Curves {
  switch (answer.experiment) {
    case "critical-batch": {
      const { points, minSteps, minExamples } = answer.result;
      const batches = points.map(({ batchExamples }) => batchExamples);
      const fitted =
        minSteps && minExamples
          ? {
              stepsVsBatchFitted: {
                x: batches,
                y: batches.map((b) => minSteps.value + minExamples.value / b),
              },
            }
          : {};
      return {
        stepsVsBatch: { x: batches, y: points.map(({ steps }) => steps) },
        learningRateVsBatch: {
          x: batches,
          y: points.map(({ peakLearningRate }) => peakLearningRate),
        },
        ...fitted,
      };
    }
    case "noise-scale": {
      const { points } = answer.result;
      const x = points.map(({ examplesSeen }) => examplesSeen);
      return {
        traceSigmaVsExamples: { x, y: points.map(({ traceSigma }) => traceSigma) },
        gradSqNormVsExamples: { x, y: points.map(({ gradSqNorm }) => gradSqNorm) },
        lossVsExamples: { x, y: points.map(({ loss }) => loss) },
      };
    }
    case "learning-rate": {
      const best = answer.result.optima.filter(
        ({ peakLearningRate }) => peakLearningRate !== undefined,
      );
      return {
        learningRateVsBatch: {
          x: best.map(({ batchExamples }) => batchExamples),
          y: best.map(({ peakLearningRate }) => peakLearningRate ?? 0),
        },
      };
    }
  }
}
