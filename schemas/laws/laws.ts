import { z } from "@hono/zod-openapi";
import { lawCatalogue } from "../../api/numerics/laws/catalogue.ts";
import {
  assumptions,
  batchTokens,
  bNoiseTokens,
  estimate,
  intervalLevel,
  lossNats,
  modelShape,
  modelVersion,
  modelVersionPin,
  nonEmbeddingParams,
  peakLearningRate,
  sequenceLengthTokens,
  totalParams,
  trainingFlops,
  trainingTokens,
  warnings,
} from "../common.ts";

// A law that is added to the catalogue is in the contract at once.
const LAW_IDS = lawCatalogue.map(({ id }) => id);

export const lawId = z.enum(LAW_IDS).openapi("LawId", {
  description: "Names a law: author, year and what it is known by.",
  example: "li2025-step-law",
});

const lawVariable = z
  .enum([
    "nonEmbeddingParams",
    "totalParams",
    "trainingTokens",
    "trainingFlops",
    "lossNats",
    "sequenceLengthTokens",
    "batchTokens",
    "peakLearningRate",
    "bNoiseTokens",
  ])
  .openapi("LawVariable", {
    description: "An input of a law; the name ends in the unit.",
    example: "trainingTokens",
  });

const lawQuantity = z
  .enum([
    "bOptTokens",
    "bCritTokens",
    "bCritTokensOneSided",
    "cbs20Tokens",
    "cbs20TokensComputeOptimal",
    "cbs20TokensFixedData",
    "peakLearningRate",
    "lossNats",
    "nonEmbeddingParams",
    "totalParams",
    "trainingTokens",
    "minSteps",
    "minFlops",
    "trainingFlopsRatio",
    "stepsRatio",
    "weightDecay",
  ])
  .openapi("LawQuantity", {
    description:
      "What a law predicts; the name ends in the unit. bOptTokens: batch with the lowest loss at fixed " +
      "parameters and tokens. bCritTokens: corner of the steps-tokens hyperbola for a fixed loss. " +
      "cbs20Tokens: batch that costs 20 % more tokens.",
    example: "bOptTokens",
  });

const constantStatus = z.enum(["V1", "V2", "D", "O", "U"]).openapi("ConstantStatus", {
  description:
    "How the constants were checked. V1: in the authors' own code, data or model card. V2: in an " +
    "independent transcription. D: derived and checked numerically. O: our own fit on public data, " +
    "no published law. U: recalled only, unverified.",
  example: "V1",
});

const variableRange = z
  .strictObject({
    variable: lawVariable,
    lower: z.number().nullable().openapi({
      description: "Lower end in the unit of the variable; null = unbounded.",
      example: 1e8,
    }),
    upper: z.number().nullable().openapi({
      description: "Upper end in the unit of the variable; null = unbounded.",
      example: 1e11,
    }),
  })
  .openapi("VariableRange", { description: "A range of one variable." });
export type VariableRange = z.infer<typeof variableRange>;

const formulaText = z.string().openapi({
  description: "The formula in one line of ASCII, in the names of this API.",
  example: "bOptTokens = 0.58*trainingTokens^0.571",
});

const sdLog = z.number().min(0).openapi({
  description:
    "Standard deviation of the natural logarithm of the prediction inside the fitted range. Unit: nepers.",
  example: 0.3,
  "x-unit": "nepers",
});

const spreadSource = z.string().openapi({
  description: "Where the standard deviation comes from.",
  example: "1,000 bootstrap fits of the authors",
});

const exponentUncertainty = z
  .strictObject({
    variable: lawVariable,
    exponent: z
      .number()
      .min(-100)
      .max(100)
      .openapi({ description: "Fitted exponent. Unit: none.", example: 0.571 }),
    sd: z.number().min(0).openapi({
      description:
        "Its standard deviation; widens the prediction outside the fitted range. Unit: none.",
      example: 0.02,
    }),
    sdSource: spreadSource,
  })
  .openapi("ExponentUncertainty", { description: "How well one exponent of a formula is known." });

const lawFormula = z
  .strictObject({
    quantity: lawQuantity,
    formula: formulaText,
    requires: z.array(lawVariable).openapi({ description: "Inputs that the formula needs." }),
    constantStatus,
    sdLog,
    sdLogSource: spreadSource,
    exponents: z
      .array(exponentUncertainty)
      .openapi({ description: "Exponents that widen the prediction outside the fitted range." }),
    refusedOutside: z
      .array(variableRange)
      .openapi({ description: "Ranges outside which this formula refuses." }),
  })
  .openapi("LawFormula", { description: "One formula of a law." });

const lawSource = z
  .strictObject({
    authors: z.string().openapi({ description: "Who published it.", example: "Li et al." }),
    year: z
      .int()
      .min(1900)
      .max(2200)
      .openapi({ description: "Year of publication.", example: 2025 }),
    arxivId: z.string().optional().openapi({ description: "arXiv id.", example: "2503.04715" }),
    location: z
      .string()
      .openapi({ description: "Equation, table or section.", example: "eq. (1)" }),
  })
  .openapi("LawSource", { description: "Where a law was published." });

const lawSetting = z
  .strictObject({
    optimizer: z.enum(["adam", "adamw", "any"]).openapi({
      description: "Optimizer of the runs it was fitted on.",
      example: "adamw",
    }),
    schedule: z.enum(["cosine", "linear", "wsd", "constant", "multi-step", "any"]).openapi({
      description: "Learning-rate schedule of the runs it was fitted on.",
      example: "cosine",
    }),
    paramsCounted: z.enum(["non-embedding", "total", "none"]).openapi({
      description: "Which parameter count the law uses.",
      example: "non-embedding",
    }),
    flopsCounted: z.enum(["non-embedding", "total"]).optional().openapi({
      description: "Which parameter count its training FLOPs multiply, where it uses them.",
      example: "non-embedding",
    }),
    sequenceLengthTokens: z.int().min(1).optional().openapi({
      description: "Sequence length of the runs it was fitted on. Unit: tokens.",
      example: 2048,
      "x-unit": "tokens",
    }),
  })
  .openapi("LawSetting", { description: "What the law was fitted on." });

