import { describe, expect, it } from "vitest";
import { type OptimizerTarget, planOptimizer } from "../../../api/services/recommend/optimizer.ts";
import { estimateOf } from "../../../api/services/shared/estimates.ts";
import type { Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import malladi from "../../vectors/malladi2022-sde.json" with { type: "json" };
import beta2 from "../../vectors/marek2025-beta2.json" with { type: "json" };
import { noticeNames } from "../notice-names.ts";
import { widthLog } from "./requests.ts";

const TARGET: OptimizerTarget = {
  computeParams: 1e9,
  trainingTokens: 2e10,
  batchTokens: 5e5,
  bOptTokens: 5e5,
  bCritTokens: 5e6,
  peakLearningRate: { lnValue: Math.log(1e-3), variance: 0.1, degreesOfFreedom: 4, basis: "law" },
  level: 0.8,
};

const plan = (request: RecommendationRequest, over: Partial<OptimizerTarget> = {}) => {
  const warnings: Warning[] = [];
  return { ...planOptimizer(request, { ...TARGET, ...over }, warnings), warnings };
};

describe("beta2", () => {
  it("keeps its half-life in tokens from the caller's batch to the recommended one", () => {
    for (const { inputs, expected } of beta2.rows) {
      const { adamBeta2 } = plan(
        {
          optimizer: { adamBeta2: inputs.adamBeta2 },
          current: { batchTokens: inputs.fromBatchTokens },
        },
        { batchTokens: inputs.toBatchTokens },
      );
      expect(adamBeta2).toBeCloseTo(Math.min(Math.max(expected.adamBeta2, 0.9), 0.9999), 6);
    }
  });

  it("is 0.95 at the optimal batch and higher below it", () => {
    expect(plan({}).adamBeta2).toBeCloseTo(0.95, 6);
    expect(plan({}, { batchTokens: 5e4 }).adamBeta2).toBeGreaterThan(0.99);
  });

  it("never falls below 0.9 nor rises above 0.9999, whatever the batch", () => {
    expect(plan({}, { batchTokens: 1e9 }).adamBeta2).toBe(0.9);
    expect(plan({}, { batchTokens: 1 }).adamBeta2).toBe(0.9999);
    expect(plan({ optimizer: { adamBeta2: 0 } }).adamBeta2).toBe(0.9);
  });
});

describe("epsilon", () => {
  const from = (batchTokens: number, optimizer: RecommendationRequest["optimizer"] = {}) =>
    plan({ optimizer: { adamEpsilon: 1e-8, ...optimizer }, current: { batchTokens } });

  it("follows the SDE rule where that holds", () => {
    const rows = malladi.rows.filter(({ expected }) => expected.holds);
    expect(rows.length).toBeGreaterThan(0);
    for (const { inputs, expected } of rows) {
      const { adamEpsilon } = plan(
        {
          optimizer: {
            adamBeta1: 0.9,
            adamBeta2: 0.999,
            adamEpsilon: 1e-8,
          },
          current: { batchTokens: 1e5 },
        },
        { batchTokens: 1e5 * inputs.batchRatio },
      );
      expect((adamEpsilon ?? 0) / expected.adamEpsilon).toBeCloseTo(1, 5);
    }
  });

  it("moved by the SDE rule says that its form is unverified", () => {
    expect(noticeNames(from(1e5))).toContain("sde-form-unverified");
    expect(noticeNames(from(TARGET.batchTokens))).not.toContain("sde-form-unverified");
    expect(noticeNames(from(4e4))).not.toContain("sde-form-unverified");
  });

  it("stays as given, with a warning, where the averages would forget within a step", () => {
    const { adamEpsilon, warnings } = from(4e4);
    expect(adamEpsilon).toBe(1e-8);
    expect(warnings.map(({ code }) => code)).toContain("sde-rule-does-not-hold");
    expect(noticeNames(from(1e5, { adamBeta2: 0.5 }))).toContain("sde-rule-does-not-hold");
    expect(noticeNames(from(1e5))).not.toContain("sde-rule-does-not-hold");
  });

  it("stays as given beyond the critical batch, or where it would swamp the gradient", () => {
    expect(from(6e6).adamEpsilon).toBe(1e-8);
    expect(noticeNames(from(6e6))).toContain("sde-rule-does-not-hold");
    const swamped = plan(
      { optimizer: { adamEpsilon: 1 }, current: { batchTokens: 4e6 } },
      { batchTokens: 10 },
    );
    expect(swamped.adamEpsilon).toBe(1);
  });

  it("is the default without one given, and the given one without a batch it was used at", () => {
    expect(plan({}).adamEpsilon).toBe(1e-8);
    expect(plan({ optimizer: { adamEpsilon: 1e-6 } }).adamEpsilon).toBe(1e-6);
    expect(from(1e5, { adamEpsilon: 0 }).adamEpsilon).toBe(0);
  });
});

describe("weight decay", () => {
  it("keeps the timescale: in proportion to the batch, and less at a higher learning rate", () => {
    const at = (over: Partial<OptimizerTarget>) => plan({}, over).weightDecay?.value ?? 0;
    expect(at({ batchTokens: 1e6 }) / at({})).toBeCloseTo(2, 4);
    const faster = { ...TARGET.peakLearningRate, lnValue: Math.log(2e-3) };
    expect(at({ peakLearningRate: faster }) / at({})).toBeCloseTo(0.5, 4);
  });

  it("is four times uncertain either way at 80 %, twice the law's own in ln, and says why", () => {
    const { weightDecay, warnings } = plan({});
    if (weightDecay === undefined) throw new Error("no weight decay");
    // The law's own sd of ln is a factor of two as an 80 % interval.
    expect(widthLog(weightDecay)).toBeCloseTo(2 * Math.LN2, 1);
    expect(noticeNames({ warnings })).toContain("weight-decay-constant-unverified");
  });

  it("of the caller is kept without a word", () => {
    const { weightDecay, warnings } = plan({ optimizer: { weightDecay: 0.1 } });
    expect(weightDecay).toMatchObject({ value: 0.1, basis: "given" });
    expect(warnings).toEqual([]);
  });
});

describe("the weight decay in use now", () => {
  const moved = (current: RecommendationRequest["current"]) => plan({ current }).weightDecay;

  it("keeps its timescale and is as uncertain as the learning rate it goes with", () => {
    const decay = moved({ batchTokens: 2.5e5, peakLearningRate: 2e-3, weightDecay: 0.1 });
    if (decay === undefined) throw new Error("no weight decay");
    expect(decay.value).toBeCloseTo(0.1 * 2 * 2, 6);
    expect(decay.basis).toBe("derived");
    expect(widthLog(decay)).toBeCloseTo(widthLog(estimateOf(TARGET.peakLearningRate, 0.8)), 4);
  });

  it("stays as given where its batch or learning rate is not known, and 0 stays 0", () => {
    expect(moved({ weightDecay: 0.1 })).toMatchObject({ value: 0.1, basis: "given" });
    expect(moved({ batchTokens: 1e5, peakLearningRate: 1e-3, weightDecay: 0 })).toMatchObject({
      value: 0,
      basis: "given",
    });
  });
});

describe("the settings of other optimizers", () => {
  it("are momentum without Adam's, and decoupled decay only where it is decoupled", () => {
    const sgd = plan({ optimizer: { kind: "sgd" } });
    expect(sgd).toMatchObject({ kind: "sgd", momentum: 0 });
    expect(sgd.adamBeta1).toBeUndefined();
    expect(sgd.weightDecay).toBeUndefined();
    expect(plan({ optimizer: { kind: "momentum" } }).momentum).toBe(0.9);
    expect(plan({ optimizer: { kind: "muon", momentum: 0.9 } }).momentum).toBe(0.9);
    expect(plan({ optimizer: { kind: "muon" } }).momentum).toBe(0.95);
    expect(plan({ optimizer: { kind: "muon" } }).weightDecay).toBeDefined();
    expect(plan({ optimizer: { kind: "adam" } }).weightDecay).toBeUndefined();
  });
});
