import { z } from "@hono/zod-openapi";
import { estimate, QUANTITIES, quantity } from "../common.ts";

const LARGEST_COUNT = 1e17;
/** Of numbers that follow from others: no overflow, no other bound. */
const LARGEST = 1e300;

/** An Estimate with what it means in this place. */
export const estimateOf = (description: string) => estimate.openapi({ description });

const count = (unit: string, description: string, example: number) =>
  quantity({ unit, lower: 1, upper: LARGEST_COUNT, description, example, integer: true });

const text = (description: string, example: string) =>
  z.string().min(1).openapi({ description, example });

const batchSequences = count(
  "sequences",
  "Global batch in sequences: micro-batch x accumulation x devices, exactly.",
  256,
);
const microBatchSequences = count("sequences", "Sequences one device holds at a time.", 4);
const gradientAccumulationSteps = count(
  "micro-batches",
  "Micro-batches one device adds up before an optimizer step.",
  1,
);
const steps = count("optimizer steps", "Steps that spend the tokens of the run.", 38147);
const warmupTokens = quantity({
  unit: "tokens",
  lower: 0,
  upper: LARGEST_COUNT,
  description: "Tokens over which the learning rate rises to its peak.",
  example: 1e9,
});
const warmupSteps = quantity({
  unit: "optimizer steps",
  lower: 0,
  upper: LARGEST_COUNT,
  description: "The same warm-up in steps of the recommended batch.",
  example: 1907,
  integer: true,
});

export const batchPlan = z
  .strictObject({
    batchTokens: estimateOf(
      "Global batch, tokens per optimizer step; the value is the rounded whole number that batchSequences " +
        "makes, the interval that of the unrounded optimum, widened to hold it.",
    ),
    batchSequences,
    microBatchSequences,
    gradientAccumulationSteps,
    steps,
  })
  .openapi("BatchPlan", { description: "The recommended batch, made to fit the machines." });
export type BatchPlan = z.infer<typeof batchPlan>;

export const criticalBatch = z
  .strictObject({
    bCritTokens: estimateOf(
      "Critical batch, tokens: where a fixed loss costs twice the fewest tokens and twice the fewest steps.",
    ),
    bOptTokens: estimateOf(
      "Batch with the lowest loss at these parameters and tokens. Unit: tokens.",
    ),
  })
  .openapi("CriticalBatch", {
    description: "The two batch sizes the recommendation lies between.",
  });

export const learningRatePlan = z
  .strictObject({
    peakLearningRate: estimateOf("Peak learning rate at the recommended batch, 1/step."),
    warmupTokens,
    warmupSteps,
  })
  .openapi("LearningRatePlan", { description: "Learning rate that goes with the batch." });

const decay = (description: string, example: number) =>
  quantity({ unit: "decay per step", lower: 0, upper: 1, description, example }).optional();

export const optimizerPlan = z
  .strictObject({
    kind: z.enum(["adamw", "adam", "sgd", "momentum", "muon"]).openapi({
      description: "Optimizer the settings hold for.",
      example: "adamw",
    }),
    adamBeta1: decay("Decay of Adam's first moment; absent for other optimizers.", 0.9),
    adamBeta2: decay("Decay of Adam's second moment; absent for other optimizers.", 0.95),
    adamEpsilon: quantity({
      unit: "gradient units",
      lower: 0,
      upper: 1e3,
      description: "Adam's epsilon; absent for other optimizers.",
      example: 1e-8,
    }).optional(),
    momentum: decay("Momentum; absent for Adam and AdamW.", 0.9),
    weightDecay: estimateOf(
      "Decoupled weight decay, 1/learning rate: one step shrinks a weight by learning rate x weightDecay.",
    ).optional(),
    gradientClipNorm: quantity({
      unit: "gradient units",
      lower: 0,
      upper: 1e6,
      description:
        "Largest norm of the whole gradient; the advice holds while fewer than a tenth of the steps clip.",
      example: 1,
    }),
  })
  .openapi("OptimizerPlan", { description: "Optimizer settings that move with the batch." });
export type OptimizerPlan = z.infer<typeof optimizerPlan>;

