import { CRITBATCH_JOINT } from "../surface/constants.ts";
import { SURFACE_PIVOT } from "../surface/form.ts";
import { predictSurfaceOptimum, SURFACE_OUTSIDE_SD } from "../surface/predict.ts";
import { surfaceLearningRate, surfaceLossNats, surfaceOptimum } from "../surface/surface.ts";
import { defineLaw, type ExponentUncertainty, type Law, type LawInputs } from "./law.ts";

const { constants, fittedBox } = CRITBATCH_JOINT;
const box = { ...fittedBox };

/** Predictions at the four corners of the fitted box, where the surface is least sure of itself inside it. */
const corners = [box.nonEmbeddingParams.lower, box.nonEmbeddingParams.upper].flatMap((params) =>
  [box.trainingTokens.lower, box.trainingTokens.upper].map((tokens) =>
    predictSurfaceOptimum(CRITBATCH_JOINT, params, tokens, 0.8),
  ),
);

type Predicted = "bOptTokens" | "bCritTokens" | "peakLearningRate" | "lossNats";

/** Largest sd of ln over the corners, rounded up to two digits. */
function largestSdLog(quantity: Predicted): number {
  const largest = Math.max(...corners.map((corner) => corner[quantity].sdLog));
  const unit = 10 ** (Math.floor(Math.log10(largest)) - 1);
  return Number((Math.ceil(largest / unit) * unit).toPrecision(2));
}

const lowestLoss = Math.min(...corners.map((corner) => corner.lossNats.value));
const lossOutsideSd = (perUnitNats: number) => Number((perUnitNats / lowestLoss).toPrecision(2));

function lnSlope(
  variable: "nonEmbeddingParams" | "trainingTokens",
  exponent: number,
  sd: number,
  of: string,
): ExponentUncertainty {
  return {
    variable,
    exponent: Number(exponent.toPrecision(4)),
    sd,
    sdSource: `scatter of published exponents of the ${of}, a logarithmic unit outside the fitted range`,
  };
}

const batchExponents = [
  lnSlope(
    "nonEmbeddingParams",
    constants.bSmallParamsExponent / 2,
    SURFACE_OUTSIDE_SD.batch.params,
    "optimal batch in N",
  ),
  lnSlope(
    "trainingTokens",
    (constants.bCritTokensExponent + constants.bSmallTokensExponent) / 2,
    SURFACE_OUTSIDE_SD.batch.tokens,
    "optimal batch in D",
  ),
];
const criticalExponents = [
  lnSlope("nonEmbeddingParams", 0, SURFACE_OUTSIDE_SD.batch.params, "critical batch in N"),
  lnSlope(
    "trainingTokens",
    constants.bCritTokensExponent,
    SURFACE_OUTSIDE_SD.batch.tokens,
    "critical batch in D",
  ),
];
const learningRateExponents = [
  lnSlope(
    "nonEmbeddingParams",
    constants.learningRateParamsExponent,
    SURFACE_OUTSIDE_SD.learningRate.params,
    "learning rate in N",
  ),
  lnSlope(
    "trainingTokens",
    constants.learningRateTokensExponent,
    SURFACE_OUTSIDE_SD.learningRate.tokens,
    "learning rate in D",
  ),
];
// At the middle of the fitted range, about: d ln L / d ln N and d ln L / d ln D.
const lossExponents = [
  lnSlope("nonEmbeddingParams", -0.06, lossOutsideSd(SURFACE_OUTSIDE_SD.lossNats.params), "loss"),
  lnSlope("trainingTokens", -0.04, lossOutsideSd(SURFACE_OUTSIDE_SD.lossNats.tokens), "loss"),
];

const digits = (x: number): string => String(Number(x.toPrecision(4)));
const n = `(nonEmbeddingParams/${SURFACE_PIVOT.nonEmbeddingParams.toExponential()})`;
const d = `(trainingTokens/${SURFACE_PIVOT.trainingTokens.toExponential()})`;
const bCrit = `${digits(SURFACE_PIVOT.batchTokens * Math.exp(constants.logBCrit))}*${d}^${digits(constants.bCritTokensExponent)}`;
const bSmall =
  `${digits(SURFACE_PIVOT.batchTokens * Math.exp(constants.logBSmall))}*${d}^${digits(constants.bSmallTokensExponent)}` +
  `*${n}^${digits(constants.bSmallParamsExponent)}`;
const plateau =
  `${digits(SURFACE_PIVOT.peakLearningRate * Math.exp(constants.logLearningRate))}` +
  `*${n}^${digits(constants.learningRateParamsExponent)}*${d}^${digits(constants.learningRateTokensExponent)}`;
const rateCorner = `(1+(bOptTokens/batchTokens)^3)^(-${digits(constants.learningRateBatchExponent)}/3)`;
const tunedLoss =
  `${digits(constants.irreducibleLossNats)} + sqrt((${digits(Math.exp(constants.logParamCoefficient))}*${n}^-${digits(constants.paramExponent)})^2` +
  ` + (${digits(Math.exp(constants.logDataCoefficient))}*(${d}/((1+batchTokens/bCritTokens)(1+bSmallTokens/batchTokens)))^-${digits(constants.dataExponent)})^2)`;
