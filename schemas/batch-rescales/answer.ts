import { z } from "@hono/zod-openapi";
import { assumptions, estimate, modelVersion, quantity, warnings } from "../common.ts";

/** Of numbers that follow from others: no overflow, no other bound. */
const LARGEST = 1e30;

const rescaleRule = z
  .enum(["linear", "square-root", "sde", "saturating", "broken-power"])
  .openapi("RescaleRule", {
    description:
      "linear: learning rate ~ B (SGD far below the noise scale); square-root: ~ sqrt(B) (Adam below it); sde: " +
      "square root with Adam's decays and epsilon moved too; saturating: flattens at the noise scale; " +
      "broken-power: AdamW on language-model pre-training, flat above the optimal batch.",
    example: "square-root",
  });
export type RescaleRule = z.infer<typeof rescaleRule>;

const sentence = (description: string, example: string) =>
  z.string().min(1).openapi({ description, example });

const precondition = z
  .strictObject({
    code: z
      .enum([
        "optimizer-of-the-rule",
        "far-below-noise-scale",
        "below-noise-scale",
        "decays-outlast-a-step",
        "noise-scale-known",
        "optimal-batch-known",
      ])
      .openapi({ description: "Stable, machine-readable.", example: "below-noise-scale" }),
    holds: z.boolean().nullable().openapi({
      description: "Whether it holds; null: could not be checked.",
      example: true,
    }),
    detail: sentence(
      "What was compared, in one sentence.",
      "The larger batch of 1024 examples is below the measured noise scale of 5000 examples.",
    ),
  })
  .openapi("RescalePrecondition", { description: "One thing that the rule needs to be right." });
export type RescalePrecondition = z.infer<typeof precondition>;

const movedLearningRate = estimate.openapi({
  description:
    "Peak learning rate at the new batch, 1/step; the interval takes the old one as right for the old " +
    "batch, and includes what every other applicable rule would give.",
});

const alternative = z
  .strictObject({
    rule: rescaleRule,
    status: z.enum(["ok", "precondition-unknown"]).openapi({
      description: "Whether the preconditions of this rule hold or could not all be checked.",
      example: "ok",
    }),
    peakLearningRate: movedLearningRate,
  })
  .openapi("RescaleAlternative", {
    description: "Another rule that is not refused here, and its learning rate.",
  });
export type RescaleAlternative = z.infer<typeof alternative>;

const decay = (description: string, example: number) =>
  quantity({ unit: "decay per step", lower: 0, upper: 0.9999999, description, example }).optional();

const settings = {
  peakLearningRate: movedLearningRate,
  adamBeta1: decay("Decay of Adam's first moment; absent for other optimizers.", 0.9),
  adamBeta2: decay(
    "Decay of Adam's second moment; absent for other optimizers. Its half-life in tokens is kept, floor 0.9; " +
      "under the rule sde as that rule says.",
    0.996,
  ),
  adamEpsilon: quantity({
    unit: "gradient units",
    lower: 0,
    upper: 1e7,
    description: "Adam's epsilon; absent for other optimizers.",
    example: 5e-9,
  }).optional(),
  weightDecay: quantity({
    unit: "1/learning rate",
    lower: 0,
    upper: LARGEST,
    description:
      "Weight decay at the new batch; absent when none was given. Decoupled decay keeps its timescale in tokens.",
    example: 0.2,
  }).optional(),
  momentum: quantity({
    unit: "decay per step",
    lower: 0,
    upper: 0.9999999,
    description: "Momentum, kept; absent when none was given.",
    example: 0.9,
  }).optional(),
  warmupTokens: quantity({
    unit: "tokens",
    lower: 0,
    upper: LARGEST,
    description:
      "Warm-up in tokens: kept, but at least 100 steps; absent when not given in tokens.",
    example: 1e9,
  }).optional(),
  warmupExamples: quantity({
    unit: "examples",
    lower: 0,
    upper: LARGEST,
    description:
      "Warm-up in examples: kept, but at least 100 steps; absent when not given in examples.",
    example: 50000,
  }).optional(),
  warmupSteps: quantity({
    unit: "optimizer steps",
    lower: 0,
    upper: 1e15,
    description: "The same warm-up in steps of the new batch; absent when it is not known.",
    example: 954,
    integer: true,
  }).optional(),
};

const head = {
  rule: rescaleRule,
  reason: sentence(
    "Why this rule was used or refused, in a sentence or two.",
    "For adam without a known noise scale, the square-root rule is used: the learning rate moves with the square root of the batch.",
  ),
};

const closing = {
  preconditions: z.array(precondition).openapi({
    description: "What the rule needs, and whether it holds; empty when both batches are equal.",
  }),
  alternatives: z.array(alternative).openapi({
    description: "Every other rule that is not refused; empty when both batches are equal.",
  }),
  assumptions,
  warnings,
  modelVersion,
};

const ok = z
  .strictObject({
    status: z
      .literal("ok")
      .openapi({ description: "The rule's preconditions hold.", example: "ok" }),
    ...head,
    ...settings,
    ...closing,
  })
  .openapi("BatchRescaled", { description: "Settings for the new batch." });
export type BatchRescaled = z.infer<typeof ok>;

const preconditionUnknown = z
  .strictObject({
    status: z.literal("precondition-unknown").openapi({
      description: "No precondition fails, but one could not be checked.",
      example: "precondition-unknown",
    }),
    ...head,
    ...settings,
    ...closing,
  })
  .openapi("BatchRescaledUnchecked", {
    description: "Settings for the new batch by a rule that could not be fully checked.",
  });

const refused = z
  .strictObject({
    status: z.literal("refused").openapi({
      description: "A precondition of the rule fails, so there is no number.",
      example: "refused",
    }),
    ...head,
    ...closing,
  })
  .openapi("BatchRescaleRefused", {
    description: "The requested rule does not apply; alternatives lists the ones that do.",
  });

/** Answer of POST /v1/batch-rescales. */
export const batchRescaleAnswer = z
  .discriminatedUnion("status", [ok, preconditionUnknown, refused])
  .openapi("BatchRescaleAnswer", {
    description: "A setting moved to another batch, or why the requested rule cannot move it.",
  });
export type BatchRescaleAnswer = z.infer<typeof batchRescaleAnswer>;
