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
 * Moonlight 2025: batch and learning rate of its AdamW baseline from training compute.
 *
 * @source arXiv:2502.16982, scaling-law section: hyper-parameter fits of the AdamW baseline
 */
export const liu2025Moonlight: Law = defineLaw({
  id: "liu2025-moonlight",
  title: "Muon is scalable for LLM training (Moonlight)",
  source: {
    authors: "Liu et al.",
    year: 2025,
    arxivId: "2502.16982",
    location: "scaling-law section: hyper-parameter fits of the AdamW baseline",
  },
  cluster: "liu2025-moonlight",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "total",
    flopsCounted: "total",
    sequenceLengthTokens: 8192,
  },
  fittedBox: { trainingFlops: { lower: 2.1e19, upper: 3.5e20 } },
  refusalBox: { trainingFlops: { upper: 1e22 } },
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 0.0065*trainingFlops^0.4138",
      requires: ["trainingFlops"],
      status: "V2",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "trainingFlops",
          exponent: 0.4138,
          sd: defaultFlopsExponentSd,
          sdSource: defaultFlopsExponentSdSource,
        },
      ],
      predict: (i) => 0.0065 * i.trainingFlops ** 0.4138,
    },
    {
      quantity: "peakLearningRate",
      formula: "peakLearningRate = 0.0127*trainingFlops^-0.057",
      requires: ["trainingFlops"],
      status: "V2",
      sdLog: defaultLearningRateSdLog,
      sdLogSource: defaultLearningRateSdLogSource,
      exponents: [
        {
          variable: "trainingFlops",
          exponent: -0.057,
          sd: defaultLearningRateExponentSd,
          sdSource: defaultLearningRateExponentSdSource,
        },
      ],
      predict: (i) => 0.0127 * i.trainingFlops ** -0.057,
    },
  ],
  votes: {
    bOptTokens: { kind: "compute", sdPerLogRatio: 0.3 },
    peakLearningRate: { kind: "compute", sdPerLogRatio: 0.2 },
  },
  caveats: [
    "Fitted on dense models of 0.4e9 to 1.5e9 parameters at a sequence length of 8192; C = 6 N D.",
    "The batch grows faster in C than every other law: refused above 1e22 FLOPs.",
  ],
});
