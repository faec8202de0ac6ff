import { defineLaw, type Law } from "./law.ts";

/**
 * Step Law 2025: batch from tokens, learning rate from parameters and tokens.
 *
 * @source arXiv:2503.04715, eq. (1), Table 1
 */
export const li2025StepLaw: Law = defineLaw({
  id: "li2025-step-law",
  title: "Predictable Scale, Part I: optimal hyper-parameter scaling law (Step Law)",
  source: { authors: "Li et al.", year: 2025, arxivId: "2503.04715", location: "eq. (1), Table 1" },
  cluster: "step-law-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "non-embedding",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    nonEmbeddingParams: { lower: 2.1e8, upper: 1.08e9 },
    trainingTokens: { lower: 4e9, upper: 1e11 },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 0.58*trainingTokens^0.571",
      requires: ["trainingTokens"],
      status: "V1",
      sdLog: 0.24,
      sdLogSource:
        "rms of ln(measured optimum / law) over 12 (N, D) cells of the authors' public runs, thin-plate optimum of each cell",
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.571,
          sd: 0.02,
          sdSource: "sd over the authors' 1,000 bootstrap fits (95 % 0.534 to 0.606)",
        },
      ],
      predict: (i) => 0.58 * i.trainingTokens ** 0.571,
    },
    {
      quantity: "peakLearningRate",
      formula: "peakLearningRate = 1.79*nonEmbeddingParams^-0.713*trainingTokens^0.307",
      requires: ["nonEmbeddingParams", "trainingTokens"],
      status: "V1",
      sdLog: 0.28,
      sdLogSource:
        "rms of ln(measured optimum / law) over 12 (N, D) cells of the authors' public runs, thin-plate optimum of each cell",
      exponents: [
        {
          variable: "nonEmbeddingParams",
          exponent: -0.713,
          sd: 0.03,
          sdSource: "sd over the authors' 1,000 bootstrap fits (95 % -0.774 to -0.655)",
        },
        {
          variable: "trainingTokens",
          exponent: 0.307,
          sd: 0.02,
          sdSource: "sd over the authors' 1,000 bootstrap fits (95 % 0.271 to 0.345)",
        },
      ],
      predict: (i) => 1.79 * i.nonEmbeddingParams ** -0.713 * i.trainingTokens ** 0.307,
    },
  ],
  votes: { bOptTokens: { kind: "same-data" }, peakLearningRate: { kind: "same-data" } },
  caveats: [
    "The learning rate belongs to the optimal batch; it rises with D at a re-tuned batch, against arXiv 2409.19913 at a fixed one.",
    "Cosine to a fixed final learning rate of 1e-5; beta2 0.95 and weight decay 0.1 held fixed.",
    "Scatter is of the fit; transfer to other data and code is not in it.",
  ],
});
