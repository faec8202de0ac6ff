import { describe, expect, it } from "vitest";
import { estimateNoiseScale } from "../../../api/services/noise/estimate.ts";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { noiseScaleRequest } from "../../../schemas/noise-scales/request.ts";
import { recommendationRequest } from "../../../schemas/recommendations/request.ts";

const observations = (gradSqNorm: number) =>
  Array.from({ length: 60 }, (_, step) => ({
    step,
    smallBatch: 8,
    bigBatch: 256,
    smallBatchGradSqNorm: gradSqNorm + 0.15 * (1 + 0.05 * Math.sin(5 * step)),
    bigBatchGradSqNorm: gradSqNorm + 0.004 * (1 + 0.3 * Math.cos(7 * step)),
  }));

const measure = (gradSqNorm: number) =>
  estimateNoiseScale(
    noiseScaleRequest.parse({
      unit: "sequences",
      reduction: "mean",
      clipped: false,
      observations: observations(gradSqNorm),
    }),
  );

const planWith = (noiseScale: unknown) => {
  const request = recommendationRequest.parse({
    model: { nonEmbeddingParams: 1e9 },
    data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
    evidence: { noiseScale },
  });
  const plan = recommendPlan(request);
  if (plan.status !== "recommended") throw new Error(plan.status);
  return plan;
};

describe("an answer of POST /v1/noise-scale as evidence", () => {
  it("votes like its value, interval and unit alone", () => {
    const measured = measure(0.002);
    if (measured.status !== "resolved") throw new Error(measured.status);
    const { value, interval, basis } = measured.bSimple;
    const circumstances = { measuredOver: "last-half-of-tuned-run" };
    const whole = planWith({ ...measured, ...circumstances });
    const compact = planWith({
      bSimple: { value, interval, basis },
      unit: measured.unit,
      ...circumstances,
    });
    expect(whole).toEqual(compact);
    expect(whole.evidence.find(({ id }) => id === "noise-scale")?.weight).toBeGreaterThan(0);
  });

  it("without a value is shown as a warning and moves nothing", () => {
    const measured = measure(0);
    expect(measured.status).not.toBe("resolved");
    const plan = planWith(measured);
    expect(plan.warnings.map(({ code }) => code)).toContain("noise-scale-not-resolved");
    expect(plan.criticalBatch).toEqual(planWith(undefined).criticalBatch);
  });
});
