import { describe, expect, it } from "vitest";
import { recommendPlan } from "../../api/services/recommend/recommend.ts";
import { judgePractice, loadPractice, practicePath } from "../../tools/evidence/practice.ts";
import {
  judgeCell,
  type RecommendationRule,
  summarizeRegret,
} from "../../tools/evidence/regret.ts";
import { loadCells, sweepPath } from "../../tools/evidence/sweep.ts";

const ABSENT = "CRITBATCH_DATA is not set: the measured runs are absent";

const recommendation: RecommendationRule = (nonEmbeddingParams, trainingTokens) => {
  const answer = recommendPlan({
    model: { nonEmbeddingParams },
    data: { trainingTokens, sequenceLengthTokens: 2048 },
  });
  if (answer.status !== "recommended") throw new Error(answer.status);
  return {
    batchTokens: answer.batch.batchTokens.value,
    peakLearningRate: answer.learningRate.peakLearningRate.value,
  };
};

describe("the recommendation on measured runs", () => {
  it("loses at most 0.003 nats in the mean over the 12 cells of the sweep", ({ skip }) => {
    const path = sweepPath();
    if (path === undefined) return skip(ABSENT);
    const judges = loadCells(path).map((cell) => judgeCell(cell));
    const { meanNats, maxNats } = summarizeRegret(judges, () => recommendation);
    console.log(
      `regret of the recommendation: mean ${meanNats.toFixed(5)}, max ${maxNats.toFixed(5)} nats`,
    );
    expect(meanNats).toBeLessThanOrEqual(0.003);
  });

  it("holds the batch of 75 % and the learning rate of 70 % of published practice in intervals of bearable width", ({
    skip,
  }) => {
    const path = practicePath();
    if (path === undefined) return skip(ABSENT);
    const practice = judgePractice(loadPractice(path));
    console.log("published practice:", JSON.stringify(practice));
    expect(practice.batchInsideShare).toBeGreaterThanOrEqual(0.75);
    expect(practice.learningRateInsideShare).toBeGreaterThanOrEqual(0.7);
    expect(practice.batchWithinFactorTwoShare).toBeGreaterThanOrEqual(0.6);
    expect(practice.batchWidthRatio).toBeLessThanOrEqual(8);
    expect(practice.learningRateWidthRatio).toBeLessThanOrEqual(20);
  });
});
