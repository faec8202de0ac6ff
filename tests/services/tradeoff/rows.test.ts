import { describe, expect, it } from "vitest";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { CLUSTER, noiseScale, numberOf, PAIR, RUN, reported, rowOf, statusOf } from "./requests.ts";

function planned(fixed: number) {
  const plan = recommendPlan({ ...RUN, constraints: { batchTokens: { fixed } } });
  if (plan.status !== "recommended") throw new Error(plan.status);
  return plan;
}

describe("a row", () => {
  it("says of each batch what the recommendation with that batch fixed says", () => {
    const answer = reported(PAIR);
    for (const side of ["small", "large"] as const) {
      const plan = planned(PAIR[`${side}BatchTokens`]);
      expect(rowOf(answer, "final-loss")[side]).toEqual(plan.loss.lossNats);
      expect(rowOf(answer, "loss-penalty")[side]).toEqual(plan.loss.batchPenaltyNats);
      expect(rowOf(answer, "peak-learning-rate")[side]).toEqual(plan.learningRate.peakLearningRate);
      expect(rowOf(answer, "weight-decay")[side]).toEqual(plan.optimizer.weightDecay);
      expect(rowOf(answer, "adam-beta2")[side]).toMatchObject({ value: plan.optimizer.adamBeta2 });
      expect(rowOf(answer, "serial-steps")[side]).toMatchObject({ value: plan.batch.steps });
    }
  });

  it("comes once for each aspect, with a source and a finding", () => {
    const { rows } = reported(PAIR);
    expect(new Set(rows.map(({ aspect }) => aspect)).size).toBe(rows.length);
    expect(rows).toHaveLength(20);
  });
});

describe("gradient noise", () => {
  it("is the given noise scale in tokens over the batch", () => {
    const answer = reported({ ...PAIR, evidence: { noiseScale: noiseScale("sequences") } });
    const { small, large } = rowOf(answer, "gradient-noise");
    // 1000 sequences of 2048 tokens over 2^18 and 2^24 tokens.
    expect(numberOf(small).value).toBeCloseTo(7.8125, 4);
    expect(numberOf(large).value).toBeCloseTo(0.12207, 5);
    expect(numberOf(small).interval.lower).toBeCloseTo(6.25, 4);
    expect(numberOf(small).basis).toBe("measured");
  });

  it("without a noise scale is that of the critical batch, and says so", () => {
    const answer = reported(PAIR);
    const row = rowOf(answer, "gradient-noise");
    const { value } = answer.criticalBatch.bCritTokens;
    expect(numberOf(row.small).value).toBeCloseTo(value / PAIR.smallBatchTokens, 3);
    expect(row.finding).toContain("was not measured");
  });

  it("has its interval moved to the level of the answer", () => {
    const at = (level: number) => {
      const evidence = { noiseScale: noiseScale("tokens", level) };
      const answer = reported({ ...PAIR, intervalLevel: 0.8, evidence });
      return numberOf(rowOf(answer, "gradient-noise").small).interval;
    };
    expect(at(0.5).level).toBe(0.8);
    expect(at(0.5).upper ?? 0).toBeGreaterThan(at(0.8).upper ?? 0);
  });
});

describe("implicit regularisation", () => {
  it.each([
    [128, 7.793],
    [8192, 0.1021],
  ])("at %i of 50000 examples with B_simple 1000 is %f", (batch, ratio) => {
    const sequenceLengthTokens = 1000;
    const answer = reported({
      data: { trainingTokens: 5e7, sequenceLengthTokens },
      smallBatchTokens: batch * sequenceLengthTokens,
      largeBatchTokens: 2e7,
      evidence: { noiseScale: noiseScale("sequences") },
    });
    const { value } = numberOf(rowOf(answer, "implicit-regularisation").small);
    expect(Math.abs(value / ratio - 1)).toBeLessThan(5e-4);
  });

  it("is 0 from the whole data set on", () => {
    const answer = reported({
      data: { trainingTokens: 4e7, uniqueTokens: 1e7, sequenceLengthTokens: 1000 },
      smallBatchTokens: 1e5,
      largeBatchTokens: 2e7,
      evidence: { noiseScale: noiseScale("sequences") },
    });
    expect(numberOf(rowOf(answer, "implicit-regularisation").large).value).toBe(0);
  });

  it("without a noise scale says what to measure", () => {
    const row = rowOf(reported(PAIR), "implicit-regularisation");
    expect(row.status).toBe("needs-measurement");
    expect(row.large).toMatchObject({ needed: [{ code: "noise-scale" }] });
  });
});

