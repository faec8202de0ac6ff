import { z } from "@hono/zod-openapi";
import { quantity } from "../common.ts";

export const evidenceItem = z
  .strictObject({
    id: z.string().min(1).openapi({
      description: "Id of the law in the catalogue, or of the caller's own evidence.",
      example: "li2025-step-law",
    }),
    quantity: z
      .enum([
        "bOptTokens",
        "bCritTokens",
        "cbs20Tokens",
        "bOptExamples",
        "bCritExamples",
        "peakLearningRate",
        "weightDecay",
        "lossNats",
        "nonEmbeddingParams",
        "totalParams",
        "trainingTokens",
      ])
      .openapi({ description: "What it says something about.", example: "bOptTokens" }),
    value: z.number().optional().openapi({
      description:
        "What it says, in the unit the quantity's name ends in, unbounded; absent where the law refuses.",
      example: 441900,
    }),
    sdLog: quantity({
      unit: "natural log of the quantity",
      lower: 0,
      upper: 1e3,
      description: "Standard deviation it was used with; absent where the law refuses.",
      example: 0.35,
    }).optional(),
    weight: quantity({
      unit: "fraction",
      lower: 0,
      upper: 1,
      description: "Share in the combined value; the weights of one quantity add up to 1.",
      example: 0.6,
    }),
    insideFit: z.boolean().openapi({
      description: "Whether the question lies inside the range the law was fitted on.",
      example: true,
    }),
    extrapolationLog: quantity({
      unit: "natural log of the inputs",
      lower: 0,
      upper: 1e4,
      description: "Distance from the fitted range; 0 inside.",
      example: 0,
    }),
    status: z.enum(["V1", "V2", "D", "O", "U", "given"]).openapi({
      description:
        "How its constants were checked: V1 in the authors' own code or data, V2 in an independent " +
        "transcription, D derived, O our own fit, U recalled only; given = the caller's own evidence.",
      example: "V1",
    }),
    reason: z.string().min(1).openapi({
      description: "Why it has this weight, such as pooled, same-data or outside-law.",
      example: "pooled",
    }),
    source: z.string().min(1).openapi({
      description: "Publication and place in it, or the field of the request.",
      example: "arXiv:2503.04715, eq. (1)",
    }),
  })
  .openapi("EvidenceItem", { description: "One piece of evidence and its share in the answer." });
export type EvidenceItem = z.infer<typeof evidenceItem>;

const quantityDisagreement = z
  .strictObject({
    tauLog: quantity({
      unit: "natural log of the quantity",
      lower: 0,
      upper: 1e3,
      description: "Between-law standard deviation beyond what the laws' own errors explain.",
      example: 0.3,
    }),
  })
  .openapi("QuantityDisagreement", {
    description: "How far the laws for one quantity lie apart; it widens the interval.",
  });

export const disagreement = z
  .strictObject({
    bOptTokens: quantityDisagreement.optional(),
    bCritTokens: quantityDisagreement.optional(),
    peakLearningRate: quantityDisagreement.optional(),
  })
  .openapi("Disagreement", { description: "Disagreement of the pooled laws, by quantity." });
export type Disagreement = z.infer<typeof disagreement>;
