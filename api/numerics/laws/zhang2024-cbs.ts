import { defaultTokenExponentSd, defaultTokenExponentSdSource } from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

const contextTokens = 512;
const referenceSequences = 256;

/**
 * Returns the critical batch B_c behind a 20 % overhead batch measured from a reference batch.
 *
 *   B_c = 5 (CBS20 - 1.2 B0)
 *
 * A run at B takes 1.2 times the steps of linear scaling from B0 where 1 + B/B_c = 1.2 (1 + B0/B_c).
 *
 * @param cbs20 - the batch with 20 % overhead; any unit.
 * @param reference - B0 in the same unit.
 * @returns B_c in the same unit; not above 0 when the overhead batch lies within 1.2 of the reference.
 * @source arXiv:2410.21676, definition of the critical batch size (20 % overhead)
 * @example bCritFromCbs20(507.2, 256) is 1000
 */
export function bCritFromCbs20(cbs20: number, reference: number): number {
  return 5 * (cbs20 - 1.2 * reference);
}

/**
 * Returns the batch with 20 % overhead against linear scaling from a reference batch.
 *
 *   CBS20 = 1.2 B0 + 0.2 B_c
 *
 * @param bCrit - B_c = E_min/S_min of the steps/examples hyperbola; any unit.
 * @param reference - B0 in the same unit; 0 gives the batch with a pure 20 % token overhead.
 * @returns the batch in the same unit.
 * @source arXiv:2410.21676, definition of the critical batch size (20 % overhead)
 * @example cbs20FromBCrit(1000, 256) is 507.2
 */
export function cbs20FromBCrit(bCrit: number, reference: number): number {
  return 1.2 * reference + 0.2 * bCrit;
}

function cbs20FromTokens(trainingTokens: number): number {
  return contextTokens * 22.91 * (trainingTokens / 1e6) ** 0.47;
}

const scatterSource =
  "root of squares: scatter of the five sizes' hyperbola fits about this D-law, and their jackknife error";

/**
 * Zhang et al. 2024: batch with 20 % overhead from tokens or from parameters, converted to B_c.
 *
 * @source arXiv:2410.21676, fitted laws along Chinchilla, at fixed N = 302M and at fixed D = 3.07e9
 */
export const zhang2024Cbs: Law = defineLaw({
  id: "zhang2024-cbs",
  title: "How does critical batch size scale in pre-training?",
  source: {
    authors: "Zhang et al.",
    year: 2024,
    arxivId: "2410.21676",
    location:
      "fitted laws along Chinchilla, at fixed N = 302M and at fixed D = 3.07e9; authors' notebook",
  },
  cluster: "zhang2024-cbs",
  setting: {
    optimizer: "adam",
    schedule: "constant",
    paramsCounted: "non-embedding",
    sequenceLengthTokens: contextTokens,
  },
  fittedBox: {
    nonEmbeddingParams: { lower: 8.5e7, upper: 1.2e9 },
    trainingTokens: { lower: 1.7e9, upper: 2.4e10 },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "cbs20Tokens",
      formula: "cbs20Tokens = 512*22.91*(trainingTokens/1e6)^0.47",
      requires: ["trainingTokens"],
      status: "V2",
      sdLog: 0.077,
      sdLogSource: scatterSource,
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.47,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => cbs20FromTokens(i.trainingTokens),
    },
    {
      quantity: "bCritTokens",
      formula: "bCritTokens = 5*(512*22.91*(trainingTokens/1e6)^0.47 - 1.2*256*512)",
      requires: ["trainingTokens"],
      status: "D",
      sdLog: 0.103,
      sdLogSource: scatterSource,
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.47,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      // Below, the overhead batch approaches its own reference of 256 sequences and the difference means nothing.
      refusalBox: { trainingTokens: { lower: 5e8 } },
      predict: (i) =>
        bCritFromCbs20(cbs20FromTokens(i.trainingTokens), referenceSequences * contextTokens),
    },
    {
      quantity: "cbs20TokensComputeOptimal",
      formula: "cbs20TokensComputeOptimal = 512*93.1968*(nonEmbeddingParams/1e6)^0.46828",
      requires: ["nonEmbeddingParams"],
      status: "V1",
      sdLog: 0.077,
      sdLogSource: scatterSource,
      exponents: [
        {
          variable: "nonEmbeddingParams",
          exponent: 0.46828,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => contextTokens * 93.1968 * (i.nonEmbeddingParams / 1e6) ** 0.46828,
    },
    {
      quantity: "cbs20TokensFixedData",
      formula: "cbs20TokensFixedData = 512*621.341*(nonEmbeddingParams/1e6)^0.087",
      requires: ["nonEmbeddingParams"],
      status: "V2",
      sdLog: 0.077,
      sdLogSource: scatterSource,
      exponents: [
        {
          variable: "nonEmbeddingParams",
          exponent: 0.087,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => contextTokens * 621.341 * (i.nonEmbeddingParams / 1e6) ** 0.087,
    },
  ],
  votes: { bCritTokens: { kind: "direct" } },
  caveats: [
    "Published in sequences of 512 tokens, with N and D in millions.",
    "Overhead of 20 % is measured against linear scaling from 256 sequences; the conversion to B_c removes that reference.",
    "Weight decay 0, constant learning rate with weight averaging; at fixed D the exponent in N is only 0.087.",
  ],
});
