import { describe, expect, it } from "vitest";
import { priceRequest } from "../../../api/services/compensation/request.ts";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import {
  compensationAnswer,
  compensationRequest,
} from "../../../schemas/compensations/compensation.ts";
import { noticeNames } from "../notice-names.ts";

const BODY = {
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10 },
  batchTokens: 4e6,
};

const ask = (over: object = {}) => priceRequest(compensationRequest.parse({ ...BODY, ...over }));
const codes = (over: object = {}) => noticeNames(ask(over));
const given = (value: number, lower: number | null, upper: number | null, level = 0.8) => ({
  value,
  interval: { lower, upper, level },
  basis: "measured",
});

describe("a request without a critical batch", () => {
  it("is priced with the critical batch that a recommendation for the same run has, and says so", () => {
    const plan = recommendPlan({ model: BODY.model, data: BODY.data });
    if (plan.status !== "recommended") throw new Error(plan.status);
    expect(ask().criticalBatch).toEqual(plan.criticalBatch);
    expect(codes()).toContain("bCritTokens");
    expect(codes()).toContain("loss-and-critical-batch-from-different-data");
  });

  it("under the step law is priced with that law's own critical batch", () => {
    expect(codes({ lossLaw: "kaplan2020" })).not.toContain(
      "loss-and-critical-batch-from-different-data",
    );
    expect(ask({ lossLaw: "kaplan2020" }).criticalBatch.bCritTokens.value).toBeLessThan(3e6);
  });

  it("has a wider interval at a higher level", () => {
    const width = (intervalLevel: number): number => {
      const { lower, upper } = ask({ intervalLevel }).criticalBatch.bCritTokens.interval;
      return (upper ?? 0) / (lower ?? 1);
    };
    expect(width(0.95)).toBeGreaterThan(width(0.8));
    expect(width(0.8)).toBeGreaterThan(width(0.5));
  });
});

describe("a request with a critical batch", () => {
  it("is priced with it, its basis kept", () => {
    const answer = ask({ bCritTokens: given(3e6, 2e6, 5e6) });
    expect(answer.criticalBatch.bCritTokens).toEqual(given(3e6, 2e6, 5e6));
    expect(noticeNames(answer)).not.toContain("bCritTokens");
    expect(answer.batchOverCritical.value).toBeCloseTo(4 / 3, 5);
  });

  it("moves a given interval to the level of the answer, and leaves its open ends open", () => {
    const { interval } = ask({ bCritTokens: given(3e6, 1.5e6, null, 0.5) }).criticalBatch
      .bCritTokens;
    expect(interval.upper).toBeNull();
    // Normal quantiles: 1.28155 at 0.8 over 0.67449 at 0.5.
    expect(interval.lower).toBeCloseTo(3e6 * 2 ** -(1.28155 / 0.67449), -2);
  });
});

describe("every form of a request", () => {
  it.each([
    [{ model: { totalParams: 1.2e9 } }],
    [{ model: { activeNonEmbeddingParams: 1e9, totalParams: 8e9 } }],
    [
      {
        model: {
          shape: { layers: 24, dModel: 2048, dFfn: 8192, heads: 16, vocabularySize: 50304 },
        },
      },
    ],
    [{ batchTokens: 1e5 }],
    [{ batchTokens: 1.6e7, steps: { max: 5000 } }],
    [{ batchTokens: 6e7, data: { trainingTokens: 2e10, uniqueTokens: 1e10 } }],
    [{ relativeTo: "optimal-batch", lossLaw: "kaplan2020" }],
  ])("gets an answer of the contract: %j", (over) => {
    expect(compensationAnswer.safeParse(ask(over)).error?.issues ?? []).toEqual([]);
  });
});

describe("a body that is refused", () => {
  it.each([
    ["a batch larger than the run", { batchTokens: 3e10 }, "batchTokens"],
    ["no model", { model: undefined }, "model"],
    ["the law of a fit without the fit", { lossLaw: "fit" }, "lossFit"],
    ["an empty fit", { lossLaw: "fit", lossFit: {} }, "lossFit.status"],
    ["an unknown field", { lossFits: {} }, ""],
    ["an exponent of one", { bCritExponent: 1 }, "bCritExponent"],
    [
      "a critical batch outside its interval",
      { bCritTokens: given(1e6, 2e6, 3e6) },
      "bCritTokens.interval",
    ],
    ["a critical batch of nothing", { bCritTokens: given(1e-9, 1e-9, 1e-9) }, "bCritTokens"],
  ])("%s", (_title, over, path) => {
    const parsed = compensationRequest.safeParse({ ...BODY, ...over });
    expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toContain(path);
  });
});
