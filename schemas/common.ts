import { z } from "@hono/zod-openapi";

/** What every numeric field of the wire says about itself; it all reaches openapi.json. */
export interface QuantityDescription {
  readonly unit: string;
  readonly lower: number;
  readonly upper: number;
  readonly description: string;
  readonly example: number;
  /** Whole numbers only. */
  readonly integer?: boolean;
}

/** A finite number with unit, range, description and example; anything else is a 422. */
export function quantity(of: QuantityDescription) {
  const number = z.number().min(of.lower).max(of.upper);
  return (of.integer === true ? number.int() : number).openapi({
    description: `${of.description} Unit: ${of.unit}.`,
    example: of.example,
    "x-unit": of.unit,
  });
}

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;

/**
 * The same quantity as a flat query parameter: a plain decimal or exponent number such as `1e9`.
 * Text that is no number (`1B`, `0x10`, an empty value) is a 422.
 */
export function quantityInQuery(of: QuantityDescription) {
  const number = quantity(of);
  return z
    .string()
    .max(40)
    .regex(NUMBER_TEXT, `a number written like 1e9 or 2048, in ${of.unit}, without unit or suffix`)
    .transform(Number)
    .pipe(number)
    .openapi({
      type: of.integer === true ? "integer" : "number",
      minimum: of.lower,
      maximum: of.upper,
      description: `${of.description} Unit: ${of.unit}.`,
      example: of.example,
      "x-unit": of.unit,
    });
}

/** The quantities that more than one call takes, as data: for a body and for a query parameter. */
export const QUANTITIES = {
  nonEmbeddingParams: {
    unit: "parameters",
    lower: 1e3,
    upper: 1e15,
    description:
      "Parameters without the embedding and output matrices; of a mixture of experts the active ones.",
    example: 1e9,
  },
  totalParams: {
    unit: "parameters",
    lower: 1e3,
    upper: 1e15,
    description: "All parameters, including embeddings.",
    example: 1.2e9,
  },
  trainingTokens: {
    unit: "tokens",
    lower: 1e3,
    upper: 1e17,
    description: "Tokens processed over the whole run, counting repeats.",
    example: 2e10,
  },
  trainingFlops: {
    unit: "FLOP",
    lower: 1e6,
    upper: 1e32,
    description: "Training compute of the whole run, 6 x parameters x tokens unless measured.",
    example: 1.2e20,
  },
  sequenceLengthTokens: {
    unit: "tokens",
    lower: 1,
    upper: 1e8,
    description: "Tokens in one training sequence.",
    example: 2048,
    integer: true,
  },
  batchTokens: {
    unit: "tokens",
    lower: 1,
    upper: 1e12,
    description: "Global batch: tokens in one optimizer step, over all devices and accumulation.",
    example: 524288,
  },
  bNoiseTokens: {
    unit: "tokens",
    lower: 1e-3,
    upper: 1e15,
    description: "Gradient noise scale: the Hessian-weighted ratio of gradient noise to gradient.",
    example: 1e6,
  },
  peakLearningRate: {
    unit: "1/step",
    lower: 1e-9,
    upper: 1e2,
    description: "Highest learning rate of the schedule, after warm-up.",
    example: 3e-4,
  },
  lossNats: {
    unit: "nats per token",
    lower: 1e-6,
    upper: 1e3,
    description: "Cross-entropy of the language model on held-out text.",
    example: 2.5,
  },
} as const satisfies Record<string, QuantityDescription>;

export const nonEmbeddingParams = quantity(QUANTITIES.nonEmbeddingParams);
export const totalParams = quantity(QUANTITIES.totalParams);
export const trainingTokens = quantity(QUANTITIES.trainingTokens);
export const trainingFlops = quantity(QUANTITIES.trainingFlops);
export const sequenceLengthTokens = quantity(QUANTITIES.sequenceLengthTokens);
export const batchTokens = quantity(QUANTITIES.batchTokens);
export const bNoiseTokens = quantity(QUANTITIES.bNoiseTokens);
export const peakLearningRate = quantity(QUANTITIES.peakLearningRate);
export const lossNats = quantity(QUANTITIES.lossNats);

const INTERVAL_LEVEL = {
  unit: "probability",
  lower: 0.5,
  upper: 0.99,
  description: "Coverage of every interval of the answer.",
  example: 0.8,
} as const;

export const DEFAULT_INTERVAL_LEVEL = 0.8;

/** Request field; absent means 0.8. */
export const intervalLevel = quantity(INTERVAL_LEVEL).default(DEFAULT_INTERVAL_LEVEL);
export const intervalLevelInQuery = quantityInQuery(INTERVAL_LEVEL)
  .default(DEFAULT_INTERVAL_LEVEL)
  .openapi({ default: DEFAULT_INTERVAL_LEVEL });

