import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchLimits, fitBatch, fitFixedBatch } from "../../../api/services/recommend/fit-batch.ts";
import type { Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform, PLAN } from "./requests.ts";

const limitsOf = (request: Partial<RecommendationRequest>, sequenceLengthTokens = 2048) =>
  batchLimits({ ...PLAN, ...request }, { sequenceLengthTokens, trainingTokens: 2e10 });

describe("limits on the batch", () => {
  it("count whole sequences: min rounds up, max down, a multiple to the next common one", () => {
    const limits = limitsOf({ constraints: { batchTokens: { min: 5000, max: 9000 } } });
    expect([limits.minSequences, limits.maxSequences]).toEqual([3, 4]);
    const multiple = (multipleOf: number) =>
      limitsOf({ constraints: { batchTokens: { multipleOf } } }).multipleOfSequences;
    expect([multiple(4096), multiple(2048), multiple(1024), multiple(3000)]).toEqual([
      2, 1, 1, 375,
    ]);
  });

  it("leave exactly as few steps as allowed, to the last bit", () => {
    fc.assert(
      fc.property(
        logUniform(1e3, 1e17),
        logUniform(1, 1e12).map(Math.round),
        logUniform(1, 1e8).map(Math.round),
        (trainingTokens, max, sequenceLengthTokens) => {
          const { minSequences } = batchLimits(
            { constraints: { steps: { max } } },
            { sequenceLengthTokens, trainingTokens },
          );
          const steps = (sequences: number) =>
            Math.ceil(trainingTokens / (sequences * sequenceLengthTokens));
          expect(steps(minSequences)).toBeLessThanOrEqual(max);
          if (minSequences > 1) expect(steps(minSequences - 1)).toBeGreaterThanOrEqual(max);
        },
      ),
      { seed: 61, numRuns: 500 },
    );
  });

  it("allow no more steps than can be counted exactly", () => {
    const { minSequences } = batchLimits({}, { sequenceLengthTokens: 1, trainingTokens: 1e17 });
    expect(Math.ceil(1e17 / minSequences)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  });
});

describe("the batch that fits", () => {
  it("is within one quantum of devices and multiple of a target without memory limit", () => {
    fc.assert(
      fc.property(
        logUniform(1, 1e9),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 64 }),
        (target, devices, sequences) => {
          const limits = limitsOf({
            hardware: { devices },
            constraints: { batchTokens: { multipleOf: 2048 * sequences } },
          });
          const { batchSequences } = fitBatch(target * 2048, limits);
          expect(batchSequences % devices).toBe(0);
          expect(batchSequences % sequences).toBe(0);
          expect(Math.abs(batchSequences - target)).toBeLessThanOrEqual(devices * sequences);
        },
      ),
      { seed: 62 },
    );
  });

  it("fills the memory of a device where the target allows it", () => {
    const { microBatchSequences, gradientAccumulationSteps } = fitBatch(
      257 * 2048,
      limitsOf({ hardware: { maxMicroBatchSequences: 8 } }),
    );
    expect([microBatchSequences, gradientAccumulationSteps]).toEqual([8, 32]);
  });
});

describe("a batch that is decided", () => {
  const fix = (fixed: number, request: Partial<RecommendationRequest> = {}) => {
    const warnings: Warning[] = [];
    const limits = limitsOf({ ...request, constraints: { batchTokens: { fixed } } });
    return { ...fitFixedBatch(fixed, limits, warnings), warnings };
  };

  it("is kept to the token whenever the devices can hold it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 512 }),
        fc.integer({ min: 1, max: 64 }),
        (perDevice, devices, maxMicroBatchSequences) => {
          const fixed = perDevice * devices * 2048;
          const fitted = fix(fixed, { hardware: { devices, maxMicroBatchSequences } });
          expect(fitted.batchTokens).toBe(fixed);
          expect(fitted.microBatchSequences).toBeLessThanOrEqual(maxMicroBatchSequences);
          expect(fitted.warnings).toEqual([]);
        },
      ),
      { seed: 63 },
    );
  });

  it("is rounded with a warning where they cannot", () => {
    const fitted = fix(100_000);
    expect(fitted.batchTokens).toBe(49 * 2048);
    expect(noticeNames(fitted)).toEqual(["batch-rounded-to-whole-sequences"]);
  });

  it("is answered quickly however large and however indivisible", () => {
    // The largest prime below 1e12: no divisor but 1 fits the memory.
    const prime = 999_999_999_989;
    const limits = limitsOf({ hardware: { maxMicroBatchSequences: 1e6 } }, 1);
    const fitted = fitFixedBatch(prime, limits, []);
    expect(fitted).toMatchObject({ batchTokens: prime, microBatchSequences: 1 });
    expect(fitBatch(prime, limits).microBatchSequences).toBeGreaterThan(5e5);
  });
});
