import { type AdditiveLossConstants, additiveLossFormulas } from "./additive-loss.ts";
import { defineLaw, type ExponentUncertainty, type Law } from "./law.ts";

/** The refit of the runs of arXiv 2203.15556. */
export const besiroglu2024Constants: AdditiveLossConstants = Object.freeze({
  irreducibleLossNats: 1.81686,
  paramCoefficient: 482.00572,
  dataCoefficient: 2085.4342,
  paramExponent: 0.34781,
  dataExponent: 0.36585,
});

const formulas = additiveLossFormulas(besiroglu2024Constants);
const lossSd = {
  sdLog: 0.0076,
  sdLogSource:
    "held-out RMSE 0.0174 nats of the additive form at 1.7e9 parameters (arXiv 2608.28308), over a loss of 2.3",
} as const;
const sizeSd = {
  sdLog: 0.1,
  sdLogSource:
    "default: se 0.020 of the allocation exponent over 5 ln units, the half-width of the fitted range and its margin",
} as const;
const lossExponentSource =
  "se 0.0154 of alpha and 0.0206 of beta times the largest share (0.3) of their terms in the loss";

function allocationExponent(exponent: number): ExponentUncertainty {
  return {
    variable: "trainingFlops",
    exponent,
    sd: 0.02,
    sdSource: "arXiv 2404.10102: a = 0.513, se 0.020",
  };
}

/**
 * Chinchilla scaling: a replication attempt: loss of N parameters and D tokens, and the compute-optimal N and D.
 *
 * @source arXiv:2404.10102, Table 1 and the authors' notebook
 */
export const besiroglu2024: Law = defineLaw({
  id: "besiroglu2024",
  title: "Chinchilla scaling: a replication attempt",
  source: {
    authors: "Besiroglu et al.",
    year: 2024,
    arxivId: "2404.10102",
    location: "Table 1 and the authors' notebook",
  },
  cluster: "chinchilla-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "total",
    flopsCounted: "total",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    totalParams: { lower: 7e7, upper: 1.6e10 },
    trainingTokens: { lower: 5e9, upper: 5e11 },
    trainingFlops: { lower: 6e18, upper: 3e21 },
  },
  refusalBox: {},
  outputs: [
    {
      ...formulas.loss,
      status: "V1",
      ...lossSd,
      exponents: [
        {
          variable: "totalParams",
          exponent: -0.07,
          sd: 0.005,
          sdSource: lossExponentSource,
        },
        {
          variable: "trainingTokens",
          exponent: -0.05,
          sd: 0.005,
          sdSource: lossExponentSource,
        },
      ],
    },
    {
      ...formulas.efficientLoss,
      status: "V1",
      ...lossSd,
      exponents: [
        {
          variable: "trainingFlops",
          exponent: -0.04,
          sd: 0.005,
          sdSource: lossExponentSource,
        },
      ],
    },
    {
      ...formulas.params,
      status: "V1",
      ...sizeSd,
      exponents: [allocationExponent(0.36585 / (0.34781 + 0.36585))],
    },
    {
      ...formulas.tokens,
      status: "V1",
      ...sizeSd,
      exponents: [allocationExponent(0.34781 / (0.34781 + 0.36585))],
    },
  ],
  caveats: [
    "Additive form: expect 0.01 to 0.02 nats of error out of sample.",
    "Losses belong to the tokenizer and corpus of arXiv 2203.15556.",
  ],
});
