import { z } from "@hono/zod-openapi";
import { estimate, modelVersion, quantity } from "../common.ts";
import { experiment } from "./request.ts";

const LARGEST = 1e300;

const estimateOf = (description: string) => estimate.openapi({ description });
const reason = z.string().openapi({
  description: "Why the status is what it is, in one sentence.",
  example: "the range covers the knee",
});
const number = (unit: string, description: string, example: number, lower = 0) =>
  quantity({ unit, lower, upper: LARGEST, description, example });
const signed = (unit: string, description: string, example: number) =>
  z
    .number()
    .openapi({ description: `${description} Unbounded. Unit: ${unit}.`, example, "x-unit": unit });
const batchExamples = quantity({
  unit: "examples",
  lower: 1,
  upper: 2 ** 24,
  description: "Examples of one optimizer step.",
  example: 64,
  integer: true,
});
const peakLearningRate = number("1/step", "Learning rate after warm-up.", 0.5);

export const probeFlops = z
  .strictObject({
    expected: number("FLOP", "Expected cost, 2 x multiply-adds.", 4e11),
    ceiling: number("FLOP", "Never passed.", 1.6e12),
    done: number("FLOP", "Executed so far.", 3.9e11),
  })
  .openapi("ProbeFlops", { description: "Cost of the probe; exact, not timed." });

const ratio = z
  .discriminatedUnion("status", [
    z
      .strictObject({
        status: z.literal("ok").openapi({ description: "Resolved.", example: "ok" }),
        value: signed("examples", "Ratio of means.", 120),
        interval: estimate.shape.interval,
        basis: z.literal("measured").openapi({ description: "Measured.", example: "measured" }),
      })
      .openapi("ResolvedRatio", { description: "A ratio with its Fieller interval." }),
    z
      .strictObject({
        status: z.literal("unresolved").openapi({
          description: "The gradient is not significantly above its noise.",
          example: "unresolved",
        }),
        reason,
        lowerBound: signed("examples", "The ratio is at least this.", 80).optional(),
      })
      .openapi("UnresolvedRatio", { description: "No ratio, and why." }),
  ])
  .openapi("RatioEstimate", { description: "A noise scale in examples, or why there is none." });

const noiseScalePoint = z
  .strictObject({
    step: number("optimizer steps", "Middle of the block.", 400),
    examplesSeen: number("examples", "Examples processed by then.", 25600),
    loss: signed("nats, or squared target units", "Validation loss.", 1.1),
    gradSqNorm: signed("squared gradient units", "|G|^2, unbiased, so possibly negative.", 0.01),
    traceSigma: signed("squared gradient units", "tr(Sigma) of one example.", 1.5),
    bSimpleExamples: ratio,
    bNoiseExamples: ratio,
  })
  .openapi("NoiseScalePoint", { description: "Gradient noise over one block of steps." });

const noiseAtTarget = z
  .strictObject({ batchExamples, ...noiseScalePoint.shape })
  .openapi("NoiseAtTarget", {
    description: "Gradient noise at the end of the run of the batch nearest a quarter of B_crit.",
  });

const criticalBatchPoint = z
  .strictObject({
    batchExamples,
    peakLearningRate,
    steps: number("optimizer steps", "Steps to the target, at the best learning rate.", 563),
    stepsBySeed: z
      .array(number("optimizer steps", "Steps of one seed.", 560))
      .openapi({ description: "One entry a seed." }),
  })
  .openapi("CriticalBatchPoint", { description: "Steps to the target at one batch." });

