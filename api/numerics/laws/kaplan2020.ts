import { factorTwoSdLog, factorTwoSdLogSource } from "./default-uncertainty.ts";
import {
  kaplanConstants as k,
  kaplanBCritTokens,
  kaplanLossAtBatch,
  kaplanLossNats,
} from "./kaplan-loss.ts";
import { defineLaw, type ExponentUncertainty, type Law, type LawOutput } from "./law.ts";

const flopsPerPfDay = 8.64e19;
const lossSd = {
  sdLog: 0.05,
  sdLogSource:
    "default: no interval published; losses of another corpus and tokenizer differ by several percent",
} as const;
const frontierSd = {
  sdLog: factorTwoSdLog,
  sdLogSource: factorTwoSdLogSource,
} as const;
const paramLossExponent: ExponentUncertainty = {
  variable: "nonEmbeddingParams",
  exponent: -0.076,
  sd: 0.001,
  sdSource:
    "arXiv:2001.08361: its fits of L(N), L(N, D) and L(N, S_min) give 0.076, 0.076 and 0.077",
};
const dataLossExponent: ExponentUncertainty = {
  variable: "trainingTokens",
  exponent: -0.095,
  sd: 0.008,
  sdSource: "arXiv:2001.08361: its fits of L(D) and L(N, D) give 0.095 and 0.103",
};

function flopsExponent(exponent: number, sd: number, sdSource: string): ExponentUncertainty {
  return { variable: "trainingFlops", exponent, sd, sdSource };
}

const allocationSource =
  "distance to the compute exponent 0.50 of the corrected analyses (arXiv 2203.15556, 2404.10102, 2406.19146)";
const frontierSource =
  "default: no interval published; 0.24 against 0.19 from arXiv 2001.08361 Table 6";

const lossOutputs: readonly LawOutput[] = [
  {
    quantity: "lossNats",
    formula:
      "lossNats = (6.5e13/nonEmbeddingParams)^0.077 + (2.1e3*(batchTokens + bCritTokens(lossNats))/trainingTokens)^0.76, solved for lossNats",
    requires: ["nonEmbeddingParams", "trainingTokens", "batchTokens"],
    status: "V2",
    ...lossSd,
    exponents: [paramLossExponent, dataLossExponent],
    predict: (i) => kaplanLossAtBatch(i.nonEmbeddingParams, i.trainingTokens, i.batchTokens),
  },
  {
    quantity: "lossNats",
    formula: "lossNats = ((6.4e13/nonEmbeddingParams)^(0.076/0.103) + 1.8e13/trainingTokens)^0.103",
    requires: ["nonEmbeddingParams", "trainingTokens"],
    status: "V2",
    ...lossSd,
    exponents: [paramLossExponent, dataLossExponent],
    predict: (i) => kaplanLossNats(i.nonEmbeddingParams, i.trainingTokens),
  },
  {
    quantity: "lossNats",
    formula: "lossNats = (8.8e13/nonEmbeddingParams)^0.076, unlimited data",
    requires: ["nonEmbeddingParams"],
    status: "V2",
    ...lossSd,
    exponents: [paramLossExponent],
    predict: (i) => (k.paramScale / i.nonEmbeddingParams) ** k.paramExponent,
  },
  {
    quantity: "lossNats",
    formula: "lossNats = (5.4e13/trainingTokens)^0.095, unlimited parameters",
    requires: ["trainingTokens"],
    status: "V2",
    ...lossSd,
    exponents: [dataLossExponent],
    predict: (i) => (k.dataScaleTokens / i.trainingTokens) ** k.dataExponent,
  },
  {
    quantity: "lossNats",
    formula: "lossNats = (3.1e8/(trainingFlops/8.64e19))^0.050, compute-efficient",
    requires: ["trainingFlops"],
    status: "V2",
    ...lossSd,
    exponents: [
      flopsExponent(
        -0.05,
        0.004,
        "arXiv:2001.08361: 0.050 fitted, 0.054 predicted from L(N, S_min)",
      ),
    ],
    predict: (i) => (k.flopsScalePfDays / (i.trainingFlops / flopsPerPfDay)) ** k.flopsExponent,
  },
];

