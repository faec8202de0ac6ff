import { z } from "@hono/zod-openapi";
import {
  assumptions,
  batchTokens,
  estimate,
  givenEstimate,
  intervalLevel,
  modelVersion,
  modelVersionPin,
  quantity,
  sequenceLengthTokens,
  trainingTokens,
  warnings,
} from "../common.ts";
import { givenLossFit } from "../loss-fits/loss-fit.ts";
import { modelSize, PLAN_QUANTITIES } from "../recommendations/blocks.ts";
import { beyondWall, compensable, impractical, lossLaw, notNeeded, relativeTo } from "./parts.ts";

const compensationData = z
  .strictObject({
    trainingTokens,
    uniqueTokens: quantity(PLAN_QUANTITIES.uniqueTokens).optional(),
    sequenceLengthTokens: sequenceLengthTokens
      .openapi({
        description:
          "Accepted so that the data block of a recommendation can be reused; prices do not depend on it. Unit: tokens.",
        example: 2048,
      })
      .optional(),
  })
  .openapi("CompensationData", { description: "Tokens of the run." });

// Wide enough for any measurement, narrow enough that no price overflows.
const SMALLEST_BATCH_TOKENS = 1e-3;
const LARGEST_BATCH_TOKENS = 1e21;

const isUsable = (tokens: number | null): boolean =>
  tokens === null || (tokens >= SMALLEST_BATCH_TOKENS && tokens <= LARGEST_BATCH_TOKENS);

const givenCriticalBatch = givenEstimate.refine(
  ({ value, interval: { lower, upper } }) => [value, lower, upper].every(isUsable),
  { message: `batches from ${SMALLEST_BATCH_TOKENS} to ${LARGEST_BATCH_TOKENS} tokens` },
);

/** Body of POST /v1/compensations. */
export const compensationRequest = z
  .strictObject({
    model: modelSize,
    data: compensationData,
    batchTokens,
    lossLaw: lossLaw.default("besiroglu2024"),
    lossFit: givenLossFit.optional(),
    bCritTokens: givenCriticalBatch
      .openapi({
        description:
          "Critical batch of this run at trainingTokens, tokens; absent: that of lossFit if it has one, else the " +
          "law of the catalogue.",
      })
      .optional(),
    bCritExponent: quantity({
      unit: "exponent",
      lower: 0,
      upper: 0.9,
      description:
        "How the critical batch grows with tokens, B_crit ~ D^exponent, in the implicit form; not used by kaplan2020, nor where " +
        "the critical batch is that of lossFit.",
      example: 0.462,
    }).default(0.462),
    steps: z
      .strictObject({
        max: quantity({
          unit: "optimizer steps",
          lower: 1,
          upper: 1e12,
          description: "Largest number of steps allowed.",
          example: 100000,
          integer: true,
        }),
      })
      .openapi({ description: "Limit on the number of optimizer steps." })
      .optional(),
    relativeTo: relativeTo.default("zero-noise-limit"),
    intervalLevel,
    modelVersion: modelVersionPin,
  })
  .refine((request) => (request.lossLaw === "fit") === (request.lossFit !== undefined), {
    path: ["lossFit"],
    message: 'lossFit and lossLaw "fit" go together',
  })
  .refine((request) => request.batchTokens <= request.data.trainingTokens, {
    path: ["batchTokens"],
    message: "at most data.trainingTokens: a run has at least one step",
  })
  .openapi("CompensationRequest", {
    description: "A run and the batch to price.",
    example: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10 },
      batchTokens: 4e6,
    },
  });
export type CompensationRequest = z.infer<typeof compensationRequest>;

/** Price of a batch inside another answer; that answer carries the critical batch and the model version. */
export const compensation = z
  .discriminatedUnion("status", [notNeeded, compensable, impractical, beyondWall])
  .openapi("Compensation", {
    description:
      "What the batch costs, and what compensates it: more parameters, more tokens, or neither.",
  });
export type Compensation = z.infer<typeof compensation>;

const closing = {
  criticalBatch: z
    .strictObject({
      bCritTokens: estimate.openapi({
        description: "Critical batch the prices use, at trainingTokens, tokens.",
      }),
      bOptTokens: estimate.openapi({
        description: "Batch with the lowest loss at these parameters and tokens. Unit: tokens.",
      }),
    })
    .openapi("PricedCriticalBatch", { description: "The two batch sizes behind the prices." }),
  assumptions,
  warnings,
  modelVersion,
};

/** Answer of POST /v1/compensations. */
export const compensationAnswer = z
  .discriminatedUnion("status", [
    z.strictObject({ ...notNeeded.shape, ...closing }).openapi("CompensationAnswerNotNeeded", {
      description: "The batch costs no extra parameters or tokens.",
    }),
    z.strictObject({ ...compensable.shape, ...closing }).openapi("CompensationAnswerCompensable", {
      description: "More parameters restore the loss.",
    }),
    z.strictObject({ ...impractical.shape, ...closing }).openapi("CompensationAnswerImpractical", {
      description: "More parameters are not practical.",
    }),
    z.strictObject({ ...beyondWall.shape, ...closing }).openapi("CompensationAnswerBeyondWall", {
      description: "No number of parameters is enough.",
    }),
  ])
  .openapi("CompensationAnswer", { description: "The price of a batch." });
export type CompensationAnswer = z.infer<typeof compensationAnswer>;
