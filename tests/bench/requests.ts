import type { RecommendationRequest } from "../../schemas/recommendations/request.ts";

const SMALL = { nonEmbeddingParams: 1e9, trainingTokens: 2e10 };
const MIDDLE = { nonEmbeddingParams: 7e9, trainingTokens: 2e12 };
const LARGE = { nonEmbeddingParams: 405e9, trainingTokens: 15e12 };

type Size = typeof SMALL;

/** Requests of one kind that differ in their numbers: `index` picks one of them. */
export interface Scenario {
  readonly id: string;
  readonly requestAt: (index: number) => RecommendationRequest;
}

const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/** From 0.5 to 2, evenly spread in its logarithm and never the same twice, so that no answer can be kept. */
function spread(index: number): number {
  return 2 ** (2 * ((index * GOLDEN_RATIO) % 1) - 1);
}

function sized({ nonEmbeddingParams, trainingTokens }: Size, index: number): Size {
  return {
    nonEmbeddingParams: nonEmbeddingParams * spread(index + 1),
    trainingTokens: trainingTokens * spread(index * index + 2),
  };
}

function plain(size: Size, index: number) {
  const { nonEmbeddingParams, trainingTokens } = sized(size, index);
  return { model: { nonEmbeddingParams }, data: { trainingTokens, sequenceLengthTokens: 2048 } };
}

const OBJECTIVES = ["time", "cost", "balanced"] as const;

function withHardware(index: number): RecommendationRequest {
  return {
    ...plain(MIDDLE, index),
    hardware: {
      devices: 8 * 2 ** (index % 6),
      flopPerSecondPerDevice: 4e14 * spread(index),
      stepOverheadMs: 120,
      maxMicroBatchSequences: 8,
    },
    constraints: { steps: { max: 1e7 } },
    objective: OBJECTIVES[index % OBJECTIVES.length] ?? "time",
    current: { batchTokens: 4194304, peakLearningRate: 1e-3 * spread(index) },
  };
}

function withEvidence(index: number): RecommendationRequest {
  const noiseScale = 900 * spread(index);
  return {
    ...plain(SMALL, index),
    evidence: {
      noiseScale: {
        bSimple: {
          value: noiseScale,
          interval: { lower: 0.7 * noiseScale, upper: 1.5 * noiseScale, level: 0.8 },
          basis: "measured",
        },
        unit: "sequences",
        measuredOver: "last-half-of-tuned-run",
        weighting: "none",
      },
      reference: {
        batchTokens: 524288,
        peakLearningRate: 1e-3 * spread(index + 3),
        nonEmbeddingParams: 3e8,
        trainingTokens: 6e9,
      },
    },
  };
}

/** What is asked of the service function, each an equal share of the calls. */
export const SCENARIOS: readonly Scenario[] = [
  { id: "1e9-params-2e10-tokens", requestAt: (index) => plain(SMALL, index) },
  { id: "7e9-params-2e12-tokens", requestAt: (index) => plain(MIDDLE, index) },
  { id: "405e9-params-15e12-tokens", requestAt: (index) => plain(LARGE, index) },
  { id: "with-hardware", requestAt: withHardware },
  { id: "with-evidence", requestAt: withEvidence },
];

const SIZES = [SMALL, MIDDLE, LARGE];

/** The quick form as a path, at one of three sizes. */
export function quickPathAt(index: number): string {
  const { nonEmbeddingParams, trainingTokens } = sized(SIZES[index % SIZES.length] ?? SMALL, index);
  return `/v1/recommendations?nonEmbeddingParams=${nonEmbeddingParams}&trainingTokens=${trainingTokens}`;
}

/** The full form as a body, the scenarios in turn. */
export function fullBodyAt(index: number): string {
  return JSON.stringify(SCENARIOS[index % SCENARIOS.length]?.requestAt(index));
}
