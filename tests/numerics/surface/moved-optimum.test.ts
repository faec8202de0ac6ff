import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import {
  movedBatchPenaltyNats,
  movedLearningRatePenaltyNats,
} from "../../../api/numerics/surface/moved-optimum.ts";
import {
  surfaceLearningRate,
  surfaceOptimum,
  surfacePenalties,
} from "../../../api/numerics/surface/surface.ts";

const { constants } = CRITBATCH_JOINT;
const logUniform = (lower: number, upper: number) =>
  fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);

describe("the surface moved to another optimum", () => {
  it("is the surface itself where the optimum is its own", () => {
    fc.assert(
      fc.property(
        logUniform(1e8, 1e10),
        logUniform(1e9, 1e12),
        logUniform(0.05, 50),
        logUniform(0.2, 5),
        (nonEmbeddingParams, trainingTokens, batchRatio, rateRatio) => {
          const own = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
          const batchTokens = own.bOptTokens * batchRatio;
          const optimum = { ...own, nonEmbeddingParams, trainingTokens };
          const tuned = surfaceLearningRate(
            constants,
            nonEmbeddingParams,
            trainingTokens,
            batchTokens,
          );
          const expected = surfacePenalties(constants, {
            nonEmbeddingParams,
            trainingTokens,
            batchTokens,
            peakLearningRate: tuned * rateRatio,
          });
          expect(movedBatchPenaltyNats(constants, optimum, batchTokens)).toBeCloseTo(
            expected.batchPenaltyNats,
            10,
          );
          expect(
            movedLearningRatePenaltyNats(constants, optimum, batchTokens, Math.log(rateRatio)),
          ).toBeCloseTo(expected.learningRatePenaltyNats, 10);
        },
      ),
    );
  });

  it("costs nothing at the given optimum and more on both sides of it", () => {
    const optimum = {
      nonEmbeddingParams: 1e9,
      trainingTokens: 2e10,
      bOptTokens: 5e5,
      bCritTokens: 4e6,
    };
    const at = (ratio: number) => movedBatchPenaltyNats(constants, optimum, 5e5 * ratio);
    expect(at(1)).toBe(0);
    for (const ratio of [2, 4, 8, 16]) {
      expect(at(ratio)).toBeGreaterThan(at(ratio / 2));
      expect(at(1 / ratio)).toBeGreaterThan(at(2 / ratio));
    }
  });
});
