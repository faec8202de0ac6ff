import { z } from "@hono/zod-openapi";
import {
  batchTokens,
  intervalLevel,
  modelVersionPin,
  peakLearningRate,
  QUANTITIES,
  quantity,
} from "../common.ts";
import { noiseScaleEvidence } from "../noise-scales/evidence.ts";
import { modelSize, optimizer, optimizerKind, runData } from "../recommendations/blocks.ts";

const batchExamples = quantity({
  ...QUANTITIES.batchTokens,
  unit: "examples",
  description:
    "Global batch: examples in one optimizer step, over all devices and accumulation; of a language model, sequences.",
  example: 256,
});

const warmupTokens = quantity({
  unit: "tokens",
  lower: 0,
  upper: 1e15,
  description: "Tokens over which the learning rate rises to its peak in the working run.",
  example: 1e9,
}).optional();

const warmupExamples = quantity({
  unit: "examples",
  lower: 0,
  upper: 1e15,
  description: "Examples over which the learning rate rises to its peak; instead of warmupTokens.",
  example: 50000,
}).optional();

const rescaledOptimizer = z
  .strictObject({
    ...optimizer.shape,
    kind: optimizerKind.openapi({ description: "Optimizer of the run.", example: "adamw" }),
  })
  .openapi("RescaledOptimizer", {
    description:
      "The optimizer as set at the old batch. Missing Adam values are the frameworks' defaults.",
  });

const from = z
  .union([
    z.strictObject({ batchTokens, peakLearningRate, warmupTokens }).openapi("WorkingRunInTokens", {
      description: "Settings that work, the batch counted in tokens.",
    }),
    z
      .strictObject({ batchExamples, peakLearningRate, warmupTokens, warmupExamples })
      .refine((run) => run.warmupTokens === undefined || run.warmupExamples === undefined, {
        path: ["warmupExamples"],
        message: "only one of warmupTokens and warmupExamples",
      })
      .openapi("WorkingRunInExamples", {
        description: "Settings that work, the batch counted in examples.",
      }),
  ])
  .openapi("WorkingRun", { description: "Settings that work at the old batch." });

const to = z
  .union([
    z.strictObject({ batchTokens }).openapi("NewBatchInTokens", {
      description: "The new batch in tokens.",
    }),
    z.strictObject({ batchExamples }).openapi("NewBatchInExamples", {
      description: "The new batch in examples.",
    }),
  ])
  .openapi("NewBatch", { description: "The new batch, in the unit of the old one." });

const ASKABLE_RULES = [
  "auto",
  "linear",
  "square-root",
  "sde",
  "saturating",
  "broken-power",
] as const;

const askedRule = z
  .enum(ASKABLE_RULES)
  .openapi({
    description:
      "Rule for the learning rate. auto picks one from the optimizer and what is known, and says why.",
    example: "auto",
  })
  .default("auto");

const unitOf = (batch: object): string =>
  "batchTokens" in batch ? "batchTokens" : "batchExamples";

/** Body of POST /v1/batch-rescales. */
export const batchRescaleRequest = z
  .strictObject({
    optimizer: rescaledOptimizer,
    from,
    to,
    model: modelSize.optional(),
    data: runData.optional(),
    noiseScale: noiseScaleEvidence.optional(),
    rule: askedRule,
    intervalLevel,
    modelVersion: modelVersionPin,
  })
  .refine((request) => unitOf(request.from) === unitOf(request.to), {
    path: ["to"],
    message: "the unit of from: both batches as batchTokens or both as batchExamples",
    params: { code: "mixed-units" },
  })
  .refine(
    ({ to: batch, data }) =>
      !("batchTokens" in batch) || batch.batchTokens <= (data?.trainingTokens ?? batch.batchTokens),
    {
      path: ["to", "batchTokens"],
      message: "at most data.trainingTokens: a run has at least one step",
    },
  )
  .openapi("BatchRescaleRequest", {
    description:
      "A setting that works and the batch it is to be moved to. With model and data.trainingTokens of " +
      "language-model pre-training the laws' optimal and critical batch are used; noiseScale is one measured " +
      "in the run.",
    example: {
      optimizer: { kind: "adam", adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 },
      from: { batchExamples: 256, peakLearningRate: 1e-3 },
      to: { batchExamples: 1024 },
    },
  });
export type BatchRescaleRequest = z.infer<typeof batchRescaleRequest>;
