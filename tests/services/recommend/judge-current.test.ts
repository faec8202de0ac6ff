import { describe, expect, it } from "vitest";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { MACHINES, PLAN, recommended } from "./requests.ts";

const best = recommended(PLAN);
const bOpt = best.batch.batchTokens.value;
const rate = best.learningRate.peakLearningRate.value;

const yours = (
  current: RecommendationRequest["current"],
  more: Partial<RecommendationRequest> = {},
) => {
  const answer = recommended({ ...PLAN, ...more, current });
  if (answer.yours === undefined) throw new Error("not judged");
  return { ...answer.yours, batch: answer.batch };
};

describe("the judgement of current settings", () => {
  it("keeps the recommended ones", () => {
    const judged = yours({ batchTokens: bOpt, peakLearningRate: rate });
    expect(judged.advice).toBe("keep");
    expect(judged.batchPenaltyNats?.value).toBeLessThan(0.001);
    expect(judged.learningRatePenaltyNats?.value).toBeLessThan(1e-6);
  });

  it("keeps what lies inside the intervals, however the middle differs", () => {
    const { lower, upper } = best.batch.batchTokens.interval;
    for (const batch of [(lower ?? 0) * 1.05, (upper ?? 0) * 0.95]) {
      expect(yours({ batchTokens: Math.round(batch) }).advice).toBe("keep");
    }
    const rates = best.learningRate.peakLearningRate.interval;
    for (const peakLearningRate of [(rates.lower ?? 0) * 1.05, (rates.upper ?? 0) * 0.95]) {
      expect(yours({ peakLearningRate }).advice).toBe("keep");
    }
  });

  it("changes a batch far above, with its price, and one far below, which wastes steps", () => {
    const large = yours({ batchTokens: bOpt * 100 });
    expect(large.advice).toBe("change");
    expect(large.reason).toContain("nats");
    const small = yours({ batchTokens: Math.round(bOpt / 50) });
    expect(small.advice).toBe("change");
  });

  it("changes a learning rate far off on either side", () => {
    for (const factor of [0.02, 50]) {
      expect(yours({ peakLearningRate: rate * factor }).advice).toBe("change");
    }
  });

  it("keeps a batch that the caller or the objective has decided, whatever it costs", () => {
    const fixed = 2 ** 25;
    const decided = yours({ batchTokens: fixed }, { constraints: { batchTokens: { fixed } } });
    expect(decided.batchPenaltyNats?.value).toBeGreaterThan(0.1);
    expect(decided.advice).toBe("keep");
    const fast: Partial<RecommendationRequest> = {
      objective: "time",
      hardware: { ...MACHINES, stepOverheadMs: 2000 },
    };
    const { batch } = recommended({ ...PLAN, ...fast });
    expect(yours({ batchTokens: batch.batchTokens.value }, fast).advice).toBe("keep");
  });

  it("changes a batch well below that of the shortest run, for its steps", () => {
    const fast: Partial<RecommendationRequest> = {
      objective: "time",
      hardware: { ...MACHINES, stepOverheadMs: 2000 },
    };
    const judged = yours({ batchTokens: bOpt }, fast);
    expect(judged.advice).toBe("change");
    expect(judged.reason).toMatch(/saves \d+ % of the steps/);
  });

  it("prices only what was given, and nothing without either", () => {
    expect(yours({ batchTokens: bOpt }).learningRatePenaltyNats).toBeUndefined();
    expect(yours({ peakLearningRate: rate }).batchPenaltyNats).toBeUndefined();
    expect(recommended({ ...PLAN, current: { tokensSeen: 1e9 } }).yours).toBeUndefined();
  });
});
