import { z } from "@hono/zod-openapi";
import { estimate, modelVersion, quantity, warning } from "../common.ts";
import { noiseUnit, preconditioner } from "./request.ts";

const batchLike = (description: string, example: number, integer = false) =>
  quantity({
    unit: "the unit of the answer",
    lower: 0,
    upper: 1e30,
    description,
    example,
    integer,
  });

const measuredBasis = z.literal("measured").openapi({
  description: "It comes from the caller's own run.",
  example: "measured",
});

const noiseScaleEstimate = z
  .strictObject({
    value: batchLike("tr(Sigma) / |G|^2, a ratio of averages.", 700),
    interval: estimate.shape.interval,
    basis: measuredBasis,
    unit: noiseUnit,
  })
  .openapi("NoiseScaleEstimate", {
    description: "Gradient noise scale; its interval allows for having been resolved at all.",
  });

const lowerBound = z
  .strictObject({
    value: batchLike("The noise scale is at least this.", 2100),
    level: quantity({
      unit: "probability",
      lower: 0.5,
      upper: 0.99,
      description: "Probability that it is, one-sided; kept among unresolved answers, too.",
      example: 0.8,
    }),
    unit: noiseUnit,
  })
  .openapi("NoiseScaleLowerBound", { description: "One-sided bound where there is no value." });

const signed = (description: string, example: number) =>
  z.number().openapi({ description, example });

/** An Estimate whose value and ends may be negative: an average of unbiased estimates is not cut at 0. */
const momentEstimate = z
  .strictObject({
    value: signed(
      "The estimate in the unit of the squared norms, unbounded: noise may make it negative.",
      0.19,
    ),
    interval: z
      .strictObject({
        lower: signed(
          "Lower end in the unit of the value, unbounded; null where there are no error bars.",
          0.17,
        ).nullable(),
        upper: signed(
          "Upper end in the unit of the value, unbounded; null where there are no error bars.",
          0.21,
        ).nullable(),
        level: estimate.shape.interval.shape.level,
      })
      .openapi("MomentInterval", {
        description: "Where the true value lies with the stated probability.",
      }),
    basis: measuredBasis,
  })
  .openapi("MomentEstimate", { description: "A measured average with its interval." });

const traceSigma = momentEstimate.openapi({
  description: "tr(Sigma), variance of the gradient of one unit; may come out negative.",
});
const gradSqNorm = momentEstimate.openapi({
  description: "|G|^2, squared norm of the noiseless gradient; may come out negative.",
});
const moments = { traceSigma, gradSqNorm };

const unresolvedReason = z.string().min(1).openapi({
  description: "Why there is no value, in one sentence.",
  example: "|G|^2 is not significantly above 0: noise outweighs the gradient at these batch sizes.",
});
const resolvedStatus = z.literal("resolved").openapi({
  description: "Noise and gradient are both significantly above 0.",
  example: "resolved",
});
const unresolvedStatus = z.literal("unresolved").openapi({
  description: "Noise or gradient is not significantly above 0; there is no value.",
  example: "unresolved",
});

const group = z.string().min(1).openapi({
  description: "Group of parameters, as named in the request.",
  example: "attention",
});

const groupAnswer = z
  .discriminatedUnion("status", [
    z
      .strictObject({ group, status: resolvedStatus, bSimple: noiseScaleEstimate, ...moments })
      .openapi("ResolvedGroup", { description: "A group whose noise scale was resolved." }),
    z
      .strictObject({
        group,
        status: unresolvedStatus,
        reason: unresolvedReason,
        lowerBound: lowerBound.optional(),
        ...moments,
      })
      .openapi("UnresolvedGroup", { description: "A group whose noise scale was not resolved." }),
  ])
  .openapi("NoiseScaleGroup", { description: "The answer for one group of parameters." });

const needed = z
  .strictObject({
    observations: batchLike("Steps to measure in all, at the present batch sizes.", 640, true),
    bigBatch: batchLike("Or the big batch to measure at, as often as now.", 480, true),
  })
  .openapi("NeededMeasurements", {
    description:
      "Either one narrows the interval to about +-20 %; no more than now if it is narrower already. " +
      "A lower bound where |G|^2 is not resolved.",
  });

