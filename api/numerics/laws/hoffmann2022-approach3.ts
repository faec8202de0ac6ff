import { type AdditiveLossConstants, additiveLossFormulas } from "./additive-loss.ts";
import { defineLaw, type ExponentUncertainty, type Law } from "./law.ts";

/** The fit at the precision of the paper's TeX source; the printed rounding is off by a factor of two in N_opt. */
export const hoffmann2022Constants: AdditiveLossConstants = Object.freeze({
  irreducibleLossNats: 1.69337368,
  paramCoefficient: 406.401018,
  dataCoefficient: 410.722827,
  paramExponent: 0.33917084,
  dataExponent: 0.2849083,
});

const formulas = additiveLossFormulas(hoffmann2022Constants);
const lossSd = {
  sdLog: 0.025,
  sdLogSource:
    "distance to the refit of the same runs (arXiv 2404.10102): 2.7 % of the loss at 7e10 parameters and 1.4e12 tokens",
} as const;
const sizeSd = {
  sdLog: 0.2,
  sdLogSource:
    "scatter between the paper's three approaches at 5.76e23 FLOPs (40e9 to 67e9 parameters)",
} as const;
const lossExponentSource =
  "default: se 0.0154 of the parameter exponent in arXiv 2404.10102 times the largest share (0.3) of that term in the loss";

function allocationExponent(exponent: number): ExponentUncertainty {
  return {
    variable: "trainingFlops",
    exponent,
    sd: 0.03,
    sdSource: "spread of the exponent between the paper's approaches (0.50, 0.49, 0.46)",
  };
}

/**
 * Training compute-optimal large language models, approach 3: loss of N parameters and D tokens, and the compute-optimal N and D.
 *
 * @source arXiv:2203.15556, eqs. (4) and (10), constants at the precision of its TeX source
 */
export const hoffmann2022Approach3: Law = defineLaw({
  id: "hoffmann2022-approach3",
  title: "Training compute-optimal large language models, approach 3",
  source: {
    authors: "Hoffmann et al.",
    year: 2022,
    arxivId: "2203.15556",
    location: "eqs. (4) and (10), constants at the precision of its TeX source",
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
      status: "V2",
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
      status: "V2",
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
      status: "V2",
      ...sizeSd,
      exponents: [allocationExponent(0.2849083 / (0.33917084 + 0.2849083))],
    },
    {
      ...formulas.tokens,
      status: "V2",
      ...sizeSd,
      exponents: [allocationExponent(0.33917084 / (0.33917084 + 0.2849083))],
    },
  ],
  caveats: [
    "The fit does not describe its own runs as well as arXiv 2404.10102, which should be preferred.",
    "Additive form: expect 0.01 to 0.02 nats of error out of sample.",
  ],
});
