import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CRITBATCH_JOINT } from "../../../api/numerics/surface/constants.ts";
import {
  SURFACE_CONSTANT_NAMES,
  type SurfaceConstants,
  type SurfacePoint,
} from "../../../api/numerics/surface/form.ts";
import { surfaceGradient } from "../../../api/numerics/surface/gradient.ts";
import { surfaceLossGrid } from "../../../api/numerics/surface/grid.ts";
import { surfaceIsoLoss } from "../../../api/numerics/surface/iso-loss.ts";
import {
  surfaceLearningRate,
  surfaceLossNats,
  surfaceOptimum,
  surfacePenalties,
} from "../../../api/numerics/surface/surface.ts";

const { constants } = CRITBATCH_JOINT;
const seed = 20250304;

const between = (lower: number, upper: number) =>
  fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);
const sizes = between(1e6, 1e12);
const budgets = between(1e8, 1e14);
const points = fc.record({
  nonEmbeddingParams: between(1e7, 1e12),
  trainingTokens: between(1e8, 1e14),
  batchTokens: between(1e3, 1e9),
  peakLearningRate: between(1e-6, 1e-1),
});

describe("the joint loss surface", () => {
  it("has no lower loss than at its stated optimum", () => {
    fc.assert(
      fc.property(points, (point) => {
        const { nonEmbeddingParams, trainingTokens } = point;
        const best = surfaceOptimum(constants, nonEmbeddingParams, trainingTokens);
        expect(surfaceLossNats(constants, point)).toBeGreaterThanOrEqual(best.lossNats - 1e-12);
        const there = surfaceLossNats(constants, {
          nonEmbeddingParams,
          trainingTokens,
          batchTokens: best.bOptTokens,
          peakLearningRate: best.peakLearningRate,
        });
        expect(there).toBeCloseTo(best.lossNats, 12);
      }),
      { seed, numRuns: 500 },
    );
  });

  it("splits a run's excess over the optimum into batch and learning rate exactly", () => {
    fc.assert(
      fc.property(points, (point) => {
        const best = surfaceOptimum(constants, point.nonEmbeddingParams, point.trainingTokens);
        const penalties = surfacePenalties(constants, point);
        const excess = surfaceLossNats(constants, point) - best.lossNats;
        expect(penalties.batchPenaltyNats).toBeGreaterThanOrEqual(0);
        expect(penalties.learningRatePenaltyNats).toBeGreaterThanOrEqual(0);
        expect(penalties.batchPenaltyNats + penalties.learningRatePenaltyNats).toBeCloseTo(
          excess,
          10,
        );
      }),
      { seed, numRuns: 300 },
    );
  });

  it("charges a batch r times the optimum what it charges one r times below", () => {
    fc.assert(
      fc.property(sizes, budgets, between(1, 100), (params, tokens, ratio) => {
        const { bOptTokens } = surfaceOptimum(constants, params, tokens);
        const penalty = (batchTokens: number) =>
          surfacePenalties(constants, {
            nonEmbeddingParams: params,
            trainingTokens: tokens,
            batchTokens,
            peakLearningRate: surfaceLearningRate(constants, params, tokens, batchTokens),
          }).batchPenaltyNats;
        expect(penalty(bOptTokens * ratio)).toBeCloseTo(penalty(bOptTokens / ratio), 9);
      }),
      { seed, numRuns: 200 },
    );
  });

  it("lowers the loss with every parameter and every token when batch and rate are tuned", () => {
    fc.assert(
      fc.property(sizes, budgets, between(1.01, 10), (params, tokens, ratio) => {
        const base = surfaceOptimum(constants, params, tokens).lossNats;
        expect(surfaceOptimum(constants, params * ratio, tokens).lossNats).toBeLessThan(base);
        expect(surfaceOptimum(constants, params, tokens * ratio).lossNats).toBeLessThan(base);
        expect(base).toBeGreaterThan(constants.irreducibleLossNats);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("fills a grid with the losses of its points", () => {
    const batches = [1e4, 2e5, 4e6];
    const rates = [1e-4, 2e-3, 3e-2, 1e-1];
    const grid = surfaceLossGrid(constants, 1e9, 2e10, batches, rates);
    for (const [row, batchTokens] of batches.entries()) {
      for (const [column, peakLearningRate] of rates.entries()) {
        const point = {
          nonEmbeddingParams: 1e9,
          trainingTokens: 2e10,
          batchTokens,
          peakLearningRate,
        };
        expect(grid[row * rates.length + column]).toBeCloseTo(
          surfaceLossNats(constants, point),
          12,
        );
      }
    }
  });

  it("refuses a batch of zero and a learning rate that is not finite", () => {
    const point = {
      nonEmbeddingParams: 1e9,
      trainingTokens: 2e10,
      batchTokens: 1e6,
      peakLearningRate: 1e-3,
    };
    expect(() => surfaceLossNats(constants, { ...point, batchTokens: 0 })).toThrow(/batchTokens/);
    expect(() => surfaceLossNats(constants, { ...point, peakLearningRate: Infinity })).toThrow(
      /peakLearningRate/,
    );
  });
});

describe("the surface's gradient", () => {
  const slope = (f: (step: number) => number) => (f(1e-5) - f(-1e-5)) / 2e-5;
  const scaled = (point: SurfacePoint, field: keyof SurfacePoint, step: number) =>
    surfaceLossNats(constants, { ...point, [field]: point[field] * Math.exp(step) });

  it("agrees with central differences in every input", () => {
    fc.assert(
      fc.property(points, (point) => {
        const gradient = surfaceGradient(constants, point);
        const pairs = [
          [gradient.byLogParams, "nonEmbeddingParams"],
          [gradient.byLogTokens, "trainingTokens"],
          [gradient.byLogBatch, "batchTokens"],
          [gradient.byLogLearningRate, "peakLearningRate"],
        ] as const;
        for (const [exact, field] of pairs) {
          const numeric = slope((step) => scaled(point, field, step));
          expect(Math.abs(exact - numeric)).toBeLessThan(1e-6 * (1 + gradient.lossNats));
        }
        expect(gradient.lossNats).toBeCloseTo(surfaceLossNats(constants, point), 12);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("agrees with central differences in every constant", () => {
    fc.assert(
      fc.property(points, (point) => {
        const { byConstants, lossNats } = surfaceGradient(constants, point);
        for (const [i, name] of SURFACE_CONSTANT_NAMES.entries()) {
          const numeric = slope((step) =>
            surfaceLossNats(
              { ...constants, [name]: constants[name] + step } as SurfaceConstants,
              point,
            ),
          );
          expect(Math.abs(byConstants[i]! - numeric)).toBeLessThan(1e-5 * (1 + lossNats));
        }
      }),
      { seed, numRuns: 100 },
    );
  });
});

describe("compensation read off the surface", () => {
  it("asks nothing at the optimal batch and gives back the optimal loss above it", () => {
    const best = surfaceOptimum(constants, 1e9, 2e10);
    const none = surfaceIsoLoss(constants, 1e9, 2e10, best.bOptTokens * (1 + 1e-12));
    expect(none.params).toEqual({ status: "ok", ratio: expect.closeTo(1, 6) });
    const { params, tokens } = surfaceIsoLoss(constants, 1e9, 2e10, 4 * best.bOptTokens);
    if (params.status !== "ok" || tokens.status !== "ok") throw new Error("a ratio was expected");
    const batchTokens = 4 * best.bOptTokens;
    for (const [n, d] of [
      [1e9 * params.ratio, 2e10],
      [1e9, 2e10 * tokens.ratio],
    ] as const) {
      const peakLearningRate = surfaceLearningRate(constants, n, d, batchTokens);
      const run = { nonEmbeddingParams: n, trainingTokens: d, batchTokens, peakLearningRate };
      expect(surfaceLossNats(constants, run)).toBeCloseTo(best.lossNats, 9);
    }
  });

  it("finds a wall for parameters, not for tokens, at a batch far above the critical one", () => {
    const { bCritTokens } = surfaceOptimum(constants, 1e9, 2e10);
    const far = surfaceIsoLoss(constants, 1e9, 2e10, 30 * bCritTokens);
    expect(far.params.status).toBe("beyond-wall");
    expect(far.tokens.status).toBe("ok");
  });
});

describe("the cost of the surface", () => {
  it("is under 20 microseconds a point and under 50 milliseconds a 200 x 200 grid of CPU", () => {
    const axis = (lower: number, upper: number) =>
      Array.from({ length: 200 }, (_, i) => lower * (upper / lower) ** (i / 199));
    const batches = axis(1e4, 1e8);
    const rates = axis(1e-5, 1e-1);
    const cpuMilliseconds = (work: () => void) => {
      const start = process.cpuUsage();
      work();
      const used = process.cpuUsage(start);
      return (used.user + used.system) / 1000;
    };
    const grid = Math.min(
      ...[1, 2, 3].map(() =>
        cpuMilliseconds(() => surfaceLossGrid(constants, 1e9, 2e10, batches, rates)),
      ),
    );
    const thousand = cpuMilliseconds(() => {
      for (const batchTokens of axis(1e4, 1e8)) {
        for (const peakLearningRate of [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]) {
          surfacePenalties(constants, {
            nonEmbeddingParams: 1e9,
            trainingTokens: 2e10,
            batchTokens,
            peakLearningRate,
          });
        }
      }
    });
    expect(grid).toBeLessThan(50);
    expect(thousand / 1000).toBeLessThan(0.02);
  });
});
