import { z } from "@hono/zod-openapi";
import { intervalLevel, modelVersionPin, quantity } from "../common.ts";

const MOST_OBSERVATIONS = 10_000;
// Parameter tensors of the largest models; each has its own estimate and interval in the answer.
const MOST_GROUPS = 256;
const MOST_EXAMPLES = 100_000;
const WHOLE_MODEL = "all";

const squaredNorm = (description: string, example: number) =>
  quantity({ unit: "squared gradient norm", lower: 0, upper: 1e30, description, example });

const batch = (description: string, example: number) =>
  quantity({ unit: "the unit of the request", lower: 1, upper: 1e12, description, example });

const step = quantity({
  unit: "optimizer steps",
  lower: 0,
  upper: 1e12,
  description: "Training step the norms were read at; observations may come in any order.",
  example: 100,
  integer: true,
});

const name = (description: string, example: string) =>
  z.string().min(1).max(100).openapi({ description, example });

const reporter = name(
  "Who measured, such as the rank of the worker; reporters of one step are averaged.",
  "0",
).default("0");

const group = name(
  'Group of parameters, such as a layer; squared norms of groups add up. "all" stands alone.',
  WHOLE_MODEL,
).default(WHOLE_MODEL);

const twoBatchObservation = z
  .strictObject({
    step,
    reporter,
    group,
    smallBatch: batch("Size of one small batch.", 8),
    bigBatch: batch("Size of the big batch; must differ from the small one.", 256),
    smallBatchGradSqNorm: squaredNorm(
      "Squared norm of the small-batch gradient, averaged over the small batches of the step.",
      0.9,
    ),
    bigBatchGradSqNorm: squaredNorm(
      "Squared norm of the big-batch gradient, before clipping.",
      0.2,
    ),
    smallBatchCount: quantity({
      unit: "small batches",
      lower: 1,
      upper: 1e9,
      description: "Small batches that were averaged over.",
      example: 32,
      integer: true,
    }).optional(),
  })
  .refine(({ smallBatch, bigBatch }) => smallBatch <= bigBatch, {
    path: ["smallBatch"],
    message: "at most bigBatch",
  })
  .openapi("TwoBatchObservation", {
    description: "Squared gradient norms at two batch sizes, of the same parameters.",
  });

const exampleList = (description: string, entry: z.ZodNumber) =>
  z.array(entry).min(1).max(MOST_EXAMPLES).openapi({ description });

const perExampleObservation = z
  .strictObject({
    step,
    reporter,
    group,
    exampleGradSqNorms: exampleList(
      "Squared norm of the gradient of every example of the batch.",
      squaredNorm("Of one example.", 5.1),
    ),
    bigBatchGradSqNorm: squaredNorm("Squared norm of the gradient of the batch.", 0.2),
    exampleGradDots: exampleList(
      "Dot product of every example's gradient with the gradient of the batch; makes one step enough.",
      quantity({
        unit: "squared gradient norm",
        lower: -1e30,
        upper: 1e30,
        description: "Of one example.",
        example: 0.3,
      }),
    ).optional(),
  })
  .refine(
    ({ exampleGradSqNorms, exampleGradDots = exampleGradSqNorms }) =>
      exampleGradDots.length === exampleGradSqNorms.length,
    { path: ["exampleGradDots"], message: "as many entries as exampleGradSqNorms" },
  )
  .openapi("PerExampleObservation", {
    description: "Squared gradient norms of the single examples of a batch, and of the batch.",
  });

const observation = z
  .union([twoBatchObservation, perExampleObservation])
  .openapi("NoiseObservation", { description: "What was measured at one step." });

const observations = z
  .array(observation)
  .min(1)
  .max(MOST_OBSERVATIONS)
  .refine(doNotMixWholeAndParts, {
    message: `either observations of the group "${WHOLE_MODEL}" or of named parts, not both`,
  })
  .refine(hasFewGroups, { message: `at most ${MOST_GROUPS} different groups` })
  .openapi({ description: "Everything measured, in one or both forms, at any batch sizes." });

function hasFewGroups(all: readonly { readonly group: string }[]): boolean {
  return new Set(all.map((one) => one.group)).size <= MOST_GROUPS;
}

function doNotMixWholeAndParts(all: readonly { readonly group: string }[]): boolean {
  const wholes = all.filter((one) => one.group === WHOLE_MODEL).length;
  return wholes === 0 || wholes === all.length;
}

export const noiseUnit = z.enum(["sequences", "tokens", "examples"]).openapi({
  description: "What the batch sizes count, and so the noise scale.",
  example: "sequences",
});

export const preconditioner = z.enum(["none", "adam"]).openapi({
  description:
    "Whether the norms are those of plain gradients or of gradients divided by Adam's " +
    "root-mean-square denominator.",
  example: "none",
});

/** Body of POST /v1/noise-scale. */
export const noiseScaleRequest = z
  .strictObject({
    unit: noiseUnit,
    reduction: z.enum(["mean", "sum"]).openapi({
      description: "Whether gradients are means or sums over their batch.",
      example: "mean",
    }),
    clipped: z
      .boolean()
      .refine((clipped) => !clipped, {
        message:
          "false: norms read after clipping are cut off at the threshold and hide the noise; " +
          "read them before clipping",
        params: { code: "clipped-norms" },
      })
      .openapi({
        enum: [false],
        description: "Whether norms were read after clipping; true is refused.",
        example: false,
      }),
    microGradScale: quantity({
      unit: "ratio",
      lower: 1e-9,
      upper: 1e9,
      description:
        "Factor on the micro-gradients whose norms were read, such as 1 / accumulation steps.",
      example: 1,
    }).default(1),
    preconditioner: preconditioner.default("none"),
    blockSteps: quantity({
      unit: "optimizer steps",
      lower: 1,
      upper: 1e12,
      description:
        "Steps of one block for the error bars; chosen from the measured autocorrelation when absent.",
      example: 10,
      integer: true,
    }).optional(),
    intervalLevel,
    observations,
    modelVersion: modelVersionPin,
  })
  .openapi("NoiseScaleRequest", {
    description:
      "Squared norms of gradients, before clipping and with loss scaling taken out, at two batch sizes or of single examples.",
  });
export type NoiseScaleRequest = z.infer<typeof noiseScaleRequest>;
