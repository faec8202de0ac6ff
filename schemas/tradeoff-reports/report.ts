import { z } from "@hono/zod-openapi";
import { assumptions, modelVersion, quantity, warnings } from "../common.ts";
import { WHOLE_BATCH_TOKENS } from "../recommendations/blocks.ts";
import { criticalBatch } from "../recommendations/parts.ts";
import { recommendationRequest } from "../recommendations/request.ts";
import { tradeoffCurves, tradeoffRows } from "./parts.ts";

const smallBatchTokens = quantity({
  ...WHOLE_BATCH_TOKENS,
  description: "The small batch of the comparison; assumed the recommended one when absent.",
  example: 262144,
});
const largeBatchTokens = quantity({
  ...WHOLE_BATCH_TOKENS,
  description:
    "The large batch of the comparison; assumed four critical batches, or the current one if larger, when absent.",
  example: 16777216,
});

/** Body of POST /v1/tradeoff-reports: that of a recommendation and the two batches. */
export const tradeoffReportRequest = z
  .strictObject({
    ...recommendationRequest.shape,
    smallBatchTokens: smallBatchTokens.optional(),
    largeBatchTokens: largeBatchTokens.optional(),
  })
  .refine(
    ({ smallBatchTokens: small, largeBatchTokens: large }) =>
      small === undefined || large === undefined || small < large,
    { path: ["largeBatchTokens"], message: "above smallBatchTokens" },
  )
  .openapi("TradeoffReportRequest", {
    description: "A planned run, as for a recommendation, and two batches to compare.",
    example: {
      model: { nonEmbeddingParams: 1e9 },
      data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
      smallBatchTokens: 262144,
      largeBatchTokens: 16777216,
    },
  });
export type TradeoffReportRequest = z.infer<typeof tradeoffReportRequest>;

const batches = z
  .strictObject({
    smallBatchTokens: quantity({
      ...WHOLE_BATCH_TOKENS,
      upper: 1e17,
      description: "The small batch, made to fit the machines.",
    }),
    largeBatchTokens: quantity({
      ...WHOLE_BATCH_TOKENS,
      upper: 1e17,
      description: "The large batch, made to fit the machines.",
      example: 16777216,
    }),
  })
  .openapi("TradeoffBatches", { description: "The two batches of the table." });

const verdict = z
  .string()
  .min(1)
  .openapi({
    description: "What the table says, in plain English.",
    example:
      "At the same 20B tokens the batch of 16.8M takes 64 times fewer steps than that of 262k and ends " +
      "0.19 nats higher.",
  });

const closing = {
  rows: tradeoffRows,
  verdict,
  assumptions,
  warnings,
  modelVersion,
};

const reported = z
  .strictObject({
    status: z.literal("reported").openapi({
      description: "Laws and the caller's evidence fill the table.",
      example: "reported",
    }),
    batches,
    criticalBatch,
    curves: tradeoffCurves,
    ...closing,
  })
  .openapi("TradeoffReported", { description: "The table of a pre-training run." });
export type TradeoffReported = z.infer<typeof reported>;

const withoutLaws = z
  .strictObject({
    status: z.literal("without-laws").openapi({
      description: "No pre-training law applies to the task: only the caller's evidence counts.",
      example: "without-laws",
    }),
    task: z.enum(["fine-tuning", "other"]).openapi({
      description: "What is trained.",
      example: "fine-tuning",
    }),
    batches: batches.optional(),
    ...closing,
  })
  .openapi("TradeoffWithoutLaws", {
    description: "The same table for other tasks; most cells say what to measure.",
  });
export type TradeoffWithoutLaws = z.infer<typeof withoutLaws>;

/** Answer of POST /v1/tradeoff-reports. */
export const tradeoffReportAnswer = z
  .discriminatedUnion("status", [reported, withoutLaws])
  .openapi("TradeoffReportAnswer", {
    description: "The small-batch / large-batch table of a run, every cell with its source.",
  });
export type TradeoffReportAnswer = z.infer<typeof tradeoffReportAnswer>;
