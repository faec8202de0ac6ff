import {
  defaultBatchSdLog,
  defaultBatchSdLogSource,
  defaultFlopsExponentSd,
  defaultFlopsExponentSdSource,
  defaultLearningRateExponentSd,
  defaultLearningRateExponentSdSource,
  defaultLearningRateSdLog,
  defaultLearningRateSdLogSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

/**
 * DeepSeek LLM 2024: batch and learning rate from training compute.
 *
 * @source arXiv:2401.02954, eq. (1), section 3.1
 */
export const bi2024Deepseek: Law = defineLaw({
  id: "bi2024-deepseek",
  title: "DeepSeek LLM: scaling open-source language models with longtermism",
  source: {
    authors: "Bi et al.",
    year: 2024,
    arxivId: "2401.02954",
    location: "eq. (1), section 3.1",
  },
  cluster: "bi2024-deepseek",
  setting: {
    optimizer: "adamw",
    schedule: "multi-step",
    paramsCounted: "non-embedding",
    flopsCounted: "non-embedding",
    sequenceLengthTokens: 4096,
  },
  fittedBox: { trainingFlops: { lower: 1e17, upper: 2e19 } },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 0.2920*trainingFlops^0.3271",
      requires: ["trainingFlops"],
      status: "V1",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "trainingFlops",
          exponent: 0.3271,
          sd: defaultFlopsExponentSd,
          sdSource: defaultFlopsExponentSdSource,
        },
      ],
      predict: (i) => 0.292 * i.trainingFlops ** 0.3271,
    },
    {
      quantity: "peakLearningRate",
      formula: "peakLearningRate = 0.3118*trainingFlops^-0.1250",
      requires: ["trainingFlops"],
      status: "V1",
      sdLog: defaultLearningRateSdLog,
      sdLogSource: defaultLearningRateSdLogSource,
      exponents: [
        {
          variable: "trainingFlops",
          exponent: -0.125,
          sd: defaultLearningRateExponentSd,
          sdSource: defaultLearningRateExponentSdSource,
        },
      ],
      predict: (i) => 0.3118 * i.trainingFlops ** -0.125,
    },
  ],
  votes: {
    bOptTokens: { kind: "compute", sdPerLogRatio: 0.3 },
    peakLearningRate: { kind: "compute", sdPerLogRatio: 0.2 },
  },
  caveats: [
    "C is the law's own count: non-embedding FLOPs per token including attention, (72 layers dModel^2 + 12 layers dModel sequenceLengthTokens) times the tokens.",
    "Without a shape C is taken as 6 * nonEmbeddingParams * trainingTokens, slightly too low.",
    "Multi-step schedule; fitted from about 1e17 to 2e19 FLOPs (window unverified), used by its authors up to 1e24.",
  ],
});
