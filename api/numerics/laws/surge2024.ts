import { surgeLearningRate } from "../rules/learning-rate-rescaling.ts";
import { defineLaw, type Law } from "./law.ts";

/**
 * Surge 2024: learning rate of Adam over batch, from the noise scale.
 *
 * @source arXiv:2405.14578, optimal learning rate of Adam as sign descent
 */
export const surge2024: Law = defineLaw({
  id: "surge2024",
  title: "Surge phenomenon in optimal learning rate and batch size scaling",
  source: {
    authors: "Li et al.",
    year: 2024,
    arxivId: "2405.14578",
    location: "optimal learning rate of Adam as sign descent",
  },
  cluster: "surge2024",
  setting: { optimizer: "adam", schedule: "any", paramsCounted: "none" },
  fittedBox: {},
  refusalBox: {},
  outputs: [
    {
      quantity: "peakLearningRate",
      formula:
        "peakLearningRate = epsMax/(0.5*(sqrt(bNoiseTokens/batchTokens) + sqrt(batchTokens/bNoiseTokens))), epsMax = the peakLearningRate given",
      requires: ["bNoiseTokens", "batchTokens", "peakLearningRate"],
      status: "V2",
      sdLog: 0.26,
      sdLogSource:
        "rms of ln LR of this form, with powers of N and D, on the runs of arXiv 2503.04715",
      exponents: [],
      predict: (i) => surgeLearningRate(i.peakLearningRate, i.bNoiseTokens, i.batchTokens),
    },
  ],
  caveats: [
    "The learning rate given is the maximum over batches, reached at batchTokens = bNoiseTokens.",
    "Derived for Adam as sign descent; the fall above bNoiseTokens is not universal, and on public runs a plateau fits better.",
  ],
});
