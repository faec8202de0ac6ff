import { weightDecayForTimescale } from "../rules/weight-decay.ts";
import {
  defaultTokenExponentSd,
  defaultTokenExponentSdSource,
  factorTwoSdLog,
  factorTwoSdLogSource,
} from "./default-uncertainty.ts";
import { defineLaw, type Law } from "./law.ts";

/** Exponent of B_c(D): arXiv:2505.13738, fitted law of B_crit. */
export const B_CRIT_TOKEN_EXPONENT = 0.462;

/**
 * Returns the optimal AdamW timescale as a fraction of the run.
 *
 *   tau_opt = 1.084 * (D/N)^-0.527
 *
 * @param tokensPerParam - D/N; 20 to 1280 in the fit.
 * @returns tau = B/(eta lambda D); 1 is the whole run.
 * @source arXiv:2505.13738, Figure 1, left (R^2 0.975); coefficient unverified
 * @example powerLinesTimescale(20) is 0.2236
 */
export function powerLinesTimescale(tokensPerParam: number): number {
  return 1.084 * tokensPerParam ** -0.527;
}

/**
 * Power Lines 2025: optimal batch, critical batch and weight decay.
 *
 * @source arXiv:2505.13738, Figure 1: fits of tau, B_opt and B_crit; exponents and R^2 checked, coefficients not
 */
export const bergsma2025PowerLines: Law = defineLaw({
  id: "bergsma2025-power-lines",
  title: "Power Lines: scaling laws for weight decay and batch size in LLM pre-training",
  source: {
    authors: "Bergsma et al.",
    year: 2025,
    arxivId: "2505.13738",
    location: "Figure 1: fits of tau (left), B_opt (middle) and B_crit (right)",
  },
  cluster: "bergsma2025-power-lines",
  setting: {
    optimizer: "adamw",
    schedule: "linear",
    paramsCounted: "total",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    totalParams: { lower: 1.11e8, upper: 3.3e9 },
    trainingTokens: { lower: 2.2e9, upper: 1.4e11 },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: "bOptTokens = 2048*0.0306*trainingTokens^0.383",
      requires: ["trainingTokens"],
      status: "U",
      sdLog: 0.3,
      sdLogSource:
        "default: R^2 0.984 leaves 0.06 of scatter; the unverified coefficient was checked only to 223 against 252 sequences and to the spread of the laws",
      exponents: [
        {
          variable: "trainingTokens",
          exponent: 0.383,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => 2048 * 0.0306 * i.trainingTokens ** 0.383,
    },
    {
      quantity: "bCritTokens",
      formula: "bCritTokens = 2048*0.0471*trainingTokens^0.462",
      requires: ["trainingTokens"],
      status: "U",
      sdLog: 0.35,
      sdLogSource:
        "scatter between studies of B_c at equal D (a factor 1.4); R^2 0.940 leaves 0.15 of its own; coefficient unverified, 0.99 to 1.47 of the raw sweeps of arXiv 2410.21676",
      exponents: [
        {
          variable: "trainingTokens",
          exponent: B_CRIT_TOKEN_EXPONENT,
          sd: defaultTokenExponentSd,
          sdSource: defaultTokenExponentSdSource,
        },
      ],
      predict: (i) => 2048 * 0.0471 * i.trainingTokens ** B_CRIT_TOKEN_EXPONENT,
    },
    {
      quantity: "weightDecay",
      formula:
        "weightDecay = batchTokens/(peakLearningRate*trainingTokens*1.084*(trainingTokens/totalParams)^-0.527)",
      requires: ["totalParams", "trainingTokens", "batchTokens", "peakLearningRate"],
      status: "U",
      sdLog: factorTwoSdLog,
      sdLogSource: factorTwoSdLogSource,
      exponents: [
        {
          variable: "trainingTokens",
          exponent: -0.473,
          sd: 0.0086,
          sdSource: "10-90 % bootstrap range -0.529 to -0.507 of the exponent of tau",
        },
        {
          variable: "totalParams",
          exponent: -0.527,
          sd: 0.0086,
          sdSource: "10-90 % bootstrap range -0.529 to -0.507 of the exponent of tau",
        },
      ],
      predict: (i) =>
        weightDecayForTimescale({
          timescaleFraction: powerLinesTimescale(i.trainingTokens / i.totalParams),
          trainingTokens: i.trainingTokens,
          batchTokens: i.batchTokens,
          peakLearningRate: i.peakLearningRate,
        }),
    },
  ],
  votes: { bOptTokens: { kind: "direct" }, bCritTokens: { kind: "direct" } },
  caveats: [
    "The coefficients 1.084, 0.0306 and 0.0471 are unverified; each passes one indirect numerical check.",
    "Weight decay belongs to a muP-adjusted peak learning rate and a linear decay to 0; linear in the batch up to B_c.",
    "B_c is stated for the tokens of the small-batch limit; at the tokens of the run it is an upper estimate.",
  ],
});
