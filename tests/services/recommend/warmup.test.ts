import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planWarmup } from "../../../api/services/recommend/warmup.ts";
import vectors from "../../vectors/warmup-tokens.json" with { type: "json" };
import { logUniform } from "./requests.ts";

describe("the warm-up", () => {
  it("lasts as many tokens as the model has parameters", () => {
    for (const { inputs, expected } of vectors.rows) {
      const { totalParams, batchTokens } = inputs;
      const { warmupSteps } = planWarmup(totalParams, 1e13, batchTokens);
      expect(warmupSteps).toBe(Math.round(expected.warmupSteps));
    }
  });

  it("takes at most a tenth of a short run, but at least a hundred steps", () => {
    expect(planWarmup(1e9, 2e9, 1e5).warmupSteps).toBe(2e3);
    expect(planWarmup(1e9, 1e9, 4e6).warmupSteps).toBe(100);
  });

  it("is a whole number of steps, at least one and at most about half the run, the same in tokens", () => {
    fc.assert(
      fc.property(
        logUniform(1e3, 1e15),
        logUniform(1e3, 1e17),
        logUniform(12, 1e12).map(Math.round),
        (params, tokens, batch) => {
          const { warmupSteps, warmupTokens } = planWarmup(params, tokens, batch);
          expect(Number.isInteger(warmupSteps)).toBe(true);
          expect(warmupSteps).toBeGreaterThanOrEqual(1);
          expect(warmupSteps).toBeLessThanOrEqual(Math.max(1, tokens / batch / 2 + 0.5));
          expect(warmupTokens / (warmupSteps * batch)).toBeCloseTo(1, 5);
        },
      ),
      { seed: 73 },
    );
  });
});
