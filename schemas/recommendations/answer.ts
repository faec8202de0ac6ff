import { z } from "@hono/zod-openapi";
import { assumptions, modelVersion, warnings } from "../common.ts";
import { compensation } from "../compensations/compensation.ts";
import { disagreement, evidenceItem } from "./evidence.ts";
import {
  alternative,
  batchPlan,
  batchStage,
  criticalBatch,
  evidenceOnlyBatch,
  evidenceOnlyCriticalBatch,
  evidenceOnlyLearningRate,
  learningRatePlan,
  optimizerPlan,
  yours,
} from "./parts.ts";
import { dataPlan, lossPrediction, parametersPlan } from "./size.ts";
import { jointSurface } from "./surface.ts";

const summary = z
  .string()
  .min(1)
  .openapi({
    description: "The answer in three sentences of plain English.",
    example:
      "Train with batches of 524,288 tokens. Use a peak learning rate of 0.0011. " +
      "The batch may grow to 5.5 million tokens before it costs twice the tokens.",
  });

const loggable = z
  .record(
    z.string(),
    z.number().openapi({
      description: "One number in the unit its key ends in, unbounded.",
      example: 524288,
    }),
  )
  .openapi({
    description: "The numbers of the answer in one flat object, for an experiment tracker.",
    example: { batchTokens: 524288, peakLearningRate: 0.0011 },
  });

const evidence = z
  .array(evidenceItem)
  .openapi({ description: "Each law and each measurement, with its share in the answer." });

const taskWithoutLaws = z.enum(["fine-tuning", "other"]).openapi({
  description: "What is trained; no pre-training law is used for it.",
  example: "fine-tuning",
});

const recommended = z
  .strictObject({
    status: z.literal("recommended").openapi({
      description: "The laws and the evidence of the caller give an answer.",
      example: "recommended",
    }),
    batch: batchPlan,
    criticalBatch,
    learningRate: learningRatePlan,
    optimizer: optimizerPlan,
    parameters: parametersPlan,
    data: dataPlan,
    loss: lossPrediction,
    compensation,
    jointSurface,
    yours: yours.optional(),
    batchSchedule: z
      .array(batchStage)
      .openapi({ description: "Batch ramp, in order of tokens; one stage when no ramp pays." }),
    alternatives: z
      .array(alternative)
      .openapi({ description: "Other points on the steps-tokens trade-off, by growing batch." }),
    evidence,
    disagreement,
    assumptions,
    warnings,
    loggable,
    summary,
    modelVersion,
  })
  .openapi("Recommended", { description: "A recommendation for language-model pre-training." });
export type Recommended = z.infer<typeof recommended>;

const evidenceOnly = z
  .strictObject({
    status: z.literal("evidence-only").openapi({
      description: "No law applies to the task: the answer rests on the caller's own evidence.",
      example: "evidence-only",
    }),
    task: taskWithoutLaws,
    unit: z.enum(["tokens", "examples"]).openapi({
      description: "What the batches of the answer count.",
      example: "examples",
    }),
    batch: evidenceOnlyBatch.optional(),
    criticalBatch: evidenceOnlyCriticalBatch.optional(),
    learningRate: evidenceOnlyLearningRate.optional(),
    evidence,
    assumptions,
    warnings,
    loggable,
    summary,
    modelVersion,
  })
  .openapi("EvidenceOnly", { description: "What the caller's own evidence says, and no more." });
export type EvidenceOnly = z.infer<typeof evidenceOnly>;

const insufficientEvidence = z
  .strictObject({
    status: z.literal("insufficient-evidence").openapi({
      description: "No law applies to the task and nothing was measured.",
      example: "insufficient-evidence",
    }),
    task: taskWithoutLaws,
    reason: z.string().min(1).openapi({
      description: "Why there is no answer, in one sentence.",
      example: "No pre-training law holds for fine-tuning, and no evidence was given.",
    }),
    needed: z
      .array(
        z
          .strictObject({
            code: z
              .string()
              .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
              .openapi({ description: "Stable, machine-readable.", example: "noise-scale" }),
            detail: z.string().min(1).openapi({
              description: "What to measure and where to put it in the request.",
              example: "Measure the gradient noise scale and send it as evidence.noiseScale.",
            }),
          })
          .openapi("Needed", { description: "One thing that would make an answer possible." }),
      )
      .openapi({ description: "Any one of these makes an answer possible." }),
    assumptions,
    warnings,
    summary,
    modelVersion,
  })
  .openapi("InsufficientEvidence", { description: "Nothing to go by; what to measure." });
export type InsufficientEvidence = z.infer<typeof insufficientEvidence>;

/** Answer of GET and POST /v1/recommendations. */
export const recommendationAnswer = z
  .discriminatedUnion("status", [recommended, evidenceOnly, insufficientEvidence])
  .openapi("RecommendationAnswer", {
    description: "A recommendation, or what is missing for one.",
  });
export type RecommendationAnswer = z.infer<typeof recommendationAnswer>;
