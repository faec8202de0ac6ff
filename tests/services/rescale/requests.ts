import { rescaleBatch } from "../../../api/services/rescale/rescale.ts";
import type { BatchRescaleAnswer } from "../../../schemas/batch-rescales/answer.ts";
import { batchRescaleRequest } from "../../../schemas/batch-rescales/request.ts";

/** The worked move of the rules: batch 256 to 1024 examples at a learning rate of 1e-3. */
export const MOVE = {
  optimizer: { kind: "adam", adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 },
  from: { batchExamples: 256, peakLearningRate: 1e-3 },
  to: { batchExamples: 1024 },
};

export const SGD = { kind: "sgd" };
export const LANGUAGE_MODEL = {
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10 },
};

/** A move of a language model's AdamW, in tokens. */
export const pretraining = (fromTokens: number, toTokens: number, over: object = {}) => ({
  ...LANGUAGE_MODEL,
  optimizer: { kind: "adamw", adamBeta1: 0.9, adamBeta2: 0.95, adamEpsilon: 1e-8 },
  from: { batchTokens: fromTokens, peakLearningRate: 1e-3 },
  to: { batchTokens: toTokens },
  ...over,
});

/** A measured noise scale, well known. */
export const noise = (value: number, over: object = {}) => ({
  bSimple: {
    value,
    interval: { lower: value / 1.2, upper: value * 1.2, level: 0.8 },
    basis: "measured",
  },
  unit: "examples",
  measuredOver: "late",
  weighting: "hessian",
  ...over,
});

export const ask = (over: object = {}): BatchRescaleAnswer =>
  rescaleBatch(batchRescaleRequest.parse({ ...MOVE, ...over }));

/** The answer of a move that is not refused. */
export function moved(over: object = {}): Exclude<BatchRescaleAnswer, { status: "refused" }> {
  const answer = ask(over);
  if (answer.status === "refused") throw new Error(answer.reason);
  return answer;
}

export const rateOf = (over: object = {}): number => moved(over).peakLearningRate.value;

export const holdsOf = (answer: BatchRescaleAnswer, code: string): boolean | null | undefined =>
  answer.preconditions.find((one) => one.code === code)?.holds;
