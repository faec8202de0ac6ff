import {
  defaultBatchSdLog,
  defaultBatchSdLogSource,
  defaultLearningRateSdLog,
  defaultLearningRateSdLogSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";
import { porianBatchTokens, porianLearningRate } from "./porian-fits.ts";

/**
 * Porian et al. 2024: batch and learning rate of compute-optimal runs.
 *
 * @source arXiv:2406.19146, rounded hyper-parameter fits of the authors' code; the paper's figure of optimal hyper-parameters
 */
export const porian2024: Law = defineLaw({
  id: "porian2024",
  title: "Resolving discrepancies in compute-optimal scaling of language models",
  source: {
    authors: "Porian et al.",
    year: 2024,
    arxivId: "2406.19146",
    location:
      "rounded hyper-parameter fits of the authors' code; the paper's figure of optimal hyper-parameters",
  },
  cluster: "porian-runs",
  setting: {
    optimizer: "adamw",
    schedule: "constant",
    paramsCounted: "total",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    totalParams: { lower: 2.5e7, upper: 1.1e8 },
    trainingTokens: { lower: 5e8, upper: 2.2e9 },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 2048*160*((trainingTokens/20)/1.08e8)^(2/3)",
      requires: ["trainingTokens"],
      status: "V1",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 2 / 3,
          sd: 0.036,
          sdSource: "difference between the authors' exact exponent 0.703 and the rounded 2/3",
        },
      ],
      predict: (i) => porianBatchTokens(i.trainingTokens / 20),
    },
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 2048*160*(totalParams/1.08e8)^(2/3), at 20 tokens per parameter",
      requires: ["totalParams"],
      status: "V1",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "totalParams",
          exponent: 2 / 3,
          sd: 0.036,
          sdSource: "difference between the authors' exact exponent 0.703 and the rounded 2/3",
        },
      ],
      predict: (i) => porianBatchTokens(i.totalParams),
    },
    {
      quantity: "peakLearningRate",
      formula: "peakLearningRate = 0.0047*(totalParams/1.08e8)^(-1/3)",
      requires: ["totalParams"],
      status: "V1",
      sdLog: defaultLearningRateSdLog,
      sdLogSource: defaultLearningRateSdLogSource,
      exponents: [
        {
          variable: "totalParams",
          exponent: -1 / 3,
          sd: 0.027,
          sdSource: "difference between the authors' exact exponent 0.36 and the rounded 1/3",
        },
      ],
      predict: (i) => porianLearningRate(i.totalParams),
    },
  ],
  votes: {
    bOptTokens: { kind: "compute", sdPerLogRatio: 0.6 },
    peakLearningRate: { kind: "compute", sdPerLogRatio: 0.2 },
  },
  caveats: [
    "Fitted on compute-optimal runs only (about 20 tokens per parameter); elsewhere N stands in for D/20 in the batch law.",
    "Constant learning rate after a warmup of as many tokens as parameters; checked by its authors up to 9e8 parameters.",
  ],
});
