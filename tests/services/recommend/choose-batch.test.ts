import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseBatch, machineSpeed } from "../../../api/services/recommend/choose-batch.ts";
import hardware from "../../vectors/hardware-time.json" with { type: "json" };
import { logUniform, MACHINES, PLAN } from "./requests.ts";

const batches = fc.record({
  bOptTokens: logUniform(1, 1e12),
  bCritTokens: logUniform(1, 1e12),
  bKneeTokens: fc.oneof(fc.constant(0), logUniform(1e-6, 1e18)),
});

describe("the batch an objective asks for", () => {
  it.each(["loss", "balanced", "time", "cost"] as const)(
    "%s lies between the optimal and three critical batches, and rises with each of them",
    (objective) => {
      fc.assert(
        fc.property(batches, fc.double({ min: 1, max: 10, noNaN: true }), (choices, factor) => {
          const batch = chooseBatch(objective, choices);
          expect(batch).toBeGreaterThanOrEqual(choices.bOptTokens);
          expect(batch).toBeLessThanOrEqual(Math.max(choices.bOptTokens, 3 * choices.bCritTokens));
          const more = {
            ...choices,
            bOptTokens: choices.bOptTokens * factor,
            bCritTokens: choices.bCritTokens * factor,
          };
          expect(chooseBatch(objective, more)).toBeGreaterThanOrEqual(batch);
        }),
        { seed: 56 },
      );
    },
  );

  it("pays at most 20 % more tokens for balanced, where the optimal batch does not already cost more", () => {
    fc.assert(
      fc.property(batches, (choices) => {
        const batch = chooseBatch("balanced", choices);
        const overhead = batch / choices.bCritTokens;
        expect(overhead <= 0.2 * (1 + 1e-12) || batch === choices.bOptTokens).toBe(true);
      }),
      { seed: 57 },
    );
  });
});

describe("the speed of the machines", () => {
  it("is devices x FLOP/s over 6 N, with the knee where overhead equals arithmetic", () => {
    const speed = machineSpeed({ ...PLAN, hardware: MACHINES }, 1e9);
    // arXiv:2001.08361, section 2.1: 6 FLOP a parameter and token.
    expect(speed?.tokensPerSecond).toBeCloseTo((64 * 4e14) / 6e9, 0);
    expect(speed?.bKneeTokens).toBeCloseTo((0.12 * 64 * 4e14) / 6e9, 0);
  });

  it("is unknown, not guessed, while a part of it is missing", () => {
    expect(machineSpeed({ ...PLAN, hardware: { devices: 8 } }, 1e9)).toBeUndefined();
  });

  it("gives time the batch of the shortest run in the worked examples", () => {
    for (const { inputs, expected } of hardware.rows) {
      const { bCritTokens } = inputs;
      const choices = { bOptTokens: 1, bCritTokens, bKneeTokens: expected.kneeBatchTokens };
      expect(chooseBatch("time", choices) / expected.timeOptimalBatchTokens).toBeCloseTo(1, 9);
    }
  });
});
