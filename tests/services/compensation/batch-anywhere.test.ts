import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PriceBatchInput, priceBatch } from "../../../api/services/compensation/batch.ts";
import { compensation } from "../../../schemas/compensations/compensation.ts";
import { powerLines } from "./batch-input.ts";

const log = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

const anyInput = fc
  .record({
    params: log(1e3, 1e15),
    embeddings: fc.constantFrom(1, 1.05, 3),
    experts: fc.constantFrom(1, 8),
    trainingTokens: log(1e3, 1e17),
    batchShare: log(1e-9, 1),
    lossLaw: fc.constantFrom("besiroglu2024", "hoffmann2022-approach3", "kaplan2020"),
    bCrit: log(1e-3, 1e21),
    bCritOnLaw: fc.boolean(),
    spread: log(1, 1e3),
    lowerOpen: fc.boolean(),
    upperOpen: fc.boolean(),
    bCritExponent: fc.double({ min: 0, max: 0.9, noNaN: true }),
    relativeTo: fc.constantFrom("zero-noise-limit", "optimal-batch"),
    maxSteps: fc.option(log(1, 1e12), { nil: undefined }),
    uniqueTokens: fc.option(log(1e3, 1e17), { nil: undefined }),
    intervalLevel: fc.constantFrom(0.5, 0.8, 0.99),
  })
  .map((of): PriceBatchInput => {
    const onLaw = powerLines(of.trainingTokens);
    const value = of.bCritOnLaw ? onLaw : of.bCrit;
    return {
      model: {
        nonEmbeddingParams: of.params,
        computeParams: of.params * of.embeddings,
        totalParams: of.params * of.embeddings * of.experts,
      },
      trainingTokens: of.trainingTokens,
      batchTokens: Math.min(1e12, Math.max(1, of.trainingTokens * of.batchShare)),
      lossLaw: of.lossLaw,
      bCrit: {
        value,
        lower: of.lowerOpen ? null : Math.max(1e-3, value / of.spread),
        upper: of.upperOpen ? null : Math.min(1e21, value * of.spread),
      },
      bCritCluster: "given",
      bCritExponent: of.bCritExponent,
      bOptTokens: 0.58 * of.trainingTokens ** 0.571,
      relativeTo: of.relativeTo,
      maxSteps: of.maxSteps,
      uniqueTokens: of.uniqueTokens,
      intervalLevel: of.intervalLevel,
    };
  });

interface Interval {
  readonly value: number;
  readonly interval: { readonly lower: number | null; readonly upper: number | null };
}

function estimatesIn(part: unknown): Interval[] {
  if (typeof part !== "object" || part === null) return [];
  if ("interval" in part && "value" in part) return [part as Interval];
  return Object.values(part).flatMap(estimatesIn);
}

describe("anywhere in the ranges of the wire", () => {
  it("the answer is one of the four forms, all its numbers are finite, every value lies in its interval", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyInput, (input) => {
        const answer = priceBatch(input).compensation;
        seen.add(answer.status);
        const parsed = compensation.safeParse(answer);
        expect(parsed.error?.issues ?? []).toEqual([]);
        for (const { value, interval } of estimatesIn(answer)) {
          expect(interval.lower ?? value).toBeLessThanOrEqual(value);
          expect(interval.upper ?? value).toBeGreaterThanOrEqual(value);
        }
      }),
      { seed: 20241123, numRuns: 5000 },
    );
    expect([...seen].sort()).toEqual(["beyond-wall", "compensable", "impractical", "not-needed"]);
  });

  it("the same input gives the same bytes", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(JSON.stringify(priceBatch(input))).toBe(JSON.stringify(priceBatch({ ...input })));
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
