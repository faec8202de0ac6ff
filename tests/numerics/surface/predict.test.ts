import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choleskyInPlace } from "../../../api/numerics/fitting/least-squares.ts";
import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import { SURFACE_CONSTANT_NAMES } from "../../../api/numerics/surface/form.ts";
import {
  predictSurfaceLoss,
  predictSurfaceOptimum,
  type SurfaceEstimate,
} from "../../../api/numerics/surface/predict.ts";

const seed = 20241021;
const { constants, covariance, fittedBox } = CRITBATCH_JOINT;
const between = (lower: number, upper: number) =>
  fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);
const sizes = between(1e6, 1e12);
const budgets = between(1e8, 1e14);
const predict = (params: number, tokens: number, level = 0.8) =>
  predictSurfaceOptimum(CRITBATCH_JOINT, params, tokens, level);
const widths = (params: number, tokens: number) => {
  const { bOptTokens, bCritTokens, peakLearningRate, lossNats } = predict(params, tokens);
  return [bOptTokens, bCritTokens, peakLearningRate]
    .map((x) => x.sdLog)
    .concat(lossNats.sdLog * lossNats.value);
};

describe("the fitted constants", () => {
  it("are physical: E in 1.2..1.9 and exponents inside the published ranges", () => {
    expect(constants.irreducibleLossNats).toBeGreaterThan(1.2);
    expect(constants.irreducibleLossNats).toBeLessThan(1.9);
    expect(constants.bCritTokensExponent).toBeGreaterThan(0.24);
    expect(constants.bCritTokensExponent).toBeLessThan(0.62);
    expect(constants.bSmallTokensExponent).toBeGreaterThan(constants.bCritTokensExponent);
    expect(constants.bSmallTokensExponent).toBeLessThan(0.9);
    expect(constants.dataExponent).toBeGreaterThan(0.21);
    expect(constants.dataExponent).toBeLessThan(0.415);
    expect(constants.learningRateParamsExponent).toBeLessThan(0);
  });

  it("come with a symmetric, positive definite covariance", () => {
    const n = SURFACE_CONSTANT_NAMES.length;
    expect(covariance).toHaveLength(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) expect(covariance[i * n + j]).toBe(covariance[j * n + i]);
    }
    const jittered = Float64Array.from(covariance, (value, k) =>
      k % (n + 1) === 0 ? value * (1 + 1e-2) : value,
    );
    expect(choleskyInPlace(jittered, n)).toBe(true);
  });

  it("are frozen all the way down", () => {
    expect(Object.isFrozen(CRITBATCH_JOINT)).toBe(true);
    for (const part of Object.values(CRITBATCH_JOINT)) expect(Object.isFrozen(part)).toBe(true);
  });
});

