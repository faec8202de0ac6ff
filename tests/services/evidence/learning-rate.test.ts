import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchMoveSdLog,
  learningRateAtBatch,
  learningRateWarnings,
} from "../../../api/services/evidence/learning-rate.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import vectors from "../../vectors/learning-rate-broken-power.json" with { type: "json" };
import { logUniform, PLAN } from "../recommend/requests.ts";

const atOptimum = {
  lnValue: Math.log(1e-3),
  variance: 0.1,
  degreesOfFreedom: 4,
  basis: "law",
} as const;
const bOpt = { lnValue: Math.log(5e5), variance: 0.2, degreesOfFreedom: 4, basis: "law" } as const;
const at = (batch: number, request: RecommendationRequest = PLAN) =>
  learningRateAtBatch(atOptimum, bOpt, batch, request);

describe("the learning rate moved to a batch", () => {
  it("follows the broken power as fitted", () => {
    for (const { inputs, expected } of vectors.rows) {
      const moved = Math.exp(at(inputs.batchOverBOpt * 5e5).lnValue) / 1e-3;
      expect(moved / expected.brokenPower).toBeCloseTo(1, 9);
    }
  });

  it("is never above that at the optimal batch, and moves without a jump in value or width", () => {
    fc.assert(
      fc.property(logUniform(1, 1e12), (batch) => {
        const [here, near] = [at(batch), at(batch * (1 + 1e-6))];
        expect(here.lnValue).toBeLessThanOrEqual(atOptimum.lnValue);
        expect(Math.abs(here.lnValue - near.lnValue)).toBeLessThan(1e-5);
        expect(Math.abs(here.variance - near.variance)).toBeLessThan(1e-4);
      }),
      { seed: 72 },
    );
    for (const edge of [0.805, 0.99, 1, 1.01, 2, 8]) {
      const [below, above] = [at(5e5 * edge * (1 - 1e-6)), at(5e5 * edge * (1 + 1e-6))];
      expect(Math.abs(below.variance - above.variance)).toBeLessThan(1e-4);
    }
  });

  it("has twice the interval wherever the rule's own setting does not hold", () => {
    const own = at(5e5).variance;
    const others: Partial<RecommendationRequest>[] = [
      { schedule: { kind: "constant" } },
      { schedule: { kind: "cosine", finalLearningRateRatio: 0.5 } },
      { optimizer: { kind: "muon" } },
      { optimizer: { kind: "sgd" } },
    ];
    for (const other of others) {
      expect(at(5e5, { ...PLAN, ...other }).variance).toBeCloseTo(4 * own, 12);
      expect(learningRateWarnings({ ...PLAN, ...other })).toHaveLength(1);
    }
    for (const kind of ["linear", "wsd"] as const) {
      const same = { ...PLAN, schedule: { kind, finalLearningRateRatio: 0 } };
      expect(at(5e5, same).variance).toBe(own);
      expect(learningRateWarnings(same)).toEqual([]);
    }
  });
});

describe("what a move to another batch adds", () => {
  it("is nothing for none, the rule's scatter up to a factor of eight, and more beyond", () => {
    expect(batchMoveSdLog(5e5, 5e5)).toBe(0);
    // Refit of arXiv:2503.04715's runs: rms 0.17 in ln over the tuned cells.
    expect(batchMoveSdLog(1, 2)).toBeCloseTo(0.17, 12);
    expect(batchMoveSdLog(8, 1)).toBeCloseTo(0.17, 12);
    expect(batchMoveSdLog(1, 1000)).toBeGreaterThan(0.5);
    expect(batchMoveSdLog(1, 1e6)).toBeGreaterThan(batchMoveSdLog(1, 1000));
  });
});