export const yours = z
  .strictObject({
    batchPenaltyNats: estimateOf(
      "Loss the current batch gives away against the optimal one, nats per token.",
    ).optional(),
    learningRatePenaltyNats: estimateOf(
      "Loss the current learning rate gives away against the best one at that batch, nats per token.",
    ).optional(),
    advice: z.enum(["keep", "change"]).openapi({
      description:
        "change only when the gain is larger than its uncertainty and at least 0.003 nats or 5 % of the steps.",
      example: "keep",
    }),
    reason: text(
      "Why, in one sentence.",
      "The gain of 0.001 nats is below what is worth a change.",
    ),
  })
  .openapi("Yours", { description: "Judgement of the current settings." });
export type Yours = z.infer<typeof yours>;

export const batchStage = z
  .strictObject({
    fromTokens: quantity({
      unit: "tokens",
      lower: 0,
      upper: LARGEST_COUNT,
      description: "Tokens processed when the stage begins.",
      example: 0,
    }),
    batchTokens: count("tokens", "Global batch of the stage.", 262144),
    peakLearningRateRatio: quantity({
      unit: "ratio",
      lower: 0,
      upper: 100,
      description: "Factor on the scheduled learning rate during the stage.",
      example: 0.7,
    }),
  })
  .openapi("BatchStage", { description: "One stage of a batch ramp." });
export type BatchStage = z.infer<typeof batchStage>;

export const alternative = z
  .strictObject({
    id: text("Name of the point: an objective, or how the batch was moved.", "time"),
    batchTokens: count("tokens", "Global batch.", 1048576),
    peakLearningRate: quantity({
      ...QUANTITIES.peakLearningRate,
      lower: 0,
      upper: 1e6,
      description: "Peak learning rate that goes with the batch.",
    }),
    steps,
    tokensRatio: quantity({
      unit: "ratio",
      lower: 1,
      upper: LARGEST,
      description: "Tokens a fixed loss costs over the fewest possible: 1 + B / B_crit.",
      example: 1.2,
    }),
    stepsRatio: quantity({
      unit: "ratio",
      lower: 1,
      upper: LARGEST,
      description: "Steps a fixed loss costs over the fewest possible: 1 + B_crit / B.",
      example: 6,
    }),
    batchPenaltyNats: quantity({
      unit: "nats per token",
      lower: 0,
      upper: 1e6,
      description: "Loss above that of the optimal batch at the same tokens.",
      example: 0.01,
    }),
    timeHours: quantity({
      unit: "hours",
      lower: 0,
      upper: LARGEST,
      description: "Predicted length of the run on the given hardware; absent without hardware.",
      example: 120,
    }).optional(),
  })
  .openapi("Alternative", { description: "Another point on the steps-tokens trade-off." });
export type Alternative = z.infer<typeof alternative>;

export const evidenceOnlyBatch = z
  .strictObject({
    batchTokens: estimateOf(
      "Global batch, tokens per optimizer step; with unit tokens.",
    ).optional(),
    batchExamples: estimateOf(
      "Global batch, examples per optimizer step; with unit examples.",
    ).optional(),
    batchSequences: batchSequences.optional(),
    microBatchSequences: microBatchSequences.optional(),
    gradientAccumulationSteps: gradientAccumulationSteps.optional(),
    steps: steps.optional(),
  })
  .openapi("EvidenceOnlyBatch", {
    description: "Batch as far as the evidence of the caller says it.",
  });

export const evidenceOnlyCriticalBatch = z
  .strictObject({
    bCritTokens: estimateOf("Critical batch, tokens; with unit tokens.").optional(),
    bCritExamples: estimateOf("Critical batch, examples; with unit examples.").optional(),
  })
  .openapi("EvidenceOnlyCriticalBatch", {
    description: "Critical batch from the measured noise scale.",
  });

export const evidenceOnlyLearningRate = z
  .strictObject({
    peakLearningRate: estimateOf("Peak learning rate at the batch, 1/step."),
    warmupTokens: warmupTokens.optional(),
    warmupSteps: warmupSteps.optional(),
  })
  .openapi("EvidenceOnlyLearningRate", {
    description: "Learning rate moved from the reference run.",
  });
