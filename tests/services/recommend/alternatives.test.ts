import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logUniform, MACHINES, PLAN, recommended } from "./requests.ts";

describe("the alternatives", () => {
  it("name the critical batch, where tokens and steps both double", () => {
    const { alternatives, criticalBatch } = recommended(PLAN);
    const critical = alternatives.find(({ id }) => id === "critical");
    expect((critical?.batchTokens ?? 0) / criticalBatch.bCritTokens.value).toBeCloseTo(1, 2);
    expect(critical?.tokensRatio).toBeCloseTo(2, 2);
    expect(critical?.stepsRatio).toBeCloseTo(2, 2);
  });

  it("lie on the hyperbola of steps and tokens, sorted and unique, none larger than the run needs", () => {
    fc.assert(
      fc.property(
        logUniform(1e3, 1e15),
        logUniform(1e3, 1e17),
        fc.integer({ min: 1, max: 64 }),
        (params, trainingTokens, devices) => {
          const { alternatives, batch } = recommended({
            ...PLAN,
            model: { nonEmbeddingParams: params },
            data: { trainingTokens, sequenceLengthTokens: 64 },
            hardware: { ...MACHINES, devices },
          });
          const batches = alternatives.map(({ batchTokens }) => batchTokens);
          expect(batches).toEqual([...new Set(batches)].sort((a, b) => a - b));
          expect(batches).not.toContain(batch.batchTokens.value);
          for (const { tokensRatio, stepsRatio, batchTokens, steps } of alternatives) {
            // arXiv:1812.06162, eq. (2.11).
            expect((tokensRatio - 1) * (stepsRatio - 1)).toBeCloseTo(1, 3);
            expect(batchTokens).toBeLessThanOrEqual(1.5 * trainingTokens + 64 * devices);
            expect(steps).toBe(Math.ceil(trainingTokens / batchTokens));
          }
        },
      ),
      { seed: 91, numRuns: 200 },
    );
  });

  it("take longer on the same machines only with a smaller batch, at the same tokens", () => {
    const { alternatives } = recommended({ ...PLAN, hardware: MACHINES });
    const hours = alternatives.map(({ timeHours }) => timeHours ?? 0);
    expect(hours.length).toBeGreaterThan(1);
    expect(hours).toEqual([...hours].sort((a, b) => b - a));
  });

  it("keep to the constraints", () => {
    const { alternatives } = recommended({
      ...PLAN,
      constraints: { batchTokens: { max: 2 ** 20, multipleOf: 2 ** 14 } },
    });
    for (const { batchTokens } of alternatives) {
      expect(batchTokens).toBeLessThanOrEqual(2 ** 20);
      expect(batchTokens % 2 ** 14).toBe(0);
    }
  });
});