const criticalBatchResult = z
  .strictObject({
    status: z
      .enum(["bracketed", "not-bracketed", "unreachable-target", "lr-not-bracketed"])
      .openapi({
        description:
          "bracketed: the batches reach from far below to far above the critical one; otherwise why there is no value " +
          "to trust.",
        example: "bracketed",
      }),
    reason,
    bCritExamples: estimateOf("Critical batch of this task and model, examples.").optional(),
    minSteps: estimateOf("Fewest steps, at unlimited batch.").optional(),
    minExamples: estimateOf("Fewest examples, at the smallest batch.").optional(),
    targetLoss: signed(
      "nats, or squared target units",
      "Loss every batch had to reach.",
      1.2,
    ).optional(),
    targetDepth: number(
      "fraction",
      "0 = trivial predictor, 1 = best loss reached.",
      0.9,
    ).optional(),
    rmsLogResidual: number("natural log of steps", "Scatter about the hyperbola.", 0.05).optional(),
    jackknifeLogSd: number(
      "natural log",
      "Sd of ln B_crit, leaving one batch out.",
      0.1,
    ).optional(),
    fisherLogSd: number(
      "natural log",
      "Sd of ln B_crit from the spread of seeds.",
      0.08,
    ).optional(),
    noiseAtTarget: noiseAtTarget.optional(),
    rho: estimateOf(
      "B_crit over B_noise at the target, a ratio; absent where unresolved.",
    ).optional(),
    rhoSimple: estimateOf(
      "B_crit over tr(Sigma)/|G|^2 at the target, a ratio; absent where unresolved.",
    ).optional(),
    points: z.array(criticalBatchPoint).openapi({ description: "By growing batch." }),
  })
  .openapi("CriticalBatchResult", {
    description: "Steps to one loss per batch, and their hyperbola.",
  });

const noiseScaleResult = z
  .strictObject({
    status: z
      .enum(["measured", "insufficient-measurements", "lr-not-bracketed", "diverged"])
      .openapi({ description: "Whether a tuned run could be measured.", example: "measured" }),
    reason: reason.optional(),
    batchExamples: batchExamples.optional(),
    peakLearningRate: peakLearningRate.optional(),
    points: z.array(noiseScalePoint).openapi({ description: "Along the run." }),
  })
  .openapi("NoiseScaleResult", { description: "Gradient noise along a tuned run." });

const learningRatePoint = z
  .strictObject({
    batchExamples,
    peakLearningRate,
    loss: signed(
      "nats, or squared target units",
      "Final loss; absent when diverged.",
      1.1,
    ).optional(),
    diverged: z.boolean().openapi({ description: "Whether the run diverged.", example: false }),
  })
  .openapi("LearningRatePoint", { description: "One run." });

const rateOptimum = z
  .strictObject({
    batchExamples,
    status: z.enum(["ok", "lr-not-bracketed", "over-budget"]).openapi({
      description: "Whether the best rate lies between rates that were run.",
      example: "ok",
    }),
    peakLearningRate: peakLearningRate.optional(),
    loss: signed("nats, or squared target units", "Loss there.", 1.1).optional(),
    divergedAbove: number("1/step", "Lowest rate that diverged.", 4).optional(),
  })
  .openapi("RateOptimum", { description: "Best learning rate of one batch." });

const rateRule = z
  .strictObject({
    rule: z.enum(["power", "square-root", "saturating", "broken-power"]).openapi({
      description: "How the best rate moves with the batch.",
      example: "saturating",
    }),
    aicc: signed(
      "nats, doubled",
      "Corrected Akaike criterion; the smallest is best. Absent where batches are too few.",
      -12,
    ).optional(),
    rmsLogResidual: number("natural log of the rate", "Scatter about the rule.", 0.1),
    constants: z
      .record(z.string(), signed("that of the rule", "One fitted constant.", 0.5))
      .openapi({ description: "Fitted constants by name.", example: { exponent: 0.8 } }),
  })
  .openapi("RateRule", { description: "One rule through the best rates." });

