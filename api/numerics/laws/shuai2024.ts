import {
  defaultBatchSdLog,
  defaultBatchSdLogSource,
  defaultTokenExponentSd,
  defaultTokenExponentSdSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

/**
 * Shuai et al. 2024: batch from tokens at fixed data.
 *
 * @source arXiv:2412.01505, optimal batch at fixed data
 */
export const shuai2024: Law = defineLaw({
  id: "shuai2024",
  title: "Scaling law for language-model training considering batch size",
  source: {
    authors: "Shuai et al.",
    year: 2024,
    arxivId: "2412.01505",
    location: "optimal batch at fixed data",
  },
  cluster: "shuai2024",
  setting: { optimizer: "adamw", schedule: "cosine", paramsCounted: "none" },
  fittedBox: { trainingTokens: { lower: 2.5e9, upper: 3e11 } },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 3.24e3*trainingTokens^0.264",
      requires: ["trainingTokens"],
      status: "V2",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.264,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => 3.24e3 * i.trainingTokens ** 0.264,
    },
  ],
  votes: { bOptTokens: { kind: "direct" } },
  caveats: ["Models of 1.25e8 to 2.6e9 parameters; the smallest exponent in D of all laws."],
});
