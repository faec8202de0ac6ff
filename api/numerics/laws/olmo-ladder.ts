import {
  defaultBatchSdLog,
  defaultBatchSdLogSource,
  defaultLearningRateSdLog,
  defaultLearningRateSdLogSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";
import { porianBatchTokens, porianLearningRate } from "./porian-fits.ts";

/**
 * OLMo ladder: the batch of Porian et al. 2024 with half the learning rate.
 *
 * @source OLMo-core, model-ladder run configuration: the batch of arXiv 2406.19146 and half its learning rate
 */
export const olmoLadder: Law = defineLaw({
  id: "olmo-ladder",
  title: "OLMo model ladder",
  source: {
    authors: "Allen Institute for AI",
    year: 2024,
    location:
      "OLMo-core, model-ladder run configuration: the batch of arXiv 2406.19146 and half its learning rate",
  },
  cluster: "porian-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "total",
    sequenceLengthTokens: 2048,
  },
  fittedBox: { totalParams: { lower: 2.5e7, upper: 1.1e8 } },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 2048*160*(totalParams/1.08e8)^(2/3)",
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
      formula: "peakLearningRate = 0.0047*(totalParams/1.08e8)^(-1/3)/2",
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
      predict: (i) => porianLearningRate(i.totalParams) / 2,
    },
  ],
  votes: {
    bOptTokens: { kind: "compute", sdPerLogRatio: 0.6 },
    peakLearningRate: { kind: "compute", sdPerLogRatio: 0.2 },
  },
  caveats: [
    "The rounded law of porian2024 as a production code uses it; the same fit, so one vote together.",
    "Its warmup is as many tokens as parameters; beta2 is 0.95 from 524288 tokens a batch and 0.99 below.",
  ],
});
