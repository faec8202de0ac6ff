import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rampStepsSavedFraction } from "../../../api/numerics/rules/batch-ramp.ts";
import { batchLimits, fitBatch } from "../../../api/services/recommend/fit-batch.ts";
import { type RampTarget, rampBatch } from "../../../api/services/recommend/ramp.ts";
import type { Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import merrill from "../../vectors/merrill2025-ramp.json" with { type: "json" };
import { noticeNames } from "../notice-names.ts";
import { logUniform } from "./requests.ts";

const target = (over: Partial<RampTarget> = {}): RampTarget => ({
  batchTokens: 4_194_304,
  trainingTokens: 1e12,
  bCritTokens: 1.6e7,
  bCritExponent: 0.462,
  ...over,
});

const ramp = (over: Partial<RampTarget> = {}, request: RecommendationRequest = {}) => {
  const warnings: Warning[] = [];
  const plan = target(over);
  const limits = batchLimits(request, { sequenceLengthTokens: 2048, ...plan });
  return { stages: rampBatch(plan, limits, warnings), warnings };
};

describe("a batch ramp", () => {
  it("doubles up to the recommended batch, with the root of the batch as the learning rate", () => {
    const { stages, warnings } = ramp();
    expect(stages.length).toBeGreaterThan(1);
    expect(stages.at(-1)).toMatchObject({ batchTokens: 4_194_304, peakLearningRateRatio: 1 });
    for (const [i, stage] of stages.slice(1).entries()) {
      const before = stages[i];
      expect(stage.batchTokens).toBe(2 * (before?.batchTokens ?? 0));
      expect(stage.peakLearningRateRatio / (before?.peakLearningRateRatio ?? 0)).toBeCloseTo(
        Math.SQRT2,
        4,
      );
    }
    expect(noticeNames({ warnings })).toEqual(["batch-ramp"]);
  });

  it("says what it saves as the published ramp does", () => {
    for (const { inputs, expected } of merrill.rows) {
      expect(rampStepsSavedFraction(inputs.stages, inputs.trainingTokens)).toBeCloseTo(
        expected.stepsSavedFraction,
        9,
      );
    }
    const { stages, warnings } = ramp();
    const saved = Math.round(100 * rampStepsSavedFraction(stages, 1e12));
    expect(warnings[0]?.detail).toContain(`${saved} % fewer steps`);
  });

  it("starts each stage where the critical batch of the tokens so far has reached it", () => {
    const { stages } = ramp({ batchTokens: 2 ** 22, bCritTokens: 2 ** 24 });
    for (const { fromTokens, batchTokens } of stages.slice(1)) {
      expect((2 ** 24 * (fromTokens / 1e12) ** 0.462) / batchTokens).toBeCloseTo(1, 4);
    }
  });

  it("is one stage when the critical batch passes the batch within the first hundredth of the run", () => {
    const { stages, warnings } = ramp({ batchTokens: 2 ** 18 });
    expect(stages).toEqual([{ fromTokens: 0, batchTokens: 2 ** 18, peakLearningRateRatio: 1 }]);
    expect(warnings).toEqual([]);
  });

  it("respects min, and takes no more steps than allowed", () => {
    const free = ramp().stages;
    const min = free[1]?.batchTokens ?? 0;
    expect(ramp({}, { constraints: { batchTokens: { min } } }).stages[0]?.batchTokens).toBe(min);
    const max = Math.ceil(1e12 / 4_194_304);
    expect(ramp({}, { constraints: { steps: { max } } }).stages).toHaveLength(1);
    expect(ramp({}, { constraints: { steps: { max: 2 * max } } }).stages.length).toBeGreaterThan(1);
  });

  it("of a running run begins where it is", () => {
    const whole = ramp().stages;
    const second = whole[1]?.fromTokens ?? 0;
    const here = ramp({ tokensSeen: second + 1 }).stages;
    expect(here).toHaveLength(whole.length - 1);
    expect(here[0]?.batchTokens).toBe(whole[1]?.batchTokens);
    expect(here.slice(1)).toEqual(whole.slice(2));
    const done = ramp({ tokensSeen: 1e13 });
    expect(done.stages).toHaveLength(1);
    expect(done.warnings).toEqual([]);
  });

  it("ascends in tokens and batch, fits the machines, and ends at the batch, on any machine", () => {
    const machines = fc.record({
      devices: fc.integer({ min: 1, max: 2000 }),
      maxMicroBatchSequences: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(
        machines,
        logUniform(1e5, 1e9),
        logUniform(1e5, 1e10),
        logUniform(1e9, 1e15),
        logUniform(1, 1e16),
        (hardware, wanted, bCritTokens, trainingTokens, tokensSeen) => {
          const limits = batchLimits({ hardware }, { sequenceLengthTokens: 512, trainingTokens });
          const { batchTokens } = fitBatch(wanted, limits);
          const stages = rampBatch(
            target({ batchTokens, bCritTokens, trainingTokens, tokensSeen }),
            limits,
            [],
          );
          expect(stages.at(-1)?.batchTokens).toBe(batchTokens);
          expect(stages.length).toBeLessThanOrEqual(4);
          for (const [i, stage] of stages.entries()) {
            expect(stage.batchTokens % (hardware.devices * 512)).toBe(0);
            const next = stages[i + 1];
            if (next === undefined) continue;
            expect(next.batchTokens).toBeGreaterThan(stage.batchTokens);
            expect(next.fromTokens).toBeGreaterThan(stage.fromTokens);
          }
        },
      ),
      { seed: 81, numRuns: 300 },
    );
  });
});
