import { z } from "@hono/zod-openapi";
import { estimate } from "../common.ts";

const LARGEST = 1e300;

const estimateOf = (description: string) => estimate.openapi({ description });

const plain = (unit: string, lower: number, description: string, example: number) =>
  z
    .number()
    .min(lower)
    .max(LARGEST)
    .openapi({ description: `${description} Unit: ${unit}.`, example, "x-unit": unit });

const sentence = (description: string, example: string) =>
  z.string().min(1).openapi({ description, example });

const remedies = z
  .array(
    z
      .strictObject({
        code: z
          .string()
          .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
          .openapi({ description: "Stable, machine-readable.", example: "smaller-batch" }),
        detail: sentence("What to change, in one sentence.", "A batch below 1.31e7 tokens."),
      })
      .openapi("Remedy", { description: "One change that would help." }),
  )
  .min(1)
  .openapi({ description: "Any one of these would help." });

const reason = sentence(
  "Why this route is closed, in one sentence.",
  "The batch lies beyond the wall of 3.2e7 tokens: no number of parameters restores the loss.",
);

const paramsRatio = "Parameters that restore the loss at the same tokens and batch, over those now";

/** What more parameters are, where a finite number of them restores the loss. */
const parametersFields = {
  paramsRatio: estimateOf(
    `${paramsRatio}, a ratio. Compensable: geometric mean of the explicit and the implicit form; impractical: ` +
      "the explicit form. The interval runs from the explicit form at the upper end of the interval of " +
      "bCritTokens to the implicit form at its lower end; null = beyond the wall.",
  ),
  nonEmbeddingParams: estimateOf(
    "Parameters without embeddings that restore the loss; of a mixture of experts the active ones.",
  ),
  totalParams: estimateOf("All parameters that restore the loss, embeddings included."),
  extraFlopsRatio: estimateOf(
    "Extra training FLOPs of this route, as a ratio to those of the run now: paramsRatio - 1.",
  ),
};

const parametersCompensable = z
  .strictObject({
    status: z.literal("compensable").openapi({
      description: "More parameters restore the loss at a practical cost.",
      example: "compensable",
    }),
    ...parametersFields,
  })
  .openapi("ParametersCompensable", { description: "Restoring the loss with a larger model." });

const parametersImpractical = z
  .strictObject({
    status: z.literal("impractical").openapi({
      description: "Finite in the optimistic form only, or more than ten times the parameters.",
      example: "impractical",
    }),
    bound: z.literal("lower").openapi({
      description: "The values are lower bounds: the explicit, optimistic form.",
      example: "lower",
    }),
    ...parametersFields,
    reason,
    needed: remedies,
  })
  .openapi("ParametersImpractical", { description: "A larger model is not practical." });

const parametersBeyondWall = z
  .strictObject({
    status: z.literal("beyond-wall").openapi({
      description: "No number of parameters restores the loss at these tokens.",
      example: "beyond-wall",
    }),
    reason,
    needed: remedies,
  })
  .openapi("ParametersBeyondWall", { description: "No larger model is enough." });

const tokensFields = {
  tokensRatio: estimateOf(
    "Tokens that restore the loss at the same parameters and batch, over those now, a ratio; repeats counted.",
  ),
  trainingTokens: estimateOf("Tokens of the whole run that restore the loss; repeats counted."),
  extraFlopsRatio: estimateOf(
    "Extra training FLOPs of this route, as a ratio to those of the run now: tokensRatio - 1.",
  ),
  steps: plain("optimizer steps", 0, "Steps of this route at the same batch.", 58000),
};

const tokensCompensable = z
  .strictObject({
    status: z
      .literal("compensable")
      .openapi({ description: "More tokens restore the loss.", example: "compensable" }),
    ...tokensFields,
  })
  .openapi("TokensCompensable", { description: "Restoring the loss with a longer run." });