const batchOutputs: readonly LawOutput[] = [
  {
    quantity: "bCritTokens",
    formula: "bCritTokens = 2.1e8/lossNats^(1/0.21)",
    requires: ["lossNats"],
    status: "V2",
    ...frontierSd,
    exponents: [
      {
        variable: "lossNats",
        exponent: -1 / 0.21,
        sd: 0.065,
        sdSource: "rounding of the printed 0.21 (half a unit of the last digit, uniform)",
      },
    ],
    predict: (i) => kaplanBCritTokens(i.lossNats),
  },
  {
    quantity: "bCritTokens",
    formula:
      "bCritTokens = 2.1e8/L^(1/0.21), L = ((6.4e13/nonEmbeddingParams)^(0.076/0.103) + 1.8e13/trainingTokens)^0.103",
    requires: ["nonEmbeddingParams", "trainingTokens"],
    status: "V2",
    ...frontierSd,
    exponents: [
      {
        variable: "nonEmbeddingParams",
        exponent: 0.076 / 0.21,
        sd: 0.012,
        sdSource: "the sd of the loss exponents over 0.21, and the rounding of 0.21",
      },
      {
        variable: "trainingTokens",
        exponent: 0.095 / 0.21,
        sd: 0.038,
        sdSource: "the sd of the loss exponents over 0.21",
      },
    ],
    predict: (i) => kaplanBCritTokens(kaplanLossNats(i.nonEmbeddingParams, i.trainingTokens)),
  },
  {
    quantity: "bCritTokens",
    formula: "bCritTokens = 2.0e6*(trainingFlops/8.64e19)^0.24, compute-efficient",
    requires: ["trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0.24, 0.05, frontierSource)],
    predict: (i) => 2.0e6 * (i.trainingFlops / flopsPerPfDay) ** 0.24,
  },
  {
    quantity: "peakLearningRate",
    formula: "peakLearningRate = 0.003239 - 0.0001395*ln(nonEmbeddingParams)",
    requires: ["nonEmbeddingParams"],
    status: "V2",
    sdLog: factorTwoSdLog,
    sdLogSource: factorTwoSdLogSource,
    exponents: [
      {
        variable: "nonEmbeddingParams",
        exponent: -0.48,
        sd: 0.1,
        sdSource:
          "default: no interval published; a rule of thumb, its local exponent at 1.5e9 against -0.23 to -0.71 elsewhere",
      },
    ],
    refusalBox: { nonEmbeddingParams: { upper: 1e10 } },
    predict: (i) => 0.003239 - 0.0001395 * Math.log(i.nonEmbeddingParams),
  },
];

const conversionOutputs: readonly LawOutput[] = [
  {
    quantity: "minSteps",
    formula: "minSteps = (trainingTokens/batchTokens)/(1 + bCritTokens(lossNats)/batchTokens)",
    requires: ["trainingTokens", "batchTokens", "lossNats"],
    status: "V2",
    ...frontierSd,
    exponents: [],
    predict: (i) => i.trainingTokens / (i.batchTokens + kaplanBCritTokens(i.lossNats)),
  },
  {
    quantity: "minSteps",
    formula: "minSteps = 5.4e3*(trainingFlops/8.64e19)^0.03, compute-efficient",
    requires: ["trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0.03, 0.05, frontierSource)],
    predict: (i) => 5.4e3 * (i.trainingFlops / flopsPerPfDay) ** 0.03,
  },
  {
    quantity: "minFlops",
    formula:
      "minFlops = 6*nonEmbeddingParams*trainingTokens/(1 + batchTokens/bCritTokens(lossNats))",
    requires: ["nonEmbeddingParams", "trainingTokens", "batchTokens", "lossNats"],
    status: "V2",
    ...frontierSd,
    exponents: [],
    predict: (i) =>
      (6 * i.nonEmbeddingParams * i.trainingTokens) /
      (1 + i.batchTokens / kaplanBCritTokens(i.lossNats)),
  },
];

const allocationOutputs: readonly LawOutput[] = [
  {
    quantity: "nonEmbeddingParams",
    formula: "nonEmbeddingParams = 1.3e9*(trainingFlops/8.64e19)^0.73, compute-efficient",
    requires: ["trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0.73, 0.23, allocationSource)],
    predict: (i) => efficientParams(i.trainingFlops),
  },
  {
    quantity: "trainingTokens",
    formula: "trainingTokens = 2e10*(trainingFlops/8.64e19)^0.27, compute-efficient",
    requires: ["trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0.27, 0.23, allocationSource)],
    predict: (i) => 2e10 * (i.trainingFlops / flopsPerPfDay) ** 0.27,
  },
  {
    quantity: "trainingFlopsRatio",
    formula:
      "trainingFlopsRatio = r*(1 + (0.76/0.077)*(1 - r^-0.077))^(-1/0.76), r = nonEmbeddingParams/(1.3e9*(trainingFlops/8.64e19)^0.73)",
    requires: ["nonEmbeddingParams", "trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0, 0.23, allocationSource)],
    predict: (i) => {
      const ratio = i.nonEmbeddingParams / efficientParams(i.trainingFlops);
      return ratio * stepsRatio(ratio);
    },
  },
  {
    quantity: "stepsRatio",
    formula:
      "stepsRatio = (1 + (0.76/0.077)*(1 - r^-0.077))^(-1/0.76), r = nonEmbeddingParams/(1.3e9*(trainingFlops/8.64e19)^0.73)",
    requires: ["nonEmbeddingParams", "trainingFlops"],
    status: "V2",
    ...frontierSd,
    exponents: [flopsExponent(0, 0.23, allocationSource)],
    predict: (i) => stepsRatio(i.nonEmbeddingParams / efficientParams(i.trainingFlops)),
  },
];

function efficientParams(trainingFlops: number): number {
  return 1.3e9 * (trainingFlops / flopsPerPfDay) ** 0.73;
}

/** NaN below 0.285 of the efficient size, where no number of steps reaches the loss. */
function stepsRatio(sizeRatio: number): number {
  const base =
    1 + (k.stepsExponent / k.stepsParamExponent) * (1 - sizeRatio ** -k.stepsParamExponent);
  return base ** (-1 / k.stepsExponent);
}

/**
 * Kaplan et al. 2020: loss, critical batch from the loss, learning rate and the compute-efficient frontier.
 *
 * @source arXiv:2001.08361, eqs. (1.1)-(1.8), Tables 2, 3, 5 and 6, appendices B.4 and D.6
 */
export const kaplan2020: Law = defineLaw({
  id: "kaplan2020",
  title: "Scaling laws for neural language models",
  source: {
    authors: "Kaplan et al.",
    year: 2020,
    arxivId: "2001.08361",
    location: "eqs. (1.1)-(1.8), Tables 2, 3, 5, 6, appendices B.4 and D.6",
  },
  cluster: "kaplan2020",
  setting: {
    optimizer: "adam",
    schedule: "cosine",
    paramsCounted: "non-embedding",
    flopsCounted: "non-embedding",
    sequenceLengthTokens: 1024,
  },
  fittedBox: {
    nonEmbeddingParams: { lower: 768, upper: 1.5e9 },
    trainingTokens: { lower: 2.2e7, upper: 2.2e10 },
    trainingFlops: { lower: 1e15, upper: 1.2e21 },
    lossNats: { lower: 2.3, upper: 6 },
  },
  refusalBox: {},
  outputs: [...lossOutputs, ...batchOutputs, ...conversionOutputs, ...allocationOutputs],
  // Its B_c is one of its own loss, at its own tokenizer, fitted where runs were far from compute-optimal.
  votes: {
    bCritTokens: { kind: "direct", sdLog: 0.5, sdPerLogRatio: 0.3 },
    peakLearningRate: { kind: "fixed-batch", batchTokens: 524_288 },
  },
  caveats: [
    "Losses belong to the paper's tokenizer; a shift of 0.1 nats at 2.5 moves the critical batch by about 20 %.",
    "The frontier exponent 0.73 of N in C is contradicted by later work, which finds about 0.50.",
    "The learning-rate rule turns negative at 1.2e10 parameters.",
  ],
});