describe("what only training shows", () => {
  it.each(["sharpness", "path-smoothness"] as const)("%s names its experiment", (aspect) => {
    const row = rowOf(reported(PAIR), aspect);
    expect(row.status).toBe("needs-probe");
    expect(row.small).toMatchObject({ needed: [{ code: "probe-generalisation" }] });
  });

  it("generalisation is no question in one epoch, and one for a probe in several", () => {
    const once = rowOf(reported(PAIR), "generalisation");
    const data = { ...RUN.data, uniqueTokens: 1e9 };
    const often = rowOf(reported({ ...PAIR, data }), "generalisation");
    expect([once.status, often.status]).toEqual(["not-applicable", "needs-probe"]);
    for (const { finding } of [once, often]) expect(finding).toContain("Shallue 2018");
  });
});

describe("what makes up for the batch", () => {
  it("is nothing at the best batch", () => {
    const { small } = rowOf(reported({}), "parameters-for-equal-loss");
    expect(statusOf(small)).toBe("not-needed");
  });

  it.each([
    [2097152, "number"],
    [16777216, "impractical"],
    [134217728, "beyond-wall"],
  ])("for a large batch of %i tokens by parameters is: %s", (largeBatchTokens, status) => {
    const answer = reported({ smallBatchTokens: 262144, largeBatchTokens });
    const { large } = rowOf(answer, "parameters-for-equal-loss");
    expect(statusOf(large)).toBe(status);
    expect(numberOf(rowOf(answer, "tokens-for-equal-loss").large).value).toBeGreaterThan(1);
  });

  it("by tokens asks for distinct ones where they would be repeated too often", () => {
    const data = { ...RUN.data, uniqueTokens: 2e9 };
    const { large } = rowOf(reported({ ...PAIR, data }), "tokens-for-equal-loss");
    expect(large).toMatchObject({ status: "limited-by-unique-tokens" });
  });
});

describe("speed", () => {
  it("the shares of fewest steps and fewest tokens add up to 1 at any batch", () => {
    const answer = reported(PAIR);
    for (const side of ["small", "large"] as const) {
      const steps = numberOf(rowOf(answer, "step-efficiency")[side]).value;
      const tokens = numberOf(rowOf(answer, "token-efficiency")[side]).value;
      expect(steps + tokens).toBeCloseTo(1, 5);
    }
  });

  it("without machines is a question, with the fields that are missing", () => {
    const row = rowOf(reported(PAIR), "time-to-equal-loss");
    expect(row.status).toBe("needs-measurement");
    expect(row.small).toMatchObject({ needed: [{ code: "hardware" }] });
  });

  it("on machines is steps times the time of one", () => {
    const answer = reported({ ...PAIR, model: { totalParams: 1e9 }, hardware: CLUSTER });
    // 64 x 4e14 / (6 x 1e9) = 4.2667e6 tokens/s; 1193 steps of 0.12 s + 2^24 / 4.2667e6 s.
    const hours = (1193 * (0.12 + 2 ** 24 / (2.56e16 / 6e9))) / 3600;
    const run = rowOf(answer, "run-time");
    expect(numberOf(run.large).value).toBeCloseTo(hours, 4);
    const equal = rowOf(answer, "time-to-equal-loss");
    const cost = rowOf(answer, "device-hours-to-equal-loss");
    expect(numberOf(equal.large).value).toBeGreaterThan(numberOf(run.large).value);
    expect(numberOf(cost.large).value / numberOf(equal.large).value).toBeCloseTo(64, 3);
  });
});

describe("settings", () => {
  it("that the optimizer does not have are no question", () => {
    const answer = reported({ ...PAIR, optimizer: { kind: "momentum" } });
    for (const aspect of ["adam-beta2", "weight-decay"] as const) {
      const row = rowOf(answer, aspect);
      expect(row.status).toBe("not-applicable");
      expect(row.finding).toContain("momentum");
    }
  });

  it("a reference run without a batch had the recommended one on both sides", () => {
    const evidence = { reference: { peakLearningRate: 1e-3 } };
    const answer = reported({ smallBatchTokens: 32768, largeBatchTokens: 524288, evidence });
    const { small, large } = rowOf(answer, "peak-learning-rate");
    expect(numberOf(small).value).toBeLessThan(0.5 * numberOf(large).value);
  });

  it("a ramp to a batch beyond the critical one starts below it", () => {
    const { small, large } = rowOf(reported(PAIR), "batch-ramp");
    expect(numberOf(large).value).toBeLessThan(PAIR.largeBatchTokens);
    expect(numberOf(small).value).toBeLessThanOrEqual(PAIR.smallBatchTokens);
  });
});
