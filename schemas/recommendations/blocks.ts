import { z } from "@hono/zod-openapi";
import {
  modelShape,
  nonEmbeddingParams,
  QUANTITIES,
  quantity,
  sequenceLengthTokens,
  totalParams,
  trainingFlops,
  trainingTokens,
} from "../common.ts";

/** Whole tokens of one optimizer step: what a run can really be started with. */
export const WHOLE_BATCH_TOKENS = { ...QUANTITIES.batchTokens, integer: true } as const;

/** Quantities that the body and the query form of a recommendation share, beside those of every call. */
export const PLAN_QUANTITIES = {
  uniqueTokens: {
    unit: "tokens",
    lower: 1e3,
    upper: 1e17,
    description: "Distinct tokens at hand; below trainingTokens they are repeated.",
    example: 2e10,
  },
  devices: {
    unit: "devices",
    lower: 1,
    upper: 1e7,
    description: "Data-parallel workers that each hold one micro-batch.",
    example: 64,
    integer: true,
  },
  flopPerSecondPerDevice: {
    unit: "FLOP/s",
    lower: 1e3,
    upper: 1e20,
    description: "Training throughput that one device reaches, not its data-sheet peak.",
    example: 4e14,
  },
  stepOverheadMs: {
    unit: "ms",
    lower: 0,
    upper: 1e7,
    description: "Time of one optimizer step that does not grow with the batch.",
    example: 120,
  },
  maxMicroBatchSequences: {
    unit: "sequences",
    lower: 1,
    upper: 65536,
    description: "Largest micro-batch that fits the memory of one device.",
    example: 8,
    integer: true,
  },
} as const;

export const task = z.enum(["lm-pretraining", "fine-tuning", "other"]).openapi({
  description:
    "What is trained; assumed lm-pretraining when absent. No pre-training law is used for the two others.",
  example: "lm-pretraining",
});

export const objective = z.enum(["loss", "balanced", "time", "cost"]).openapi({
  description:
    "loss: lowest final loss; balanced: largest batch whose token overhead is at most 20 %; time: shortest " +
    "run on the hardware; cost: fewest device hours. Assumed loss when absent; time and cost need hardware.",
  example: "loss",
});

export const optimizerKind = z.enum(["adamw", "adam", "sgd", "momentum", "muon"]).openapi({
  description: "Optimizer; assumed adamw when absent.",
  example: "adamw",
});

export const scheduleKind = z.enum(["cosine", "linear", "wsd", "constant"]).openapi({
  description: "Decay of the learning rate; assumed cosine when absent.",
  example: "cosine",
});

const MODEL_MESSAGE =
  "exactly one form: {nonEmbeddingParams}, {totalParams}, {activeNonEmbeddingParams, totalParams} " +
  "or {shape}, as numbers";

/** Size of the model in one of four forms. */
export const modelSize = z
  .union(
    [
      z.strictObject({ nonEmbeddingParams }).openapi("ModelByNonEmbeddingParams", {
        description: "A dense model by its parameters without embeddings.",
      }),
      z.strictObject({ totalParams }).openapi("ModelByTotalParams", {
        description: "A dense model by all its parameters.",
      }),
      z
        .strictObject({
          activeNonEmbeddingParams: quantity({
            ...QUANTITIES.nonEmbeddingParams,
            description:
              "Parameters used for one token, without the embedding and output matrices.",
          }),
          totalParams,
        })
        .openapi("ModelByActiveParams", { description: "A mixture of experts." }),
      z.strictObject({ shape: modelShape }).openapi("ModelByShape", {
        description: "A dense transformer by its widths and depth.",
      }),
    ],
    { error: MODEL_MESSAGE },
  )
  .refine(
    (model) =>
      !("activeNonEmbeddingParams" in model) || model.activeNonEmbeddingParams <= model.totalParams,
    { path: ["totalParams"], message: "at least activeNonEmbeddingParams" },
  )
  .openapi("Model", { description: "Size of the model, in exactly one of four forms." });
export type ModelSize = z.infer<typeof modelSize>;

export const runData = z
  .strictObject({
    trainingTokens: trainingTokens.optional(),
    sequenceLengthTokens: sequenceLengthTokens.optional(),
    uniqueTokens: quantity(PLAN_QUANTITIES.uniqueTokens).optional(),
  })
  .openapi("RunData", { description: "Tokens of the run." });

export const compute = z
  .strictObject({ trainingFlops: trainingFlops.optional() })
  .openapi("Compute", { description: "Compute of the run." });

const beta = (which: string, example: number) =>
  quantity({
    unit: "decay per step",
    lower: 0,
    upper: 0.9999999,
    description: `Decay of Adam's ${which} moment.`,
    example,
  });

export const optimizer = z
  .strictObject({
    kind: optimizerKind.optional(),
    adamBeta1: beta("first", 0.9).optional(),
    adamBeta2: beta("second", 0.95).optional(),
    adamEpsilon: quantity({
      unit: "gradient units",
      lower: 0,
      upper: 1,
      description: "Adam's epsilon.",
      example: 1e-8,
    }).optional(),
    weightDecay: quantity({
      unit: "1/learning rate",
      lower: 0,
      upper: 1e3,
      description: "Decoupled decay; one step shrinks a weight by learning rate x weightDecay.",
      example: 0.1,
    }).optional(),
    momentum: quantity({
      unit: "decay per step",
      lower: 0,
      upper: 0.9999999,
      description: "Momentum of SGD or Muon.",
      example: 0.9,
    }).optional(),
  })
  .openapi("Optimizer", { description: "The optimizer and what is already decided about it." });

export const schedule = z
  .strictObject({
    kind: scheduleKind.optional(),
    finalLearningRateRatio: quantity({
      unit: "ratio",
      lower: 0,
      upper: 1,
      description: "Learning rate at the end of the run over its peak.",
      example: 0.1,
    }).optional(),
  })
  .openapi("Schedule", { description: "Learning-rate schedule." });

export const hardware = z
  .strictObject({
    devices: quantity(PLAN_QUANTITIES.devices).optional(),
    flopPerSecondPerDevice: quantity(PLAN_QUANTITIES.flopPerSecondPerDevice).optional(),
    stepOverheadMs: quantity(PLAN_QUANTITIES.stepOverheadMs).optional(),
    maxMicroBatchSequences: quantity(PLAN_QUANTITIES.maxMicroBatchSequences).optional(),
  })
  .openapi("Hardware", { description: "The machines of the run." });
