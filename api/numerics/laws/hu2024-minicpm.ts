import { defaultBatchSdLog, defaultBatchSdLogSource } from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

/**
 * MiniCPM 2024: batch from the loss reached.
 *
 * @source arXiv:2404.06395, section 3.2, optimal batch against C4 loss
 */
export const hu2024Minicpm: Law = defineLaw({
  id: "hu2024-minicpm",
  title: "MiniCPM",
  source: {
    authors: "Hu et al.",
    year: 2024,
    arxivId: "2404.06395",
    location: "section 3.2, optimal batch against C4 loss",
  },
  cluster: "hu2024-minicpm",
  setting: {
    optimizer: "adamw",
    schedule: "wsd",
    paramsCounted: "none",
    sequenceLengthTokens: 4096,
  },
  fittedBox: { lossNats: { lower: 3, upper: 4.5 } },
  refusalBox: { lossNats: { lower: 1.5, upper: 8 } },
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 1.21e9/lossNats^6.24",
      requires: ["lossNats"],
      status: "V2",
      sdLog: defaultBatchSdLog,
      sdLogSource: defaultBatchSdLogSource,
      exponents: [
        {
          variable: "lossNats",
          exponent: -6.24,
          sd: 1,
          sdSource:
            "default: no interval published; three model sizes and six batches over 0.4 ln units of loss, 0.38 of scatter each",
        },
      ],
      predict: (i) => 1.21e9 / i.lossNats ** 6.24,
    },
  ],
  votes: { bOptTokens: { kind: "loss", sdLog: 0.6 } },
  caveats: [
    "Loss on C4 under the paper's tokenizer; an error of 0.05 nats at 2.5 moves the batch by 13 %.",
    "Fitted on models of 9e6, 3e7 and 1.7e8 parameters.",
  ],
});
