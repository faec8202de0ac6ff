import { z } from "@hono/zod-openapi";
import { intervalLevelInQuery, modelVersionPin, QUANTITIES, quantityInQuery } from "../common.ts";
import {
  objective,
  optimizerKind,
  PLAN_QUANTITIES,
  scheduleKind,
  task,
  WHOLE_BATCH_TOKENS,
} from "./blocks.ts";
import type { RecommendationRequest } from "./request.ts";

/** Query of GET /v1/recommendations: the quick form, flat, everything optional. */
export const recommendationQuery = z
  .strictObject({
    nonEmbeddingParams: quantityInQuery(QUANTITIES.nonEmbeddingParams).optional(),
    totalParams: quantityInQuery(QUANTITIES.totalParams).optional(),
    trainingTokens: quantityInQuery(QUANTITIES.trainingTokens).optional(),
    trainingFlops: quantityInQuery(QUANTITIES.trainingFlops).optional(),
    sequenceLengthTokens: quantityInQuery(QUANTITIES.sequenceLengthTokens).optional(),
    uniqueTokens: quantityInQuery(PLAN_QUANTITIES.uniqueTokens).optional(),
    batchTokens: quantityInQuery({
      ...WHOLE_BATCH_TOKENS,
      description: "Batch used now, to be judged.",
    }).optional(),
    peakLearningRate: quantityInQuery({
      ...QUANTITIES.peakLearningRate,
      description: "Peak learning rate used now, to be judged.",
    }).optional(),
    optimizer: optimizerKind.optional(),
    schedule: scheduleKind.optional(),
    objective: objective.optional(),
    task: task.optional(),
    devices: quantityInQuery(PLAN_QUANTITIES.devices).optional(),
    flopPerSecondPerDevice: quantityInQuery(PLAN_QUANTITIES.flopPerSecondPerDevice).optional(),
    stepOverheadMs: quantityInQuery(PLAN_QUANTITIES.stepOverheadMs).optional(),
    maxMicroBatchSequences: quantityInQuery(PLAN_QUANTITIES.maxMicroBatchSequences).optional(),
    intervalLevel: intervalLevelInQuery.unwrap().optional(),
    modelVersion: modelVersionPin,
  })
  .refine((query) => query.nonEmbeddingParams === undefined || query.totalParams === undefined, {
    path: ["totalParams"],
    message: "nonEmbeddingParams or totalParams, not both",
  });
export type RecommendationQuery = z.infer<typeof recommendationQuery>;

type Block = Readonly<Record<string, unknown>>;

/** Drops absent members, so that an empty block does not count as given. */
function given<T extends Block>(block: T): T | undefined {
  const present = Object.entries(block).filter(([, value]) => value !== undefined);
  return present.length === 0 ? undefined : (Object.fromEntries(present) as T);
}

function modelOf(query: RecommendationQuery): RecommendationRequest["model"] {
  if (query.nonEmbeddingParams !== undefined) {
    return { nonEmbeddingParams: query.nonEmbeddingParams };
  }
  return query.totalParams === undefined ? undefined : { totalParams: query.totalParams };
}

/** The full form of a quick query: the same question, so the same answer to the byte. */
export function queryToRequest(query: RecommendationQuery): RecommendationRequest {
  const request: RecommendationRequest = {
    task: query.task,
    model: modelOf(query),
    data: given({
      trainingTokens: query.trainingTokens,
      sequenceLengthTokens: query.sequenceLengthTokens,
      uniqueTokens: query.uniqueTokens,
    }),
    compute: given({ trainingFlops: query.trainingFlops }),
    optimizer: given({ kind: query.optimizer }),
    schedule: given({ kind: query.schedule }),
    objective: query.objective,
    hardware: given({
      devices: query.devices,
      flopPerSecondPerDevice: query.flopPerSecondPerDevice,
      stepOverheadMs: query.stepOverheadMs,
      maxMicroBatchSequences: query.maxMicroBatchSequences,
    }),
    current: given({
      batchTokens: query.batchTokens,
      peakLearningRate: query.peakLearningRate,
    }),
    intervalLevel: query.intervalLevel,
    modelVersion: query.modelVersion,
  };
  return given(request) ?? {};
}
