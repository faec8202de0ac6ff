import { z } from "@hono/zod-openapi";
import {
  assumptions,
  estimate,
  intervalLevel,
  modelVersion,
  modelVersionPin,
  nonEmbeddingParams,
  QUANTITIES,
  type QuantityDescription,
  quantity,
  totalParams,
  trainingTokens,
  warnings,
} from "../common.ts";

const MOST_POINTS = 200;

/** A range of a positive quantity and how many points of it are wanted. */
function axis(name: string, of: QuantityDescription, example: { min: number; max: number }) {
  return z
    .strictObject({
      min: quantity({
        ...of,
        description: `First point: ${of.description.toLowerCase()}`,
        example: example.min,
      }),
      max: quantity({
        ...of,
        description: `Last point: ${of.description.toLowerCase()}`,
        example: example.max,
      }),
      points: quantity({
        unit: "points",
        lower: 2,
        upper: MOST_POINTS,
        description: "Points from min to max, evenly spaced in their logarithms.",
        example: 40,
        integer: true,
      }),
    })
    .refine(({ min, max }) => min < max, { path: ["max"], message: "above min" })
    .openapi(name, { description: "A range and how finely it is covered." });
}

/** Body of POST /v1/laws/critbatch-joint/surface. */
export const lossSurfaceRequest = z
  .strictObject({
    nonEmbeddingParams: nonEmbeddingParams.optional(),
    totalParams: totalParams.optional(),
    trainingTokens,
    batchTokens: axis("BatchAxis", QUANTITIES.batchTokens, { min: 65536, max: 16777216 }),
    peakLearningRate: axis("LearningRateAxis", QUANTITIES.peakLearningRate, {
      min: 1e-4,
      max: 1e-2,
    }),
    intervalLevel,
    modelVersion: modelVersionPin,
  })
  .refine(
    (request) => (request.nonEmbeddingParams === undefined) !== (request.totalParams === undefined),
    { path: ["nonEmbeddingParams"], message: "exactly one of nonEmbeddingParams and totalParams" },
  )
  .openapi("LossSurfaceRequest", {
    description:
      "A model, its tokens, and the batches and learning rates of the heat map; exactly one of nonEmbeddingParams " +
      "and totalParams.",
    example: {
      nonEmbeddingParams: 1e9,
      trainingTokens: 2e10,
      batchTokens: { min: 65536, max: 16777216, points: 5 },
      peakLearningRate: { min: 1e-4, max: 1e-2, points: 4 },
    },
  });
export type LossSurfaceRequest = z.infer<typeof lossSurfaceRequest>;

/** Answer of POST /v1/laws/critbatch-joint/surface. */
export const lossSurfaceAnswer = z
  .strictObject({
    batchTokens: z
      .array(quantity(QUANTITIES.batchTokens))
      .min(2)
      .max(MOST_POINTS)
      .openapi({ description: "Batches of the rows, rising. Unit: tokens." }),
    peakLearningRate: z
      .array(quantity(QUANTITIES.peakLearningRate))
      .min(2)
      .max(MOST_POINTS)
      .openapi({ description: "Peak learning rates of the columns, rising. Unit: 1/step." }),
    lossNats: z
      .array(
        z
          .array(
            z.number().min(0).openapi({
              description: "Final loss. Unit: nats per token.",
              example: 2.31,
              "x-unit": "nats per token",
            }),
          )
          .openapi({ description: "One batch: a loss for every learning rate." }),
      )
      .openapi({ description: "Final loss, one row a batch. Unit: nats per token." }),
    optimum: z
      .strictObject({
        bOptTokens: estimate.openapi({
          description: "Batch with the lowest loss at these parameters and tokens. Unit: tokens.",
        }),
        bCritTokens: estimate.openapi({
          description: "Critical batch at these tokens, tokens.",
        }),
        peakLearningRate: estimate.openapi({
          description: "Learning rate with the lowest loss, at bOptTokens, 1/step.",
        }),
        lossNats: estimate.openapi({ description: "Lowest loss, nats per token." }),
      })
      .openapi("SurfaceOptimum", {
        description: "The lowest point of the whole surface at these parameters and tokens.",
      }),
    insideFit: z.boolean().openapi({
      description: "Whether parameters and tokens lie in the range of the fitted runs.",
      example: true,
    }),
    extrapolationLog: z.number().min(0).openapi({
      description:
        "Distance outside that range, over the logarithms of parameters and tokens; 0 inside. Unit: nepers.",
      example: 0,
      "x-unit": "nepers",
    }),
    assumptions,
    warnings,
    modelVersion,
  })
  .openapi("LossSurfaceAnswer", {
    description: "Loss over batch and learning rate: a heat map with its lowest point.",
  });
export type LossSurfaceAnswer = z.infer<typeof lossSurfaceAnswer>;
