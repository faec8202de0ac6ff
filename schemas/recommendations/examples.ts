import type { RecommendationRequest } from "./request.ts";

/** One request of every kind of answer; shown in the schema, and asked by the contract tests. */
export const RECOMMENDATION_EXAMPLES: Readonly<
  Record<string, { readonly summary: string; readonly value: RecommendationRequest }>
> = {
  "two-numbers": {
    summary: "Parameters and tokens alone",
    value: { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } },
  },
  "compute-budget": {
    summary: "FLOPs alone: compute-optimal parameters and tokens",
    value: { compute: { trainingFlops: 1e21 }, objective: "balanced" },
  },
  "batch-above-critical": {
    summary: "A batch about three times the critical one, priced in parameters and in tokens",
    value: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e11, sequenceLengthTokens: 2048, uniqueTokens: 3e11 },
      constraints: { batchTokens: { fixed: 29360128 } },
    },
  },
  "batch-beyond-the-wall": {
    summary: "A batch that no number of parameters makes up for",
    value: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
      constraints: { batchTokens: { fixed: 33554432 } },
    },
  },
  "impractical-batch": {
    summary: "A batch whose price in parameters is finite only in the optimistic form",
    value: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
      constraints: { batchTokens: { fixed: 16777216 } },
    },
  },
  "machines-and-current-settings": {
    summary: "Shortest run on 64 devices, beside the settings used now",
    value: {
      model: {
        shape: { layers: 24, dModel: 2048, dFfn: 8192, heads: 16, vocabularySize: 50304 },
      },
      data: { trainingTokens: 1e11, sequenceLengthTokens: 2048, uniqueTokens: 1e11 },
      optimizer: { kind: "adamw", adamBeta1: 0.9, adamBeta2: 0.95, adamEpsilon: 1e-8 },
      schedule: { kind: "cosine", finalLearningRateRatio: 0.1 },
      hardware: {
        devices: 64,
        flopPerSecondPerDevice: 4e14,
        stepOverheadMs: 120,
        maxMicroBatchSequences: 8,
      },
      constraints: { steps: { max: 200000 }, batchTokens: { max: 8388608 } },
      objective: "time",
      current: { batchTokens: 4194304, peakLearningRate: 0.002, tokensSeen: 0 },
    },
  },
  "mixture-of-experts-with-evidence": {
    summary: "Active and total parameters, a measured noise scale and a run that worked",
    value: {
      model: { activeNonEmbeddingParams: 1.2e9, totalParams: 7e9 },
      data: { trainingTokens: 1e12, sequenceLengthTokens: 4096 },
      optimizer: { kind: "muon", momentum: 0.95 },
      evidence: {
        noiseScale: {
          bSimple: {
            value: 900,
            interval: { lower: 600, upper: 1400, level: 0.8 },
            basis: "measured",
          },
          unit: "sequences",
          measuredOver: "last-half-of-tuned-run",
          weighting: "none",
        },
        reference: {
          batchTokens: 2097152,
          peakLearningRate: 0.0006,
          nonEmbeddingParams: 1.2e9,
          trainingTokens: 2e11,
        },
      },
    },
  },
  "fine-tuning-without-evidence": {
    summary: "No pre-training law is used: the answer says what to measure",
    value: { task: "fine-tuning", model: { totalParams: 7e9 } },
  },
  "fine-tuning-with-evidence": {
    summary: "A measured noise scale and a run that worked",
    value: {
      task: "fine-tuning",
      data: { trainingTokens: 5e8, sequenceLengthTokens: 4096 },
      evidence: {
        noiseScale: {
          bSimple: {
            value: 120,
            interval: { lower: 80, upper: 200, level: 0.8 },
            basis: "measured",
          },
          unit: "sequences",
          measuredOver: "last-half-of-tuned-run",
        },
        reference: { batchTokens: 131072, peakLearningRate: 0.00001, trainingTokens: 5e8 },
      },
    },
  },
  "other-task-in-examples": {
    summary: "Not language: the noise scale counts examples, and so does the answer",
    value: {
      task: "other",
      optimizer: { kind: "sgd" },
      evidence: {
        noiseScale: {
          bSimple: {
            value: 2000,
            interval: { lower: 1500, upper: 2700, level: 0.8 },
            basis: "measured",
          },
          unit: "examples",
          measuredOver: "late",
          weighting: "hessian",
        },
        reference: { peakLearningRate: 0.1 },
      },
    },
  },
};
