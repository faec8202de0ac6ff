import { z } from "@hono/zod-openapi";
import {
  assumptions,
  batchTokens,
  estimate,
  intervalLevel,
  lossNats,
  modelVersion,
  modelVersionPin,
  nonEmbeddingParams,
  peakLearningRate,
  quantity,
  totalParams,
  trainingTokens,
  warnings,
} from "../common.ts";

const MOST_RUNS = 2000;

const run = z
  .strictObject({
    nonEmbeddingParams: nonEmbeddingParams.optional(),
    totalParams: totalParams.optional(),
    trainingTokens,
    batchTokens: batchTokens.optional(),
    peakLearningRate: peakLearningRate.optional(),
    lossNats,
  })
  .refine((one) => (one.nonEmbeddingParams === undefined) !== (one.totalParams === undefined), {
    path: ["nonEmbeddingParams"],
    message: "exactly one of nonEmbeddingParams and totalParams",
  })
  .openapi("FinishedRun", {
    description:
      "A finished run and its final loss; exactly one of nonEmbeddingParams and totalParams.",
  });

const form = z.enum(["n-d", "n-d-b"]).openapi({
  description:
    "n-d: E + A N^-alpha + G D^-beta. n-d-b: the same with D / (1 + B/B_c(D)) for D, B_c(D) = b (D/D0)^m.",
  example: "n-d-b",
});

const EXAMPLE_LOSSES = [
  [5e7, 1e9, 3.796],
  [5e7, 8e9, 3.249],
  [5e7, 6e10, 2.994],
  [2e8, 1e9, 3.398],
  [2e8, 8e9, 2.874],
  [2e8, 6e10, 2.629],
  [8e8, 1e9, 3.185],
  [8e8, 8e9, 2.644],
  [8e8, 6e10, 2.391],
  [3e9, 1e9, 3.047],
  [3e9, 8e9, 2.503],
  [3e9, 6e10, 2.26],
] as const;

/** Twelve made-up runs that tell the constants. */
export const LOSS_FIT_EXAMPLE = {
  runs: EXAMPLE_LOSSES.map(([params, tokens, loss]) => ({
    nonEmbeddingParams: params,
    trainingTokens: tokens,
    lossNats: loss,
  })),
};

/** Body of POST /v1/loss-fits. */
export const lossFitRequest = z
  .strictObject({
    runs: z.array(run).min(1).max(MOST_RUNS).openapi({
      description:
        "Finished runs on the same data. Among runs that differ only in learning rate, the best one counts.",
    }),
    form: z.enum(["auto", "n-d", "n-d-b"]).default("auto").openapi({
      description:
        "Law to fit. auto: with a batch term if the runs identify it, otherwise without.",
      example: "auto",
    }),
    intervalLevel,
    modelVersion: modelVersionPin,
  })
  .openapi("LossFitRequest", { description: "Finished runs to fit a loss law to." });
export type LossFitRequest = z.infer<typeof lossFitRequest>;

const constant = (description: string) => estimate.openapi({ description });

const constants = z
  .strictObject({
    irreducibleLossNats: constant(
      "E: the irreducible loss, which no model size or data goes below. Unit: nats per token.",
    ),
    paramCoefficient: constant("A of the term A N^-alpha, nats per token x parameters^alpha."),
    dataCoefficient: constant("G of the term G D^-beta, nats per token x tokens^beta."),
    paramExponent: constant("alpha, exponent."),
    dataExponent: constant("beta, exponent."),
    bCritTokens: constant("Critical batch at bCritAtTokens, tokens; with a batch term.").optional(),
    bCritExponent: constant(
      "m of B_c(D) = bCritTokens (D / bCritAtTokens)^m, exponent; basis law: taken from arXiv 2505.13738.",
    ).optional(),
    bCritAtTokens: trainingTokens
      .openapi({
        description:
          "Training tokens at which bCritTokens holds: their geometric mean over the runs. Unit: tokens.",
      })
      .optional(),
  })
  .openapi("LossFitConstants", { description: "Constants of the fitted law." });

const range = (unit: string, description: string) =>
  z
    .strictObject({
      lower: quantity({ unit, lower: 0, upper: 1e30, description: "Smallest.", example: 5e7 }),
      upper: quantity({ unit, lower: 0, upper: 1e30, description: "Largest.", example: 3e9 }),
    })
    .openapi({ description });

const signed = (description: string, example: number) =>
  z.number().openapi({ description: `${description} Unit: none, unbounded.`, example });

const covariance = z
  .strictObject({
    names: z
      .array(
        z
          .enum([
            "ln irreducibleLossNats",
            "ln paramCoefficient",
            "ln dataCoefficient",
            "paramExponent",
            "dataExponent",
            "ln bCritTokens",
            "bCritExponent",
          ])
          .openapi({
            description: "A constant or its natural logarithm.",
            example: "paramExponent",
          }),
      )
      .openapi({ description: "Of the rows and of the columns." }),
    matrix: z
      .array(
        z
          .array(signed("Covariance of two constants over the bootstrap.", 0.0009))
          .max(7)
          .openapi({ description: "One row." }),
      )
      .max(7)
      .openapi({ description: "Rows in the order of names." }),
  })
  .openapi("LossFitCovariance", {
    description: "How the errors of the constants are correlated, from the bootstrap.",
  });