/** Widths and depths of a transformer; the parameter count follows from it. */
export const modelShape = z
  .strictObject({
    layers: quantity({
      unit: "layers",
      lower: 1,
      upper: 1e5,
      description: "Transformer blocks.",
      example: 24,
      integer: true,
    }),
    dModel: quantity({
      unit: "features",
      lower: 1,
      upper: 1e7,
      description: "Width of the residual stream.",
      example: 2048,
      integer: true,
    }),
    dFfn: quantity({
      unit: "features",
      lower: 1,
      upper: 1e8,
      description: "Hidden width of one feed-forward block.",
      example: 8192,
      integer: true,
    }),
    heads: quantity({
      unit: "heads",
      lower: 1,
      upper: 1e5,
      description: "Attention heads of one block.",
      example: 16,
      integer: true,
    }),
    vocabularySize: quantity({
      unit: "tokens of the vocabulary",
      lower: 2,
      upper: 1e8,
      description: "Rows of the embedding matrix.",
      example: 50304,
      integer: true,
    }),
  })
  .openapi("ModelShape", { description: "Shape of a decoder-only transformer." });

const LEVEL = {
  unit: "probability",
  lower: 0.5,
  upper: 0.99,
  description: "Probability that the interval contains the true value.",
  example: 0.8,
} as const;

const interval = z
  .strictObject({
    lower: z.number().nullable().openapi({
      description: "Lower end in the unit of the value; null = unbounded.",
      example: 3e5,
    }),
    upper: z.number().nullable().openapi({
      description: "Upper end in the unit of the value; null = unbounded.",
      example: 9e5,
    }),
    level: quantity(LEVEL),
  })
  .openapi("Interval", { description: "Where the true value lies with the stated probability." });

const basis = z.enum(["law", "measured", "combined", "given", "derived"]).openapi("Basis", {
  description:
    "Where a value comes from: published laws, a measurement of the caller, both, the request itself, " +
    "or arithmetic on other values of the answer.",
  example: "law",
});

/** A number of an answer with its uncertainty and its source. */
export const estimate = z
  .strictObject({
    value: z.number().min(0).openapi({
      description: "The estimate, in the unit its field name ends in.",
      example: 524288,
    }),
    interval,
    basis,
  })
  .openapi("Estimate", {
    description: "A number with an interval and the kind of evidence behind it.",
  });
export type Estimate = z.infer<typeof estimate>;

/** An Estimate handed in by the caller, typically one of an earlier answer: above zero and in order. */
export const givenEstimate = z
  .strictObject({
    value: z.number().gt(0).max(1e30).openapi({
      description: "The estimate, in the unit its field name ends in.",
      example: 524288,
    }),
    interval: z
      .strictObject({
        lower: z.number().gt(0).max(1e30).nullable().openapi({
          description: "Lower end in the unit of the value; null = unbounded.",
          example: 3e5,
        }),
        upper: z.number().gt(0).max(1e30).nullable().openapi({
          description: "Upper end in the unit of the value; null = unbounded.",
          example: 9e5,
        }),
        level: quantity(LEVEL),
      })
      .openapi("GivenInterval", { description: "lower <= value <= upper; null = unbounded." }),
    basis,
  })
  .refine(
    ({ value, interval: { lower, upper } }) => (lower ?? 0) <= value && value <= (upper ?? value),
    {
      path: ["interval"],
      message: "an interval with lower <= value <= upper",
    },
  )
  .openapi("GivenEstimate", {
    description: "A number with its interval, as an earlier answer gave it.",
  });
export type GivenEstimate = z.infer<typeof givenEstimate>;

export const warning = z
  .strictObject({
    code: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .openapi({ description: "Stable, machine-readable.", example: "few-steps" }),
    detail: z.string().openapi({
      description: "One or two sentences for a person.",
      example: "The run has fewer than 500 steps, far fewer than any run behind these laws.",
    }),
  })
  .openapi("Warning", { description: "Something to consider before relying on the answer." });
export type Warning = z.infer<typeof warning>;

/** Field of every answer that fills gaps of its request. */
export const warnings = z
  .array(warning)
  .openapi({ description: "What to consider before relying on the answer, worst first." });

export const assumption = z
  .strictObject({
    field: z.string().openapi({
      description: "The request field that was left out, by its path.",
      example: "data.sequenceLengthTokens",
    }),
    value: z.union([z.number(), z.string()]).openapi({
      description: "The value used in its place.",
      example: 2048,
    }),
    detail: z.string().openapi({
      description: "One or two sentences for a person.",
      example: "Sequences of 2048 tokens are assumed.",
    }),
  })
  .openapi("Assumption", { description: "A default used because the request left a field out." });
export type Assumption = z.infer<typeof assumption>;

/** Field of every answer that fills gaps of its request. */
export const assumptions = z
  .array(assumption)
  .openapi({ description: "Defaults used for fields that the request left out." });

/** Field of every answer of the model. */
export const modelVersion = z.string().min(1).max(32).openapi({
  description:
    "Version of laws, constants and policy; the same request and version give the same bytes.",
  example: "2026.11.2",
});

/** Request field: answers only with exactly this version, refused when the service runs another. */
export const modelVersionPin = z
  .string()
  .min(1)
  .max(32)
  .openapi({
    description: "Refuse unless the service runs this model version.",
    example: "2026.11.2",
  })
  .optional();