describe("far outside the fitted runs", () => {
  it("the batch grows with tokens and the learning rate does not grow with parameters", () => {
    fc.assert(
      fc.property(sizes, budgets, between(1.01, 100), (params, tokens, ratio) => {
        const here = predict(params, tokens);
        const longer = predict(params, tokens * ratio);
        const larger = predict(params * ratio, tokens);
        expect(longer.bOptTokens.value).toBeGreaterThan(here.bOptTokens.value);
        expect(longer.bCritTokens.value).toBeGreaterThan(here.bCritTokens.value);
        expect(larger.peakLearningRate.value).toBeLessThanOrEqual(here.peakLearningRate.value);
      }),
      { seed, numRuns: 300 },
    );
  });

  it.each(["params", "tokens"] as const)(
    "every interval widens with the distance in %s",
    (axis) => {
      const box = axis === "params" ? fittedBox.nonEmbeddingParams : fittedBox.trainingTokens;
      const outside = fc.oneof(
        between(box.upper, box.upper * 1e3).map((value) => ({ value, outwards: 1 })),
        between(box.lower / 1e3, box.lower).map((value) => ({ value, outwards: -1 })),
      );
      const at = (value: number, other: number) =>
        axis === "params" ? ([value, other] as const) : ([other, value] as const);
      const others = axis === "params" ? budgets : sizes;
      fc.assert(
        fc.property(outside, others, between(1.1, 100), ({ value, outwards }, other, ratio) => {
          const further = value * ratio ** outwards;
          const before = widths(...at(value, other));
          const after = widths(...at(further, other));
          for (const [i, sd] of before.entries()) expect(after[i]).toBeGreaterThan(sd);
          expect(predict(...at(further, other)).extrapolationLog).toBeGreaterThan(
            predict(...at(value, other)).extrapolationLog,
          );
        }),
        { seed, numRuns: 200 },
      );
    },
  );

  it("the loss stays above the irreducible loss and every number stays finite", () => {
    fc.assert(
      fc.property(
        sizes,
        budgets,
        between(1, 1e10),
        between(1e-7, 1),
        (nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate) => {
          const point = { nonEmbeddingParams, trainingTokens, batchTokens, peakLearningRate };
          const loss = predictSurfaceLoss(CRITBATCH_JOINT, point, 0.8);
          expect(loss.value).toBeGreaterThan(constants.irreducibleLossNats);
          expect(loss.interval.lower).toBeGreaterThan(0);
          expect(Number.isFinite(loss.interval.upper)).toBe(true);
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it("the optimal batch stays below the critical one from 100 million parameters up", () => {
    fc.assert(
      fc.property(between(1e8, 1e12), budgets, (params, tokens) => {
        const { bOptTokens, bCritTokens } = predict(params, tokens);
        expect(bOptTokens.value).toBeLessThan(bCritTokens.value);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("answers are continuous across the edge of the fitted box", () => {
    for (const edge of [fittedBox.trainingTokens.lower, fittedBox.trainingTokens.upper]) {
      const [inside, outside] = [predict(5e8, edge), predict(5e8, edge * (1 + 1e-9))];
      expect(outside.bOptTokens.interval.upper / inside.bOptTokens.interval.upper).toBeCloseTo(
        1,
        6,
      );
    }
  });
});

describe("the surface's intervals", () => {
  it("hold their value, and a higher level holds a lower one", () => {
    const at = (level: number) => predict(1e9, 2e10, level);
    const contains = (outer: SurfaceEstimate, inner: SurfaceEstimate) =>
      outer.interval.lower < inner.interval.lower && outer.interval.upper > inner.interval.upper;
    for (const quantity of ["bOptTokens", "bCritTokens", "peakLearningRate", "lossNats"] as const) {
      const [narrow, wide] = [at(0.5)[quantity], at(0.95)[quantity]];
      expect(narrow.interval.lower).toBeLessThan(narrow.value);
      expect(narrow.interval.upper).toBeGreaterThan(narrow.value);
      expect(contains(wide, narrow)).toBe(true);
    }
  });

  it("of the loss widen as batch and learning rate leave their optimum", () => {
    const best = predict(1e9, 2e10);
    const loss = (ratio: number) =>
      predictSurfaceLoss(
        CRITBATCH_JOINT,
        {
          nonEmbeddingParams: 1e9,
          trainingTokens: 2e10,
          batchTokens: best.bOptTokens.value * ratio,
          peakLearningRate: best.peakLearningRate.value,
        },
        0.8,
      );
    const spread = [1, 3, 10, 30].map((ratio) => loss(ratio).sdLog * loss(ratio).value);
    for (let i = 1; i < spread.length; i++) expect(spread[i]).toBeGreaterThan(spread[i - 1]!);
  });

  it("say inside the fitted box and how far outside it", () => {
    expect(predict(5e8, 2e10)).toMatchObject({ insideFit: true, extrapolationLog: 0 });
    const far = predict(fittedBox.nonEmbeddingParams.upper * Math.E ** 3, 8e10 * Math.E ** 4);
    expect(far.insideFit).toBe(false);
    expect(far.extrapolationLog).toBeCloseTo(5, 9);
  });

  it("refuse a level of 1 and a model without parameters", () => {
    expect(() => predict(1e9, 2e10, 1)).toThrow(RangeError);
    expect(() => predict(0, 2e10)).toThrow(RangeError);
  });
});