const residuals = z
  .strictObject({
    sdLog: quantity({
      unit: "nepers",
      lower: 0,
      upper: 100,
      description: "Robust standard deviation of ln loss about the fit.",
      example: 0.004,
    }),
    degreesOfFreedom: quantity({
      unit: "runs",
      lower: 1,
      upper: MOST_RUNS,
      description: "Runs used minus constants fitted.",
      example: 15,
      integer: true,
    }),
    runs: z
      .array(
        z
          .strictObject({
            run: quantity({
              unit: "position",
              lower: 0,
              upper: MOST_RUNS,
              description: "Place of the run in the request, from 0.",
              example: 0,
              integer: true,
            }),
            fittedLossNats: quantity({
              unit: "nats per token",
              lower: 0,
              upper: 1e6,
              description: "Loss by the fit.",
              example: 2.51,
            }),
            residualLog: signed("ln of observed over fitted loss.", -0.002),
          })
          .openapi("LossFitResidual", { description: "One run compared with the fit." }),
      )
      .max(MOST_RUNS)
      .openapi({ description: "Every run used, in the order of the request." }),
  })
  .openapi("LossFitResiduals", { description: "How well the law describes the runs." });

const paramsCounted = z.enum(["non-embedding", "total"]).openapi({
  description: "Which parameter count is the N of the fit.",
  example: "non-embedding",
});

const runsUsed = quantity({
  unit: "runs",
  lower: 0,
  upper: MOST_RUNS,
  description: "Runs used: all but those at a learning rate that is not the best.",
  example: 20,
  integer: true,
});
/** An identified fit: the part of an answer that other calls take as `lossFit`. */
export const identifiedLossFit = z
  .strictObject({
    status: z.literal("identified").openapi({
      description: "The runs identify every constant.",
      example: "identified",
    }),
    form,
    paramsCounted,
    runsUsed,
    constants,
    covariance,
    residuals,
    fittedRange: z
      .strictObject({
        params: range("parameters", "Of the parameters, in the count of paramsCounted."),
        trainingTokens: range("tokens", "Of the training tokens."),
        batchTokens: range("tokens", "Of the batches; with a batch term.").optional(),
      })
      .openapi("LossFitRange", { description: "What the runs span." }),
    bootstrapReplicates: quantity({
      unit: "replicates",
      lower: 1,
      upper: 10_000,
      description: "Fits behind the intervals.",
      example: 400,
      integer: true,
    }),
    huberDelta: quantity({
      unit: "nepers",
      lower: 0,
      upper: 100,
      description: "Residual of ln loss beyond which a run counts linearly.",
      example: 0.005,
    }),
    assumptions,
    warnings,
    modelVersion,
  })
  .openapi("IdentifiedLossFit", { description: "A loss law fitted to the caller's own runs." });
export type IdentifiedLossFit = z.infer<typeof identifiedLossFit>;

const notIdentified = z
  .strictObject({
    status: z.literal("not-identified").openapi({
      description: "The runs do not identify the constants; needed says what is missing.",
      example: "not-identified",
    }),
    form,
    paramsCounted,
    runsUsed,
    needed: z
      .array(
        z
          .strictObject({
            code: z
              .enum([
                "more-runs",
                "more-sizes",
                "more-token-counts",
                "sizes-apart-from-tokens",
                "batches-of-all-runs",
                "more-batches",
                "batches-apart-from-tokens",
                "wider-sizes",
                "wider-tokens",
                "lower-losses",
                "larger-batches",
              ])
              .openapi({ description: "Stable, machine-readable.", example: "more-sizes" }),
            detail: z.string().openapi({
              description: "What is missing, in one sentence.",
              example: "At least 8 runs; the request has 5.",
            }),
          })
          .openapi("LossFitNeed", { description: "One thing that is missing." }),
      )
      .min(1)
      .openapi({ description: "Everything that is missing." }),
    assumptions,
    warnings,
    modelVersion,
  })
  .openapi("UnidentifiedLossFit", { description: "Runs to which no loss law can be fitted." });

/** Answer of POST /v1/loss-fits. */
export const lossFitAnswer = z
  .discriminatedUnion("status", [identifiedLossFit, notIdentified])
  .openapi("LossFitAnswer", { description: "A fitted loss law, or what is missing for one." });
export type LossFitAnswer = z.infer<typeof lossFitAnswer>;

const within = (value: number | undefined, lower: number, upper: number): boolean =>
  value === undefined || (value >= lower && value <= upper);

function isUsable({ constants: c }: Pick<IdentifiedLossFit, "constants">): boolean {
  const ends = [c.bCritTokens?.interval.lower, c.bCritTokens?.interval.upper];
  return (
    within(c.irreducibleLossNats.value, 1e-9, 1e3) &&
    within(c.paramCoefficient.value, 1e-60, 1e60) &&
    within(c.dataCoefficient.value, 1e-60, 1e60) &&
    within(c.paramExponent.value, 0.05, 3) &&
    within(c.dataExponent.value, 0.05, 3) &&
    within(c.bCritExponent?.value, 0, 0.9) &&
    within(c.bCritTokens?.value, 1e-3, 1e21) &&
    ends.every((end) => end === null || within(end, 1e-3, 1e21))
  );
}

const hasBatchTerm = ({ form: of, constants: c }: IdentifiedLossFit): boolean =>
  of === "n-d" ||
  (c.bCritTokens !== undefined && c.bCritExponent !== undefined && c.bCritAtTokens !== undefined);

/** An answer of POST /v1/loss-fits with status identified, handed in as it came. */
export const givenLossFit = identifiedLossFit
  .refine(isUsable, {
    path: ["constants"],
    message: "constants of a loss law: exponents from 0.05 to 3, all above 0",
  })
  .refine(hasBatchTerm, {
    path: ["constants"],
    message: "bCritTokens, bCritExponent and bCritAtTokens, which the form n-d-b has",
  })
  .openapi("GivenLossFit", {
    description: "An answer of POST /v1/loss-fits with the status identified, as it came.",
  });
