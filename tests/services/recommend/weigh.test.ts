import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settlePlan } from "../../../api/services/recommend/settle.ts";
import { weighPlan } from "../../../api/services/recommend/weigh.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { logUniform, PLAN, widthLog } from "./requests.ts";

const weigh = (request: RecommendationRequest) => weighPlan(request, settlePlan(request), 0.8, []);

const requests = fc.record({
  params: logUniform(1e5, 1e13),
  tokens: logUniform(1e8, 1e15),
  kind: fc.constantFrom("adamw" as const, "muon" as const, "sgd" as const),
  rate: fc.option(logUniform(1e-6, 1)),
  referenceBatch: fc.option(logUniform(1, 1e12).map(Math.round), { nil: undefined }),
});

describe("the learning rate at a batch", () => {
  it("is never above the one at the optimal batch, and falls towards small batches, with any reference", () => {
    fc.assert(
      fc.property(requests, ({ params, tokens, kind, rate, referenceBatch }) => {
        const { setting, learningRateAt } = weigh({
          ...PLAN,
          model: { nonEmbeddingParams: params },
          data: { trainingTokens: tokens },
          optimizer: { kind },
          evidence:
            rate === null
              ? undefined
              : { reference: { peakLearningRate: rate, batchTokens: referenceBatch } },
        });
        const bOpt = Math.exp(setting.bOpt.lnValue);
        const at = (batch: number) => learningRateAt(batch, bOpt).lnValue;
        for (const factor of [1e-3, 0.1, 0.5, 1.5, 10, 1e3]) {
          expect(at(bOpt * factor)).toBeLessThanOrEqual(at(bOpt) + 1e-12);
        }
        if (rate === null) expect(at(bOpt / 100)).toBeLessThan(at(bOpt / 10));
      }),
      { seed: 71, numRuns: 200 },
    );
  });

  it("is wider away from the optimal batch than at it", () => {
    const { setting, learningRateAt } = weigh(PLAN);
    const bOpt = Math.exp(setting.bOpt.lnValue);
    const at = (batch: number) => learningRateAt(batch, bOpt).variance;
    expect(at(bOpt / 4)).toBeGreaterThan(at(bOpt));
    expect(at(bOpt / 100)).toBeGreaterThan(at(bOpt / 4));
  });

  it("takes a reference without a batch as one at the batch of the plan", () => {
    const evidence = { reference: { peakLearningRate: 1e-3 } };
    const { setting, learningRateAt } = weigh({ ...PLAN, evidence });
    const plan = Math.exp(setting.bOpt.lnValue) / 8;
    const stated = weigh({
      ...PLAN,
      evidence: { reference: { ...evidence.reference, batchTokens: Math.round(plan) } },
    });
    for (const batch of [plan, plan * 4]) {
      expect(learningRateAt(batch, plan).lnValue).toBeCloseTo(
        stated.learningRateAt(batch, plan).lnValue,
        4,
      );
    }
    expect(learningRateAt(plan * 4, plan).lnValue).toBeGreaterThan(
      learningRateAt(plan, plan).lnValue,
    );
  });
});

describe("the protocol of a run", () => {
  const widthOf = (request: Partial<RecommendationRequest>) => {
    const { setting } = weigh({ ...PLAN, ...request });
    return Math.sqrt(setting.bOpt.variance);
  };

  it("other than that of the laws widens every estimate: Muon, more so SGD, and experts on top", () => {
    const adam = widthOf({});
    const muon = widthOf({ optimizer: { kind: "muon" } });
    const sgd = widthOf({ optimizer: { kind: "sgd" } });
    const both = widthOf({
      optimizer: { kind: "sgd" },
      model: { activeNonEmbeddingParams: 1e9, totalParams: 1e10 },
    });
    expect(muon).toBeGreaterThan(adam);
    expect(sgd).toBeGreaterThan(muon);
    expect(both).toBeGreaterThan(sgd);
    expect(widthOf({ optimizer: { kind: "adam" } })).toBe(adam);
  });

  it("leaves the learning rate of SGD unbounded until a reference run says one", () => {
    const sgd = { ...PLAN, optimizer: { kind: "sgd" as const } };
    const alone = weigh(sgd);
    const rate = (plan: typeof alone) => {
      const bOpt = Math.exp(plan.setting.bOpt.lnValue);
      return plan.describeLearningRate(plan.learningRateAt(bOpt, bOpt));
    };
    expect(rate(alone).interval).toEqual({ lower: null, upper: null, level: 0.8 });
    const known = weigh({ ...sgd, evidence: { reference: { peakLearningRate: 0.1 } } });
    expect(rate(known).value).toBeCloseTo(0.1, 6);
    expect(widthLog(rate(known))).toBeLessThan(2);
  });
});