const tokensLimitedByUnique = z
  .strictObject({
    status: z.literal("limited-by-unique-tokens").openapi({
      description:
        "The distinct tokens would be repeated more than four times, or no number of repeats is enough. The " +
        "numbers are those of fresh tokens.",
      example: "limited-by-unique-tokens",
    }),
    ...tokensFields,
    neededUniqueTokens: plain(
      "tokens",
      0,
      "Distinct tokens with which four epochs would be enough.",
      1.2e10,
    ),
    reason,
    needed: remedies,
  })
  .openapi("TokensLimitedByUniqueTokens", { description: "A longer run lacks distinct tokens." });

const tokensLimitedBySteps = z
  .strictObject({
    status: z.literal("limited-by-steps").openapi({
      description: "The longer run would take more steps than allowed.",
      example: "limited-by-steps",
    }),
    ...tokensFields,
    reason,
    needed: remedies,
  })
  .openapi("TokensLimitedBySteps", { description: "A longer run lacks steps." });

const tokensWay = z
  .discriminatedUnion("status", [tokensCompensable, tokensLimitedByUnique, tokensLimitedBySteps])
  .openapi({ description: "Restoring the loss with more tokens." });

const formFields = {
  batchPenaltyNats: plain(
    "nats per token",
    0,
    "Loss above the baseline at the same parameters and tokens.",
    0.034,
  ),
  tokensRatio: plain("ratio", 1, "Tokens that restore the loss, over those now.", 1.18),
  wallBatchTokens: plain(
    "tokens",
    0,
    "Batch from which no number of parameters restores the loss.",
    1.31e7,
  ),
  breakEvenBatchTokens: plain(
    "tokens",
    0,
    "Batch up to which more parameters cost fewer FLOPs than more tokens; 0, or the optimal batch, when never.",
    2.7e7,
  ),
};

/** One of the two readings of the critical batch, without intervals. */
const form = (description: string) =>
  z
    .discriminatedUnion("status", [
      z
        .strictObject({
          status: z.literal("within-wall").openapi({
            description: "A finite number of parameters restores the loss.",
            example: "within-wall",
          }),
          paramsRatio: plain("ratio", 1, `${paramsRatio}.`, 1.22),
          ...formFields,
        })
        .openapi("FormWithinWall", { description: "Prices in one form, below its wall." }),
      z
        .strictObject({
          status: z.literal("beyond-wall").openapi({
            description: "No number of parameters restores the loss in this form.",
            example: "beyond-wall",
          }),
          ...formFields,
        })
        .openapi("FormBeyondWall", { description: "Prices in one form, beyond its wall." }),
    ])
    .openapi({ description });

const serialBudget = z
  .discriminatedUnion("status", [
    z
      .strictObject({
        status: z.literal("ok").openapi({
          description: "The loss can be reached in the steps allowed.",
          example: "ok",
        }),
        maxSteps: plain("optimizer steps", 1, "Steps allowed, as given.", 20000),
        minSteps: estimateOf("Fewest steps any model and batch can reach the loss in."),
        nonEmbeddingParams: estimateOf(
          "Parameters without embeddings of the cheapest run; of a mixture of experts the active ones.",
        ),
        totalParams: estimateOf("All parameters of the cheapest run."),
        trainingTokens: estimateOf("Tokens of the cheapest run."),
        batchTokens: estimateOf("Global batch of the cheapest run, tokens per step."),
        flopsRatio: estimateOf(
          "Training FLOPs of the cheapest run over those of the run as asked, a ratio.",
        ),
      })
      .openapi("SerialBudgetMet", {
        description: "The run with the fewest FLOPs that reaches the loss in the steps allowed.",
      }),
    z
      .strictObject({
        status: z.literal("below-floor").openapi({
          description: "No model and batch reach the loss in so few steps.",
          example: "below-floor",
        }),
        maxSteps: plain("optimizer steps", 1, "Steps allowed, as given.", 2000),
        minSteps: estimateOf("Fewest steps any model and batch can reach the loss in."),
        reason,
        needed: remedies,
      })
      .openapi("SerialBudgetBelowFloor", { description: "The steps allowed are too few." }),
  ])
  .openapi({ description: "What the limit on steps means; present when steps.max was given." });