const learningRateResult = z
  .strictObject({
    status: z.enum(["measured", "lr-not-bracketed", "insufficient-measurements"]).openapi({
      description: "Whether every batch has an interior optimum.",
      example: "measured",
    }),
    reason: reason.optional(),
    needed: z
      .strictObject({
        budgetFlops: number(
          "FLOP",
          "budgetFlops with room for the usual runs of every batch.",
          2e9,
        ),
      })
      .openapi("LearningRateNeeded", {
        description: "What the runs that did not fit the budget need.",
      })
      .optional(),
    points: z.array(learningRatePoint).openapi({ description: "Every run." }),
    optima: z.array(rateOptimum).openapi({ description: "By growing batch." }),
    rules: z.array(rateRule).openapi({ description: "Best first; empty below two batches." }),
  })
  .openapi("LearningRateResult", {
    description: "Best rate per batch, and the rule through them.",
  });

const curve = z
  .strictObject({
    x: z.array(signed("as the name of the curve says", "Abscissa.", 64)).openapi({
      description: "Batch in examples, or examples seen.",
    }),
    y: z.array(signed("as the name of the curve says", "Ordinate.", 563)).openapi({
      description: "Steps, loss or learning rate.",
    }),
  })
  .openapi("ProbeCurve", { description: "Points ready to plot." });

const common = {
  probeId: z.string().openapi({
    description: "First 32 hex digits of the SHA-256 of specification, seed and version.",
    example: "3f2a9c",
  }),
  engine: z.enum(["fused", "tfjs"]).openapi({ description: "What ran it.", example: "fused" }),
  flops: probeFlops,
  modelVersion,
};

const finished = {
  status: z.literal("succeeded").openapi({
    description: "The experiment ran; its result has a status of its own.",
    example: "succeeded",
  }),
  digest: z.string().openapi({
    description:
      "SHA-256 over the weights and measurements of every run: the same on every machine.",
    example: "9b1c",
  }),
  curves: z.record(z.string(), curve).openapi({ description: "Plot-ready, by name.", example: {} }),
  ...common,
};

const literalExperiment = <Name extends z.infer<typeof experiment>>(name: Name) =>
  z.literal(name).openapi({ description: "What was measured.", example: name });

export const criticalBatchProbe = z
  .strictObject({
    experiment: literalExperiment("critical-batch"),
    result: criticalBatchResult,
    ...finished,
  })
  .openapi("CriticalBatchProbe", { description: "A finished critical-batch probe." });

export const noiseScaleProbe = z
  .strictObject({
    experiment: literalExperiment("noise-scale"),
    result: noiseScaleResult,
    ...finished,
  })
  .openapi("NoiseScaleProbe", { description: "A finished noise-scale probe." });

export const learningRateProbe = z
  .strictObject({
    experiment: literalExperiment("learning-rate"),
    result: learningRateResult,
    ...finished,
  })
  .openapi("LearningRateProbe", { description: "A finished learning-rate probe." });

/** A probe that ran to its end. */
export const probeAnswer = z
  .discriminatedUnion("experiment", [criticalBatchProbe, noiseScaleProbe, learningRateProbe])
  .openapi("ProbeAnswer", { description: "A finished probe." });
export type ProbeAnswer = z.infer<typeof probeAnswer>;

/** A probe that was only planned. */
export const probePlan = z
  .strictObject({
    status: z.literal("planned").openapi({ description: "Nothing was run.", example: "planned" }),
    experiment,
    stages: z
      .array(z.string().openapi({ description: "One stage.", example: "rate search per batch" }))
      .openapi({ description: "In order; later ones depend on earlier results." }),
    withinLimit: z
      .boolean()
      .openapi({ description: "Whether the request itself may run it.", example: true }),
    requestFlopsLimit: number("FLOP", "Largest ceiling a request may run.", 3e12),
    ...common,
  })
  .openapi("ProbePlan", { description: "What a probe would cost." });
export type ProbePlan = z.infer<typeof probePlan>;

/** Answer of POST /v1/probes, with and without dryRun=true. */
export const probeReply = z
  .discriminatedUnion("status", [probePlan, probeAnswer])
  .openapi("ProbeReply", { description: "A finished probe, or its plan." });
