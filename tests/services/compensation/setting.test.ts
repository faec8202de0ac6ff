import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type PricedSetting,
  priceOfBatch,
  priceOfLearningRate,
} from "../../../api/services/compensation/setting.ts";
import { logUniform } from "../recommend/requests.ts";

const quantity = (value: number, variance = 0.2) => ({
  lnValue: Math.log(value),
  variance,
  degreesOfFreedom: Number.POSITIVE_INFINITY,
  basis: "law" as const,
});

const setting = (over: Partial<PricedSetting> = {}): PricedSetting => ({
  nonEmbeddingParams: 1e9,
  trainingTokens: 2e10,
  bOpt: quantity(5e5),
  bCrit: quantity(5e6),
  level: 0.8,
  ...over,
});

describe("the price of a batch", () => {
  it("is 0 at the optimal batch and rises on both sides of it", () => {
    expect(priceOfBatch(setting(), 5e5).value).toBeCloseTo(0, 12);
    for (const side of [0.5, 2]) {
      let before = 0;
      for (let batch = 5e5 * side; batch > 1e3 && batch < 1e9; batch *= side) {
        const { value } = priceOfBatch(setting(), batch);
        expect(value).toBeGreaterThan(before);
        before = value;
      }
    }
  });

  it("is near the measured curvature: about 0.014 nats for each squared ln unit", () => {
    // Refit of arXiv:2503.04715's runs: interquartile range 0.011 to 0.016 over the tuned cells of 4e9 to 1e11 tokens.
    for (const factor of [0.5, 2]) {
      const curvature = priceOfBatch(setting(), 5e5 * factor).value / Math.LN2 ** 2;
      expect(curvature).toBeGreaterThan(0.006);
      expect(curvature).toBeLessThan(0.03);
    }
  });

  it("reaches down to 0 while the batch may be the optimal one, and no longer", () => {
    expect(priceOfBatch(setting(), 7e5).interval.lower).toBe(0);
    expect(priceOfBatch(setting(), 5e6).interval.lower).toBeGreaterThan(0);
  });

  it("has ends in order at any batch and any uncertainty", () => {
    fc.assert(
      fc.property(
        logUniform(1, 1e12),
        logUniform(1e3, 1e10),
        logUniform(1e3, 1e12),
        logUniform(1e-4, 20),
        (batch, bOpt, bCrit, variance) => {
          const { value, interval } = priceOfBatch(
            setting({ bOpt: quantity(bOpt, variance), bCrit: quantity(bCrit, variance) }),
            batch,
          );
          expect(interval.lower).toBeLessThanOrEqual(value);
          expect(interval.upper).toBeGreaterThanOrEqual(value);
          expect(interval.lower).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(interval.upper)).toBe(true);
        },
      ),
      { seed: 82 },
    );
  });
});

describe("the price of a learning rate", () => {
  const best = quantity(1e-3, 0.05);
  const price = (peakLearningRate: number, batchTokens = 5e5) =>
    priceOfLearningRate(setting(), { batchTokens, peakLearningRate }, best);

  it("is 0 at the best one and a parabola in ln on either side", () => {
    expect(price(1e-3).value).toBeCloseTo(0, 12);
    for (const factor of [0.5, 2]) {
      const once = price(1e-3 * factor).value;
      expect(price(1e-3 * factor ** 2).value / once).toBeCloseTo(4, 3);
    }
  });

  it("is in the middle of both sides near the measured curvature, and dearer above the best one", () => {
    const [below, above] = [price(5e-4).value, price(2e-3).value];
    // Refit of arXiv:2503.04715's runs: 0.029 nats for each squared ln unit, interquartile range 0.021 to 0.047.
    const curvature = (below + above) / 2 / Math.LN2 ** 2;
    expect(curvature).toBeGreaterThan(0.015);
    expect(curvature).toBeLessThan(0.06);
    expect(above).toBeGreaterThan(below);
  });

  it("reaches down to 0 inside the interval of the best one, and is in order everywhere", () => {
    expect(price(1.2e-3).interval.lower).toBe(0);
    expect(price(1e-2).interval.lower).toBeGreaterThan(0);
    fc.assert(
      fc.property(logUniform(1e-9, 1e2), logUniform(1, 1e12), (rate, batch) => {
        const { value, interval } = price(rate, batch);
        expect(interval.lower).toBeLessThanOrEqual(value);
        expect(interval.upper).toBeGreaterThanOrEqual(value);
      }),
      { seed: 83 },
    );
  });
});