const law = z
  .strictObject({
    lawId,
    title: z.string().openapi({
      description: "Title of the publication.",
      example: "Scaling laws for neural language models",
    }),
    source: lawSource,
    cluster: z.string().openapi({
      description: "Laws fitted on the same data share a cluster and, together, one vote.",
      example: "kaplan2020",
    }),
    setting: lawSetting,
    requires: z.array(lawVariable).openapi({
      description: "Every variable that one of its formulas asks for.",
    }),
    formulas: z.array(lawFormula).openapi({
      description:
        "In order of preference: for each quantity, the first formula whose inputs are known answers.",
    }),
    fittedRange: z.array(variableRange).openapi({
      description: "Ranges of the runs it was fitted on; outside, predictions are extrapolated.",
    }),
    refusedOutside: z.array(variableRange).openapi({
      description: "Ranges outside which the whole law refuses.",
    }),
    caveats: z
      .array(z.string().openapi({ description: "One sentence.", example: "Learning rate only." }))
      .openapi({ description: "What to know before using it." }),
  })
  .openapi("Law", { description: "A published law with its source, uncertainty and ranges." });
export type LawDescription = z.infer<typeof law>;

export const lawAnswer = z
  .strictObject({ law, modelVersion })
  .openapi("LawAnswer", { description: "One law." });

export const lawList = z
  .strictObject({
    laws: z.array(law).openapi({ description: "Every law, sorted by id." }),
    modelVersion,
  })
  .openapi("LawList", { description: "The law catalogue." });
export type LawList = z.infer<typeof lawList>;

export const lawPredictionRequest = z
  .strictObject({
    nonEmbeddingParams: nonEmbeddingParams.optional(),
    totalParams: totalParams.optional(),
    shape: modelShape.optional(),
    trainingTokens: trainingTokens.optional(),
    trainingFlops: trainingFlops.optional(),
    lossNats: lossNats.optional(),
    sequenceLengthTokens: sequenceLengthTokens.optional(),
    batchTokens: batchTokens.optional(),
    peakLearningRate: peakLearningRate.optional(),
    bNoiseTokens: bNoiseTokens.optional(),
    intervalLevel,
    modelVersion: modelVersionPin,
  })
  .superRefine((request, context) => {
    const sizes = (["nonEmbeddingParams", "totalParams", "shape"] as const).filter(
      (name) => request[name] !== undefined,
    );
    for (const name of sizes.slice(1)) {
      context.addIssue({
        code: "custom",
        path: [name],
        message: `only one of nonEmbeddingParams, totalParams and shape; ${sizes[0]} is given too`,
        params: { code: "only-one-of" },
      });
    }
  })
  .openapi("LawPredictionRequest", {
    description:
      "What the law requires; of nonEmbeddingParams, totalParams and shape at most one. The other " +
      "count is converted, and one of tokens, parameters and FLOPs follows from the other two; both are listed in assumptions.",
  });
export type LawPredictionRequest = z.infer<typeof lawPredictionRequest>;

const lawPrediction = z
  .strictObject({
    quantity: lawQuantity,
    estimate,
    insideFit: z.boolean().openapi({
      description: "Whether every variable of the formula lies in its fitted range.",
      example: true,
    }),
    extrapolationLog: z.number().min(0).openapi({
      description:
        "Distance outside the fitted range, over the logarithms of the variables; 0 inside. Unit: nepers.",
      example: 0,
      "x-unit": "nepers",
    }),
    formula: formulaText,
    constantStatus,
  })
  .openapi("LawPrediction", { description: "What one formula says." });

const refusedQuantity = z
  .strictObject({
    quantity: lawQuantity,
    reason: z.string().openapi({
      description: "Why the law does not answer here.",
      example: "zhang2024-cbs must not be used for bCritTokens with trainingTokens below 5e+8",
    }),
    needed: z
      .array(variableRange)
      .openapi({ description: "Ranges in which it would answer; empty when none is known." }),
  })
  .openapi("RefusedQuantity", {
    description: "A quantity for which the law refuses these inputs.",
  });

const refused = z
  .array(refusedQuantity)
  .openapi({ description: "Quantities for which the law refuses these inputs." });
const predicted = z
  .strictObject({
    status: z.literal("ok").openapi({ description: "The law answers.", example: "ok" }),
    lawId,
    predictions: z
      .array(lawPrediction)
      .min(1)
      .openapi({ description: "One for each quantity that the inputs allow." }),
    refused,
    assumptions,
    warnings,
    modelVersion,
  })
  .openapi("LawPredicted", { description: "The law answers at least one quantity." });

const outsideLaw = z
  .strictObject({
    status: z.literal("outside-law").openapi({
      description: "The law refuses every requested quantity at these inputs.",
      example: "outside-law",
    }),
    lawId,
    reason: z.string().openapi({
      description: "Why the law does not answer here.",
      example: "hu2024-minicpm must not be used for bOptTokens with lossNats above 5e+0",
    }),
    refused,
    assumptions,
    warnings,
    modelVersion,
  })
  .openapi("LawOutside", { description: "The law must not be used at these inputs." });

export const lawPredictionAnswer = z
  .discriminatedUnion("status", [predicted, outsideLaw])
  .openapi("LawPredictionAnswer", { description: "What a law predicts, or why it refuses." });
export type LawPredictionAnswer = z.infer<typeof lawPredictionAnswer>;
