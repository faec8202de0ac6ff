import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapLossSurface } from "../../../api/services/laws/loss-surface.ts";
import { predictWithLaw } from "../../../api/services/laws/predict.ts";
import {
  type LossSurfaceRequest,
  lossSurfaceRequest,
} from "../../../schemas/loss-surfaces/loss-surface.ts";
import { noticeNames } from "../notice-names.ts";

const seed = 20261101;
const between = (lower: number, upper: number) =>
  fc.double({ min: Math.log(lower), max: Math.log(upper), noNaN: true }).map(Math.exp);
const axis = (lower: number, upper: number) =>
  fc
    .tuple(between(lower, upper / 1.01), between(1.0001, 1e6), fc.integer({ min: 2, max: 12 }))
    .map(([min, factor, points]) => ({ min, max: Math.min(min * factor, upper), points }));
const requests = fc.record({
  nonEmbeddingParams: between(1e3, 1e15),
  trainingTokens: between(1e3, 1e17),
  batchTokens: axis(1, 1e12),
  peakLearningRate: axis(1e-9, 1e2),
  intervalLevel: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
});
const plain: LossSurfaceRequest = lossSurfaceRequest.parse({
  nonEmbeddingParams: 1e9,
  trainingTokens: 2e10,
  batchTokens: { min: 65536, max: 16777216, points: 9 },
  peakLearningRate: { min: 1e-4, max: 1e-2, points: 7 },
});

describe("the heat map of the joint surface", () => {
  it("has ends as asked, rising axes, and losses above the lowest one, at any request", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const map = mapLossSurface(request);
        for (const name of ["batchTokens", "peakLearningRate"] as const) {
          const points = map[name];
          expect(points.length).toBe(request[name].points);
          expect(points[0]).toBe(request[name].min);
          expect(points.at(-1)).toBe(request[name].max);
          expect(points).toEqual(points.toSorted((a, b) => a - b));
        }
        expect(map.lossNats.length).toBe(request.batchTokens.points);
        const lowest = map.optimum.lossNats.value * (1 - 1e-5);
        for (const row of map.lossNats) {
          expect(row.length).toBe(request.peakLearningRate.points);
          for (const loss of row) {
            expect(loss).toBeGreaterThanOrEqual(lowest);
            expect(loss).toBeLessThan(1e6);
          }
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it("has the intervals of the law's own predictions at its optimum, inside the fitted range and outside", () => {
    for (const [nonEmbeddingParams, trainingTokens] of [
      [1e9, 2e10],
      [5e8, 4e10],
      [7e10, 1.4e12],
    ] as const) {
      for (const intervalLevel of [0.5, 0.8, 0.95]) {
        const size = { nonEmbeddingParams, trainingTokens, intervalLevel };
        const { optimum } = mapLossSurface({ ...plain, ...size });
        const law = predictWithLaw("critbatch-joint", size);
        if (law?.status !== "ok") throw new Error("no prediction");
        expect(law.predictions).toHaveLength(4);
        for (const { quantity, estimate } of law.predictions) {
          const own = optimum[quantity as keyof typeof optimum];
          expect(estimate.value).toBe(own.value);
          expect(estimate.interval).toEqual(own.interval);
        }
      }
    }
  });

  it("spaces its points by equal ratios", () => {
    const { batchTokens } = mapLossSurface(plain);
    expect(batchTokens).toEqual([
      65536, 131072, 262144, 524288, 1048576, 2097152, 4194304, 8388608, 16777216,
    ]);
  });

  it("finds on a fine grid the optimum it states", () => {
    const { optimum, ...coarse } = mapLossSurface({
      ...plain,
      batchTokens: { min: 65536, max: 4194304, points: 200 },
      peakLearningRate: { min: 3e-4, max: 1e-2, points: 200 },
    });
    const flat = coarse.lossNats.flat();
    const at = flat.indexOf(Math.min(...flat));
    expect(Math.min(...flat)).toBeCloseTo(optimum.lossNats.value, 5);
    const batch = coarse.batchTokens[Math.floor(at / 200)]!;
    expect(Math.abs(Math.log(batch / optimum.bOptTokens.value))).toBeLessThan(0.05);
    const rate = coarse.peakLearningRate[at % 200]!;
    expect(Math.abs(Math.log(rate / optimum.peakLearningRate.value))).toBeLessThan(0.05);
  });

  it("gives the same bytes again", () => {
    expect(JSON.stringify(mapLossSurface(plain))).toBe(JSON.stringify(mapLossSurface(plain)));
  });

  it("says how a total count was converted and how far outside the fit it is", () => {
    const { nonEmbeddingParams: _, ...rest } = plain;
    const far = mapLossSurface({ ...rest, totalParams: 1e12, trainingTokens: 1e14 });
    expect(far.insideFit).toBe(false);
    expect(far.extrapolationLog).toBeGreaterThan(9);
    expect(noticeNames(far)).toContain("nonEmbeddingParams");
    expect(mapLossSurface(plain).insideFit).toBe(true);
  });
});

describe("a request for a heat map", () => {
  const refused = (over: object) =>
    lossSurfaceRequest.safeParse({ ...plain, ...over }).error?.issues.map(({ path }) => path[0]);

  it.each([
    ["both counts", { totalParams: 2e9 }, "nonEmbeddingParams"],
    ["no count", { nonEmbeddingParams: undefined }, "nonEmbeddingParams"],
    ["an empty range", { batchTokens: { min: 1e5, max: 1e5, points: 3 } }, "batchTokens"],
    ["one point", { batchTokens: { min: 1e5, max: 1e6, points: 1 } }, "batchTokens"],
    ["201 points", { batchTokens: { min: 1e5, max: 1e6, points: 201 } }, "batchTokens"],
    ["half a point", { batchTokens: { min: 1e5, max: 1e6, points: 2.5 } }, "batchTokens"],
    ["a rate of 0", { peakLearningRate: { min: 0, max: 1, points: 3 } }, "peakLearningRate"],
  ])("with %s is refused where it is wrong", (_name, over, place) => {
    expect(refused(over)).toEqual([place]);
  });
});
