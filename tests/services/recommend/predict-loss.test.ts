import { describe, expect, it } from "vitest";
import { predictLoss } from "../../../api/services/recommend/predict-loss.ts";

const run = { nonEmbeddingParams: 1e9, trainingTokens: 2e10 };
const penalty = (value: number, lower: number | null, upper: number | null) => ({
  value,
  interval: { lower, upper, level: 0.8 },
  basis: "derived" as const,
});
const none = penalty(0, 0, 0);

describe("the loss of a run", () => {
  it("is lower for more parameters and for more tokens", () => {
    const at = (n: number, d: number) =>
      predictLoss({ nonEmbeddingParams: n, trainingTokens: d }, none, 0.8).lossNats.value;
    expect(at(2e9, 2e10)).toBeLessThan(at(1e9, 2e10));
    expect(at(1e9, 4e10)).toBeLessThan(at(1e9, 2e10));
  });

  it("adds the penalty of the batch, and its interval", () => {
    const free = predictLoss(run, none, 0.8).lossNats;
    const priced = predictLoss(run, penalty(0.1, 0.05, 0.3), 0.8).lossNats;
    expect(priced.value - free.value).toBeCloseTo(0.1, 5);
    expect((priced.interval.lower ?? 0) - (free.interval.lower ?? 0)).toBeCloseTo(0.05, 5);
    expect((priced.interval.upper ?? 0) - (free.interval.upper ?? 0)).toBeCloseTo(0.3, 5);
  });

  it("is unbounded above where the penalty is", () => {
    expect(predictLoss(run, penalty(0.1, 0, null), 0.8).lossNats.interval.upper).toBeNull();
  });

  it("is no more certain than corpora and tokenizers differ", () => {
    const { value, interval } = predictLoss(run, none, 0.8).lossNats;
    expect((interval.upper ?? 0) / value).toBeGreaterThan(1.05);
    expect((interval.lower ?? 0) / value).toBeLessThan(0.95);
  });
});
