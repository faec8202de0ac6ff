import { expect } from "vitest";
import { type PriceBatchInput, priceBatch } from "../../../api/services/compensation/batch.ts";

export const powerLines = (tokens: number): number => 2048 * 0.0471 * tokens ** 0.462;

export const dense = (params: number) => ({
  nonEmbeddingParams: params,
  computeParams: params,
  totalParams: params,
});

export function inputOf(over: Partial<PriceBatchInput> = {}): PriceBatchInput {
  const trainingTokens = over.trainingTokens ?? 2e10;
  const bCrit = powerLines(trainingTokens);
  return {
    model: dense(1e9),
    trainingTokens,
    batchTokens: 4e6,
    lossLaw: "besiroglu2024",
    bCrit: { value: bCrit, lower: bCrit / 2, upper: bCrit * 2 },
    bCritCluster: "given",
    bOptTokens: 0.58 * trainingTokens ** 0.571,
    relativeTo: "zero-noise-limit",
    intervalLevel: 0.8,
    ...over,
  };
}

export const price = (over: Partial<PriceBatchInput> = {}) =>
  priceBatch(inputOf(over)).compensation;
export const certain = (value: number) => ({ value, lower: value, upper: value });
export const withinDigits = (actual: number, expected: number, relative = 1e-5) =>
  expect(Math.abs(actual / expected - 1), `${actual} for ${expected}`).toBeLessThan(relative);
