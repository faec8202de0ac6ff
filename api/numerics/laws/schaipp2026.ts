import { defineLaw, type Law } from "./law.ts";

/**
 * Schaipp 2026: batch from tokens, by a three-term loss law.
 *
 * @source arXiv:2607.01487, optimal batch at fixed D from L = E + A/N^alpha + F/B^beta_b + K/S^gamma, fit of 246 runs
 */
export const schaipp2026: Law = defineLaw({
  id: "schaipp2026",
  title: "Three-term loss law in parameters, batch and steps",
  source: {
    authors: "Schaipp",
    year: 2026,
    arxivId: "2607.01487",
    location:
      "optimal batch at fixed D from L = E + A/N^alpha + F/B^beta_b + K/S^gamma, fit of 246 runs",
  },
  cluster: "step-law-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "none",
    sequenceLengthTokens: 2048,
  },
  fittedBox: { trainingTokens: { lower: 4e9, upper: 1e11 } },
  refusalBox: { trainingTokens: { lower: 2e9 } },
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 0.667*trainingTokens^0.566",
      requires: ["trainingTokens"],
      status: "V2",
      sdLog: 0.24,
      sdLogSource:
        "rms of ln(measured optimum / law) over 12 (N, D) cells of the public runs of arXiv 2503.04715",
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.566,
          sd: 0.064,
          sdSource:
            "5-95 % bootstrap range 0.48 to 0.69 of the exponent in a refit of the three-term law to the runs of arXiv 2503.04715",
        },
      ],
      predict: (i) => 0.667 * i.trainingTokens ** 0.566,
    },
  ],
  votes: { bOptTokens: { kind: "same-data" } },
  caveats: [
    "Batches from half to twice the optimum cost about 5 % of compute.",
    "The three-term form has too few parameters below 2e9 tokens.",
  ],
});
