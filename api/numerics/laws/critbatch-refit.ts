import { defineLaw, type Law } from "./law.ts";

/** Large-batch side B_c of the two-sided hyperbola, tokens. */
function twoSidedBCrit(trainingTokens: number): number {
  return 1.759e6 * (trainingTokens / 1e10) ** 0.3473;
}

/** Small-batch side B_s of the two-sided hyperbola, tokens. */
function twoSidedBSmall(trainingTokens: number): number {
  return 47750 * (trainingTokens / 1e10) ** 0.7524;
}

const bCritExponent = {
  variable: "trainingTokens",
  sd: 0.091,
  sdSource: "5-95 % bootstrap range 0.24 to 0.54 of the exponent of the one-sided hyperbola",
} as const;

/**
 * This project's refit of the public runs of Step Law: a hyperbola with a small-batch side.
 *
 *   D_eff = D / ((1 + B/B_c)(1 + B_s/B)),   B_opt = sqrt(B_c B_s)
 *
 * @source own log-Huber fit of 146 (N, D, B) cells of the runs of arXiv:2503.04715, learning rate optimised in each
 */
export const critbatchRefit: Law = defineLaw({
  id: "critbatch-refit",
  title: "Two-sided hyperbola refitted to the public Step Law runs",
  source: {
    authors: "critbatch",
    year: 2026,
    location:
      "own fit of 146 (N, D, B) cells of the public runs of arXiv 2503.04715, learning rate optimised in each",
  },
  cluster: "step-law-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "none",
    sequenceLengthTokens: 2048,
  },
  fittedBox: { trainingTokens: { lower: 4e9, upper: 1e11 } },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula:
        "bOptTokens = sqrt(1.759e6*(trainingTokens/1e10)^0.3473 * 47750*(trainingTokens/1e10)^0.7524), two-sided",
      requires: ["trainingTokens"],
      status: "O",
      sdLog: 0.26,
      sdLogSource:
        "rms of ln(measured optimum / law) over 12 (N, D) cells of the same runs, thin-plate optimum of each cell",
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.54985,
          sd: 0.064,
          sdSource:
            "5-95 % bootstrap range 0.48 to 0.69 of the exponent of B_opt in the three-term refit",
        },
      ],
      predict: (i) => Math.sqrt(twoSidedBCrit(i.trainingTokens) * twoSidedBSmall(i.trainingTokens)),
    },
    {
      quantity: "bCritTokens",
      formula: "bCritTokens = 1.759e6*(trainingTokens/1e10)^0.3473, two-sided",
      requires: ["trainingTokens"],
      status: "O",
      sdLog: 0.32,
      sdLogSource:
        "root of squares: 0.30 between the two-sided and the one-sided form at 1e10 tokens, and 0.09 from the 5-95 % bootstrap range 2.10e6 to 2.83e6 of the one-sided coefficient",
      exponents: [{ ...bCritExponent, exponent: 0.3473 }],
      predict: (i) => twoSidedBCrit(i.trainingTokens),
    },
    {
      quantity: "bCritTokensOneSided",
      formula: "bCritTokensOneSided = 2.383e6*(trainingTokens/1e10)^0.3816, one-sided hyperbola",
      requires: ["trainingTokens"],
      status: "O",
      sdLog: 0.32,
      sdLogSource:
        "root of squares: 0.30 between the one-sided and the two-sided form at 1e10 tokens, and 0.09 from the 5-95 % bootstrap range 2.10e6 to 2.83e6 of the coefficient",
      exponents: [{ ...bCritExponent, exponent: 0.3816 }],
      predict: (i) => 2.383e6 * (i.trainingTokens / 1e10) ** 0.3816,
    },
  ],
  votes: { bOptTokens: { kind: "same-data" }, bCritTokens: { kind: "same-data" } },
  caveats: [
    "The small-batch side exists because beta2 = 0.95 and weight decay 0.1 were held fixed; rescaling them should lower it (untested).",
    "B_c of these runs is about half of arXiv 2505.13738 and 2410.21676 at equal D: a factor of two between studies.",
    "Cells of 2.1e8 to 1.07e9 non-embedding parameters.",
  ],
});
