import { describe, expect, it } from "vitest";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { recommendationAnswer } from "../../../schemas/recommendations/answer.ts";
import { RECOMMENDATION_EXAMPLES } from "../../../schemas/recommendations/examples.ts";
import { queryToRequest, recommendationQuery } from "../../../schemas/recommendations/query.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { MACHINES, PLAN, recommended, widthLog } from "./requests.ts";

const examples = Object.entries(RECOMMENDATION_EXAMPLES).map(([name, { value }]) => ({
  name,
  value,
}));

const bytes = (request: RecommendationRequest) => JSON.stringify(recommendPlan(request));

describe("a recommendation", () => {
  it.each(examples)("of the example $name has the form of the schema", ({ value }) => {
    const answer = recommendPlan(value);
    expect(recommendationAnswer.parse(answer)).toEqual(answer);
  });

  it.each(examples)("gives the same bytes for the same request: $name", ({ value }) => {
    const first = bytes(value);
    recommendPlan({ model: { nonEmbeddingParams: 3.3e7 } });
    expect(bytes(structuredClone(value))).toBe(first);
  });

  it.each([
    { nonEmbeddingParams: "1e9", trainingTokens: "2e10" },
    {
      totalParams: "7e9",
      trainingTokens: "1e12",
      batchTokens: "4194304",
      peakLearningRate: "3e-4",
    },
    { trainingFlops: "1e21", objective: "balanced", intervalLevel: "0.9" },
    {
      nonEmbeddingParams: "1e9",
      trainingTokens: "2e10",
      objective: "time",
      devices: "64",
      flopPerSecondPerDevice: "4e14",
      stepOverheadMs: "120",
    },
    { task: "fine-tuning", totalParams: "7e9" },
  ])("answers the quick form %j with the bytes of the full form", (query) => {
    const quick = queryToRequest(recommendationQuery.parse(query));
    const full: RecommendationRequest = JSON.parse(JSON.stringify(quick));
    expect(bytes(quick)).toBe(bytes(full));
  });

  it("names every default it assumed, and none that was given", () => {
    const assumed = [
      "task",
      "objective",
      "optimizer.kind",
      "schedule.kind",
      "data.sequenceLengthTokens",
    ];
    const bare = recommended({
      model: PLAN.model,
      data: { trainingTokens: PLAN.data.trainingTokens },
    });
    expect(noticeNames(bare)).toEqual(expect.arrayContaining(assumed));
    for (const code of assumed) expect(noticeNames(recommended(PLAN))).not.toContain(code);
  });

  it("answers as if the assumed defaults had been given", () => {
    const { assumptions: _stated, ...stated } = recommended(PLAN);
    const { assumptions: _assumed, ...assumed } = recommended({
      model: PLAN.model,
      data: { trainingTokens: PLAN.data.trainingTokens },
    });
    expect(assumed).toEqual(stated);
  });

  it("says each assumption and each warning once", () => {
    for (const { value } of examples) {
      const codes = noticeNames(recommendPlan(value));
      expect(new Set(codes).size).toBe(codes.length);
    }
  });

  it("has an interval that grows with the level asked for", () => {
    const widths = [0.5, 0.8, 0.95, 0.99].map((intervalLevel) => {
      const { batch, learningRate, criticalBatch } = recommended({ ...PLAN, intervalLevel });
      expect(batch.batchTokens.interval.level).toBe(intervalLevel);
      return [
        widthLog(batch.batchTokens),
        widthLog(criticalBatch.bCritTokens),
        widthLog(learningRate.peakLearningRate),
      ];
    });
    for (let i = 1; i < widths.length; i++) {
      for (let j = 0; j < 3; j++) {
        expect(widths[i]?.[j]).toBeGreaterThan(widths[i - 1]?.[j] ?? Number.NaN);
      }
    }
  });

  it("is wider for a mixture of experts than for the dense model of its active parameters", () => {
    const dense = recommended(PLAN);
    const experts = recommended({
      ...PLAN,
      model: { activeNonEmbeddingParams: 1e9, totalParams: 1e10 },
    });
    expect(experts.criticalBatch.bOptTokens.value).toBe(dense.criticalBatch.bOptTokens.value);
    expect(widthLog(experts.criticalBatch.bOptTokens)).toBeGreaterThan(
      1.1 * widthLog(dense.criticalBatch.bOptTokens),
    );
    expect(widthLog(experts.criticalBatch.bCritTokens)).toBeGreaterThan(
      widthLog(dense.criticalBatch.bCritTokens),
    );
    expect(widthLog(experts.learningRate.peakLearningRate)).toBeGreaterThan(
      widthLog(dense.learningRate.peakLearningRate),
    );
    expect(noticeNames(experts)).toContain("mixture-of-experts");
    expect(experts.parameters.totalParams.value).toBe(1e10);
  });

  it("counts a shape exactly and says by which assumptions", () => {
    const shape = { layers: 12, dModel: 768, dFfn: 3072, heads: 12, vocabularySize: 50257 };
    const { parameters, ...answer } = recommended({ ...PLAN, model: { shape } });
    // arXiv:2001.08361, Table 1: 12 d^2 a layer and one embedding matrix.
    expect(parameters.nonEmbeddingParams.value).toBe(12 * 12 * 768 ** 2);
    expect(parameters.totalParams.value).toBe(12 * 12 * 768 ** 2 + 50257 * 768);
    expect(parameters.basis).toBe("from-shape");
    expect(noticeNames(answer)).toContain("model.nonEmbeddingParams");
  });

  it("lists objectives' batches as alternatives in growing order, none twice, not the recommended one", () => {
    for (const objective of ["loss", "balanced", "time", "cost"] as const) {
      const { alternatives, batch } = recommended({ ...PLAN, objective, hardware: MACHINES });
      const batches = alternatives.map(({ batchTokens }) => batchTokens);
      expect(batches).toEqual([...new Set(batches)].sort((a, b) => a - b));
      expect(batches).not.toContain(batch.batchTokens.value);
      expect(alternatives.every(({ timeHours }) => (timeHours ?? 0) > 0)).toBe(true);
    }
    expect(recommended(PLAN).alternatives.every(({ timeHours }) => timeHours === undefined)).toBe(
      true,
    );
  });

  it("predicts a larger loss at a larger batch, by the penalty it states", () => {
    const fixed = (batch: number) =>
      recommended({ ...PLAN, constraints: { batchTokens: { fixed: batch } } }).loss;
    const near = fixed(524288);
    const far = fixed(524288 * 16);
    expect(far.batchPenaltyNats.value).toBeGreaterThan(near.batchPenaltyNats.value);
    expect(far.lossNats.value - near.lossNats.value).toBeCloseTo(
      far.batchPenaltyNats.value - near.batchPenaltyNats.value,
      4,
    );
  });
});
