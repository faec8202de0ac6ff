import { z } from "@hono/zod-openapi";
import {
  intervalLevel,
  modelVersionPin,
  nonEmbeddingParams,
  peakLearningRate,
  QUANTITIES,
  quantity,
  trainingTokens,
} from "../common.ts";
import { givenLossFit } from "../loss-fits/loss-fit.ts";
import { noiseScaleEvidence } from "../noise-scales/evidence.ts";
import { probeEvidence } from "../probes/evidence.ts";
import { probeId } from "../probes/job.ts";
import {
  compute,
  hardware,
  modelSize,
  objective,
  optimizer,
  runData,
  schedule,
  task,
  WHOLE_BATCH_TOKENS,
} from "./blocks.ts";

const batchLimit = (description: string, example: number) =>
  quantity({ ...WHOLE_BATCH_TOKENS, description, example });

const batchConstraint = z
  .strictObject({
    min: batchLimit("Smallest batch allowed.", 65536).optional(),
    max: batchLimit("Largest batch allowed.", 4194304).optional(),
    multipleOf: batchLimit("The batch must be a whole multiple of this.", 4096).optional(),
    fixed: batchLimit("The batch is decided: everything else is fitted to it.", 524288).optional(),
  })
  .refine(({ min = 0, max = Number.POSITIVE_INFINITY }) => min <= max, {
    path: ["max"],
    message: "at least min",
  })
  .refine(({ fixed, min = 0 }) => fixed === undefined || fixed >= min, {
    path: ["fixed"],
    message: "at least min",
  })
  .refine(({ fixed, max = Number.POSITIVE_INFINITY }) => fixed === undefined || fixed <= max, {
    path: ["fixed"],
    message: "at most max",
  })
  .refine(({ fixed, multipleOf = 1 }) => fixed === undefined || fixed % multipleOf === 0, {
    path: ["fixed"],
    message: "a multiple of multipleOf",
  })
  .openapi("BatchConstraint", { description: "Limits on batchTokens." });

const constraints = z
  .strictObject({
    batchTokens: batchConstraint.optional(),
    steps: z
      .strictObject({
        max: quantity({
          unit: "optimizer steps",
          lower: 1,
          upper: 1e12,
          description: "Largest number of steps allowed.",
          example: 100000,
          integer: true,
        }).optional(),
      })
      .openapi({ description: "Limits on the number of optimizer steps." })
      .optional(),
    nonEmbeddingParams: z
      .strictObject({
        max: quantity({
          ...QUANTITIES.nonEmbeddingParams,
          description: "Largest model allowed, by parameters without embeddings.",
          example: 3e9,
        }).optional(),
      })
      .openapi({ description: "Limits on the size of the model." })
      .optional(),
  })
  .openapi("Constraints", { description: "What the answer must respect, applied last." });

const current = z
  .strictObject({
    batchTokens: quantity({ ...WHOLE_BATCH_TOKENS, description: "Batch used now." }).optional(),
    peakLearningRate: peakLearningRate.optional(),
    weightDecay: quantity({
      unit: "1/learning rate",
      lower: 0,
      upper: 1e3,
      description: "Decoupled weight decay used now.",
      example: 0.1,
    }).optional(),
    tokensSeen: quantity({
      unit: "tokens",
      lower: 0,
      upper: 1e17,
      description: "Tokens the run has already processed.",
      example: 0,
    }).optional(),
  })
  .openapi("CurrentSettings", { description: "The caller's current settings, to evaluate." });

const referenceRun = z
  .strictObject({
    batchTokens: quantity({ ...WHOLE_BATCH_TOKENS, description: "Batch that worked." }).optional(),
    peakLearningRate: peakLearningRate.optional(),
    nonEmbeddingParams: nonEmbeddingParams.optional(),
    trainingTokens: trainingTokens.optional(),
  })
  .openapi("ReferenceRun", { description: "Settings of a run that worked." });
export type ReferenceRun = z.infer<typeof referenceRun>;

const evidence = z
  .strictObject({
    noiseScale: noiseScaleEvidence.optional(),
    reference: referenceRun.optional(),
    probe: probeEvidence.optional(),
    probeId: probeId
      .openapi({
        description:
          "A probe that has succeeded on this service: its stored result is used as probe.",
      })
      .optional(),
  })
  .refine(({ probe, probeId: named }) => probe === undefined || named === undefined, {
    path: ["probeId"],
    message: "probe or probeId, not both",
  })
  .openapi("Evidence", { description: "What the caller has measured or already knows." });

/** Body of POST /v1/recommendations. No defaults here: the service says what it assumed. */
export const recommendationRequest = z
  .strictObject({
    task: task.optional(),
    model: modelSize.optional(),
    data: runData.optional(),
    compute: compute.optional(),
    optimizer: optimizer.optional(),
    schedule: schedule.optional(),
    hardware: hardware.optional(),
    constraints: constraints.optional(),
    objective: objective.optional(),
    current: current.optional(),
    evidence: evidence.optional(),
    lossFit: givenLossFit.optional(),
    intervalLevel: intervalLevel.unwrap().optional(),
    modelVersion: modelVersionPin,
  })
  .openapi("RecommendationRequest", {
    description:
      "A planned run. Every block is optional; for lm-pretraining at least one of model, " +
      "data.trainingTokens or compute.trainingFlops.",
    example: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
      objective: "loss",
    },
  });
export type RecommendationRequest = z.infer<typeof recommendationRequest>;