const pivotSteps = (SURFACE_PIVOT.trainingTokens / SURFACE_PIVOT.batchTokens).toExponential();
const curvature = (side: number) =>
  digits(Math.exp(constants.logCurvature + side * constants.curvatureAsymmetry));
const learningRateCost =
  `c*(trainingTokens/batchTokens/${pivotSteps})^${digits(constants.curvatureStepsExponent)}*ln(peakLearningRate/tuned)^2, ` +
  `c = ${curvature(1)} above the tuned rate, ${curvature(-1)} below`;

const optimumAt = (i: Required<LawInputs>) =>
  surfaceOptimum(constants, i.nonEmbeddingParams, i.trainingTokens);
const held = "its spread over a bootstrap of cells and over cells left out, at the corners of the";
const sizeAndTokens = ["nonEmbeddingParams", "trainingTokens"] as const;
const batchSd = {
  sdLog: largestSdLog("bOptTokens"),
  sdLogSource: `${held} fitted range`,
} as const;
const rateSd = {
  sdLog: largestSdLog("peakLearningRate"),
  sdLogSource: `${held} fitted range`,
} as const;
const lossSd = {
  sdLog: largestSdLog("lossNats"),
  sdLogSource: `${held} fitted range; 0.093 nats more for every nat above the optimum`,
} as const;

/**
 * This project's joint loss surface as a law: batch, critical batch, learning rate and loss from one fit.
 *
 *   L = E + sqrt((A N^-alpha)^2 + (G D_eff^-beta)^2) + c (D/B)^h ln(LR / LR*)^2,  B_opt = sqrt(B_c B_s)
 *
 * @source own fit of the public runs of arXiv:2503.04715, form and constants in `api/numerics/surface`
 */
export const critbatchJoint: Law = defineLaw({
  id: "critbatch-joint",
  title: "Joint loss surface of parameters, tokens, batch and learning rate",
  source: {
    authors: "critbatch",
    year: 2026,
    location: "own fit of 1,420 public runs of arXiv 2503.04715 (12 cells of N and D), dense sweep",
  },
  cluster: "step-law-runs",
  setting: {
    optimizer: "adamw",
    schedule: "cosine",
    paramsCounted: "non-embedding",
    sequenceLengthTokens: 2048,
  },
  fittedBox: {
    nonEmbeddingParams: { ...box.nonEmbeddingParams },
    trainingTokens: { ...box.trainingTokens },
  },
  refusalBox: {},
  outputs: [
    {
      quantity: "bOptTokens",
      formula: `bOptTokens = sqrt(bCritTokens*bSmallTokens), bSmallTokens = ${bSmall}`,
      requires: sizeAndTokens,
      status: "O",
      ...batchSd,
      exponents: batchExponents,
      predict: (i) => optimumAt(i).bOptTokens,
    },
    {
      quantity: "bCritTokens",
      formula: `bCritTokens = ${bCrit}`,
      requires: sizeAndTokens,
      status: "O",
      sdLog: largestSdLog("bCritTokens"),
      sdLogSource:
        "its bootstrap over cells, and 0.35 between studies at equal tokens (arXiv 2410.21676, 2505.13738)",
      exponents: criticalExponents,
      predict: (i) => optimumAt(i).bCritTokens,
    },
    {
      quantity: "peakLearningRate",
      formula: `peakLearningRate = ${plateau}*${rateCorner}`,
      requires: [...sizeAndTokens, "batchTokens"],
      status: "O",
      ...rateSd,
      exponents: learningRateExponents,
      predict: (i) =>
        surfaceLearningRate(constants, i.nonEmbeddingParams, i.trainingTokens, i.batchTokens),
    },
    {
      quantity: "peakLearningRate",
      formula: `peakLearningRate = ${plateau}*2^(-${digits(constants.learningRateBatchExponent)}/3), at bOptTokens`,
      requires: sizeAndTokens,
      status: "O",
      ...rateSd,
      exponents: learningRateExponents,
      predict: (i) => optimumAt(i).peakLearningRate,
    },
    {
      quantity: "lossNats",
      formula: `lossNats = ${tunedLoss} + ${learningRateCost}`,
      requires: [...sizeAndTokens, "batchTokens", "peakLearningRate"],
      status: "O",
      ...lossSd,
      exponents: lossExponents,
      predict: (i) => surfaceLossNats(constants, i),
    },
    {
      quantity: "lossNats",
      formula: `lossNats = ${tunedLoss}, at bOptTokens and the learning rate tuned to it`,
      requires: sizeAndTokens,
      status: "O",
      ...lossSd,
      exponents: lossExponents,
      predict: (i) => optimumAt(i).lossNats,
    },
  ],
  votes: { bCritTokens: { kind: "direct" } },
  caveats: [
    "The small-batch side exists because beta2 = 0.95 and weight decay 0.1 were held fixed; rescaling them should lower it (untested).",
    "The learning-rate term is a parabola in ln LR: it prices a badly chosen rate and does not foretell divergence.",
    "Losses are those of the text and tokenizer of the fitted runs. For other data, only differences between losses are meaningful.",
    "B_c of these runs is about half of arXiv 2505.13738 and 2410.21676 at equal D: a factor of two between studies.",
    "Twelve cells of 2.1e8 to 1.07e9 non-embedding parameters and 4e9 to 8e10 tokens; outside, published exponents set the spread.",
  ],
});
