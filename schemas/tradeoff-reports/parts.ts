import { z } from "@hono/zod-openapi";
import { estimate } from "../common.ts";

const text = (description: string, example: string) =>
  z.string().min(1).openapi({ description, example });

const needed = z
  .array(
    z
      .strictObject({
        code: z
          .string()
          .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
          .openapi({ description: "Stable, machine-readable.", example: "noise-scale" }),
        detail: text(
          "What to measure or to send, in one sentence.",
          "Measure the gradient noise scale and send it as evidence.noiseScale.",
        ),
      })
      .openapi("TradeoffNeed", { description: "One thing that would fill the cell." }),
  )
  .openapi({ description: "Any one of these fills the cell; empty if nothing can." });

const openCell = z
  .strictObject({
    status: z
      .enum([
        "needs-probe",
        "needs-measurement",
        "not-applicable",
        "not-needed",
        "impractical",
        "beyond-wall",
        "limited-by-unique-tokens",
      ])
      .openapi({
        description:
          "needs-probe: only a short training run shows it; needs-measurement: the request lacks it; " +
          "not-applicable: this run has no such thing; the others are those of a compensation.",
        example: "needs-probe",
      }),
    reason: text(
      "Why there is no number, in one sentence.",
      "No law predicts the curvature at the end of a run.",
    ),
    needed,
  })
  .openapi("TradeoffOpenCell", { description: "A cell without a number: why, and what fills it." });

export type TradeoffOpenCell = z.infer<typeof openCell>;

/** A number with its interval in the unit of the row, or why there is none. */
const cell = z.union([estimate, openCell]).openapi("TradeoffCell", {
  description: "A number in the unit of its row, or a status with its reason.",
});
export type TradeoffCell = z.infer<typeof cell>;

const aspect = z
  .enum([
    "gradient-noise",
    "sharpness",
    "implicit-regularisation",
    "generalisation",
    "path-smoothness",
    "final-loss",
    "loss-penalty",
    "parameters-for-equal-loss",
    "tokens-for-equal-loss",
    "serial-steps",
    "step-efficiency",
    "token-efficiency",
    "run-time",
    "time-to-equal-loss",
    "device-hours-to-equal-loss",
    "peak-learning-rate",
    "adam-beta2",
    "weight-decay",
    "warmup-steps",
    "batch-ramp",
  ])
  .openapi({ description: "What the row compares.", example: "gradient-noise" });
export type TradeoffAspect = z.infer<typeof aspect>;

const row = z
  .strictObject({
    aspect,
    claim: text(
      "The common claim that the numbers test.",
      "Large batches have less gradient noise.",
    ),
    unit: text("Unit of the numbers of both cells.", "noise over signal, a ratio"),
    small: cell,
    large: cell,
    status: z.enum(["answered", "needs-probe", "needs-measurement", "not-applicable"]).openapi({
      description:
        "answered: laws or evidence cover this run; otherwise what is missing, the same in both cells.",
      example: "answered",
    }),
    finding: text(
      "What the two cells mean, in one or two sentences.",
      "One step of the large batch is 40 times less noisy.",
    ),
    source: text(
      "Publication and place in it, or the experiment that measures it.",
      "arXiv:1812.06162, eq. (2.6)",
    ),
  })
  .openapi("TradeoffRow", { description: "One aspect of the small and the large batch." });
export type TradeoffRow = z.infer<typeof row>;

/** The table, in the order of the aspects. */
export const tradeoffRows = z
  .array(row)
  .openapi({ description: "The small-batch / large-batch table, one row an aspect." });

const mark = z
  .strictObject({
    id: z.enum(["small", "large", "optimal", "critical", "wall", "fastest"]).openapi({
      description: "Which point it is; a point outside the curve has no mark.",
      example: "optimal",
    }),
    x: z.number().min(0).openapi({
      description: "Place on the curve, in the unit of its x.",
      example: 450198,
    }),
    label: text("The same for a plot.", "optimal batch"),
  })
  .openapi("TradeoffMark", { description: "A point worth naming on a curve." });
export type TradeoffMark = z.infer<typeof mark>;

const ends = (which: string) =>
  z
    .array(z.number().min(0).nullable())
    .openapi({ description: `${which} end of the interval of each y; null = unbounded.` });

const curve = z
  .strictObject({
    xUnit: text("Unit of x and of the marks.", "tokens per step"),
    yUnit: text("Unit of y, lower and upper.", "nats per token"),
    x: z.array(z.number().min(0)).openapi({ description: "Points, in growing order." }),
    y: z.array(z.number().min(0)).openapi({ description: "The value at each x." }),
    lower: ends("Lower"),
    upper: ends("Upper"),
    marks: z.array(mark).openapi({ description: "Points worth naming, by growing x." }),
    source: text("Where the curve comes from.", "critbatch-joint, moved to the pooled optimum"),
    band: text(
      "What the interval covers, and what it leaves out.",
      "Uncertainty of the optimal and critical batch.",
    ),
  })
  .openapi("TradeoffCurve", { description: "One plot-ready curve with its interval." });
export type TradeoffCurve = z.infer<typeof curve>;

const curveOf = (description: string) => curve.openapi({ description });

export const tradeoffCurves = z
  .strictObject({
    lossVsBatch: curveOf("Final loss of the run over the batch, its tokens unchanged."),
    learningRateVsBatch: curveOf("Best peak learning rate over the batch."),
    stepsVsTokens: curveOf(
      "Steps over tokens, batch by batch, with which each reaches the loss of the small batch.",
    ),
    timeVsBatch: curveOf(
      "Hours to the loss of the small batch over the batch; absent without hardware.",
    ).optional(),
  })
  .openapi("TradeoffCurves", { description: "Plot-ready curves of the run." });
export type TradeoffCurves = z.infer<typeof tradeoffCurves>;