const errorBars = z
  .strictObject({
    from: z.enum(["blocks", "examples"]).openapi({
      description: "What was left out in turn: blocks of steps, or examples within each step.",
      example: "blocks",
    }),
    count: batchLike("Number of them.", 60, true),
    degreesOfFreedom: batchLike("Of the Student quantiles.", 59),
    serialCorrelationFactor: quantity({
      unit: "ratio",
      lower: 1,
      upper: 1e3,
      description: "Factor on the variances for correlation left between blocks.",
      example: 1,
    }),
  })
  .openapi("ErrorBars", { description: "Where the intervals come from." });

const efficiencyAtBatch = z
  .array(
    z
      .strictObject({
        batch: batchLike("Batch size.", 256),
        efficiency: estimate.openapi({
          description: "1 / (1 + batch / bSimple): progress per example, relative to a tiny batch.",
        }),
      })
      .openapi("BatchEfficiency", { description: "What examples are worth at a batch size." }),
  )
  .openapi({ description: "From a quarter of the measured big batch to four times it." });

const blockSteps = batchLike(
  "Steps of one block, given or chosen; absent where examples were left out.",
  1,
  true,
);

const shared = {
  unit: noiseUnit,
  preconditioner,
  usedSteps: batchLike("Steps with usable norms.", 60, true),
  diagnosis: z
    .array(warning)
    .openapi({ description: "What looks wrong with the measurements; empty if nothing does." }),
  modelVersion,
};

const measured = {
  ...shared,
  ...moments,
  errorBars,
  blockSteps: blockSteps.optional(),
  groups: z
    .array(groupAnswer)
    .openapi({ description: "One answer per group, if groups were given; moments add up." })
    .optional(),
};

export const resolved = z
  .strictObject({
    status: resolvedStatus,
    bSimple: noiseScaleEstimate,
    jackknife: z
      .strictObject({
        value: z.number().openapi({
          description:
            "Ratio with its bias removed by the jackknife, in the unit of the answer, unbounded.",
          example: 690,
        }),
        standardError: batchLike("Standard error of the ratio.", 60),
      })
      .openapi("JackknifedRatio", { description: "The ratio as value +- error." }),
    efficiencyAtBatch,
    needed,
    ...measured,
  })
  .openapi("ResolvedNoiseScale", { description: "A noise scale with its interval." });
export type ResolvedNoiseScale = z.infer<typeof resolved>;

export const unresolved = z
  .strictObject({
    status: unresolvedStatus,
    reason: unresolvedReason,
    lowerBound: lowerBound.optional(),
    needed,
    ...measured,
  })
  .openapi("UnresolvedNoiseScale", { description: "No noise scale, but what is known about it." });

export const insufficient = z
  .strictObject({
    status: z.literal("insufficient-measurements").openapi({
      description: "The measurements allow no error bars, or no estimate at all.",
      example: "insufficient-measurements",
    }),
    reason: z.string().min(1).openapi({
      description: "What is missing, in one sentence.",
      example: "Both norms are of one batch size.",
    }),
    traceSigma: traceSigma.optional(),
    gradSqNorm: gradSqNorm.optional(),
    needed,
    ...shared,
  })
  .openapi("InsufficientMeasurements", { description: "What to measure first." });

/** Answer of POST /v1/noise-scale. */
export const noiseScaleAnswer = z
  .discriminatedUnion("status", [resolved, unresolved, insufficient])
  .openapi("NoiseScaleAnswer", { description: "Gradient noise scale, or why there is none." });
export type NoiseScaleAnswer = z.infer<typeof noiseScaleAnswer>;
export type NoiseScaleGroup = z.infer<typeof groupAnswer>;
export type MomentEstimate = z.infer<typeof momentEstimate>;
export type NoiseUnit = z.infer<typeof noiseUnit>;