const caveat = z
  .strictObject({
    code: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .openapi({ description: "Stable, machine-readable.", example: "batch-retuned" }),
    detail: sentence(
      "One sentence for a person.",
      "Learning rate, weight decay and beta2 are taken as tuned at every batch.",
    ),
  })
  .openapi("Caveat", { description: "What the prices assume, or leave out." });

/** Ids of the laws of the catalogue that give a loss in parameters and tokens, and the law of the caller's own runs. */
const LOSS_LAWS = ["besiroglu2024", "hoffmann2022-approach3", "kaplan2020", "fit"] as const;

export const lossLaw = z.enum(LOSS_LAWS).openapi({
  description:
    "Loss law that prices the batch, by its id in the catalogue; fit: the one of lossFit.",
  example: "besiroglu2024",
});

export const relativeTo = z.enum(["zero-noise-limit", "optimal-batch"]).openapi({
  description:
    "The loss to restore: that of a vanishingly small batch (a limit no real run reaches) or that of the optimal batch.",
  example: "zero-noise-limit",
});

const commonFields = {
  lossLaw,
  relativeTo,
  batchOverCritical: estimateOf("The batch over the critical batch, a ratio."),
  batchPenaltyNats: estimateOf(
    "Loss above the baseline at the same parameters and tokens, nats per token: the explicit form; interval " +
      "from the explicit form at the upper end of the interval of bCritTokens to the implicit form at its lower end.",
  ),
  breakEvenBatchTokens: estimateOf(
    "Batch up to which more parameters cost fewer FLOPs than more tokens, tokens; 0, or the optimal batch, when " +
      "tokens are cheaper from the start. Geometric mean and range of both forms at the central bCritTokens.",
  ),
  wallBatchTokens: estimateOf(
    "Batch from which no number of parameters restores the loss, tokens: from the implicit to the explicit wall " +
      "at the central bCritTokens, value their geometric mean.",
  ),
  explicit: form("Prices with B_crit at the tokens processed: the optimistic form, no intervals."),
  implicit: form("Prices with B_crit at the effective tokens: the pessimistic form, no intervals."),
  serialBudget: serialBudget.optional(),
  caveats: z
    .array(caveat)
    .min(1)
    .openapi({ description: "What the prices assume, and what they leave out." }),
};

const cheaper = z.enum(["parameters", "tokens", "neither"]).openapi({
  description: "The compensable route with fewer FLOPs; neither: no route restores the loss.",
  example: "tokens",
});

const status = <S extends string>(value: S, description: string) =>
  z.literal(value).openapi({ description, example: value });

/** The four forms of a price, without what an answer of its own adds. */
export const notNeeded = z
  .strictObject({
    status: status(
      "not-needed",
      "The batch is no larger than the optimal one, or costs less than 0.002 nats more.",
    ),
    reason: sentence(
      "Why no compensation is needed.",
      "The batch is no larger than the optimal one.",
    ),
    ...commonFields,
  })
  .openapi("CompensationNotNeeded", {
    description: "The batch costs no extra parameters or tokens.",
  });

export const compensable = z
  .strictObject({
    status: status(
      "compensable",
      "Both forms are finite and their geometric mean is at most ten times the parameters.",
    ),
    parameters: parametersCompensable,
    tokens: tokensWay,
    cheaper,
    ...commonFields,
  })
  .openapi("CompensationCompensable", { description: "More parameters restore the loss." });

export const impractical = z
  .strictObject({
    status: status(
      "impractical",
      "The explicit form is finite, but the implicit one is beyond its wall, or their geometric mean exceeds ten.",
    ),
    parameters: parametersImpractical,
    tokens: tokensWay,
    cheaper,
    ...commonFields,
  })
  .openapi("CompensationImpractical", { description: "More parameters are not practical." });

export const beyondWall = z
  .strictObject({
    status: status("beyond-wall", "No number of parameters restores the loss at these tokens."),
    parameters: parametersBeyondWall,
    tokens: tokensWay,
    cheaper,
    ...commonFields,
  })
  .openapi("CompensationBeyondWall", { description: "No number of parameters is enough." });
