import {
  defaultLearningRateExponentSd,
  defaultLearningRateExponentSdSource,
  defaultLearningRateSdLog,
  defaultLearningRateSdLogSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

/**
 * Bjorck et al. 2024: learning rate from parameters and token horizon, anchored.
 *
 * @source arXiv:2409.19913, exponents of N and D; anchored at the 7B estimate of 1.15e-4 for 1e12 tokens
 */
export const bjorck2024Horizon: Law = defineLaw({
  id: "bjorck2024-horizon",
  title: "Scaling optimal LR across token horizons",
  source: {
    authors: "Bjorck et al.",
    year: 2024,
    arxivId: "2409.19913",
    location: "exponents of N and D; anchored at the 7B estimate of 1.15e-4 for 1e12 tokens",
  },
  cluster: "bjorck2024-horizon",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "total",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    totalParams: { lower: 7.6e8, upper: 2.7e9 },
    trainingTokens: { lower: 2.5e10, upper: 8e11 },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "peakLearningRate",
      formula: "peakLearningRate = 1.15e-4*(6.7e9/totalParams)^0.23*(1e12/trainingTokens)^0.32",
      requires: ["totalParams", "trainingTokens"],
      status: "V2",
      sdLog: defaultLearningRateSdLog,
      sdLogSource: defaultLearningRateSdLogSource,
      exponents: [
        {
          variable: "totalParams",
          exponent: -0.23,
          sd: defaultLearningRateExponentSd,
          sdSource: defaultLearningRateExponentSdSource,
        },
        {
          variable: "trainingTokens",
          exponent: -0.32,
          sd: 0.06,
          sdSource:
            "scatter of the exponents fitted per size at 7.6e8, 1.3e9 and 2.7e9 parameters (0.3155, 0.3171, 0.4184)",
        },
      ],
      predict: (i) => 1.15e-4 * (6.7e9 / i.totalParams) ** 0.23 * (1e12 / i.trainingTokens) ** 0.32,
    },
  ],
  votes: { peakLearningRate: { kind: "fixed-batch", batchTokens: 500_000 } },
  caveats: [
    "At a batch fixed at 5e5 tokens: it answers how a learning rate moves with the horizon when the batch does not.",
    "Anchored form: the published constant could not be found in consistent units.",
    "The exponent in D is 0.65 to 0.70 below 1.25e8 parameters.",
  ],
});
