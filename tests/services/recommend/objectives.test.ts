import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { logUniform, MACHINES, PLAN, recommended, refusals } from "./requests.ts";

/** One token a sequence and no limits: the batch is the wanted one to the token. */
const FINE = { ...PLAN, data: { trainingTokens: 2e10, sequenceLengthTokens: 1 } } as const;

type Machines = NonNullable<RecommendationRequest["hardware"]>;

function batchOf(objective: RecommendationRequest["objective"], hardware: Machines = {}) {
  const { batch, criticalBatch } = recommended({ ...FINE, objective, hardware });
  return {
    batch: batch.batchTokens.value,
    bOpt: criticalBatch.bOptTokens.value,
    bCrit: criticalBatch.bCritTokens.value,
  };
}

/** One device on which a step's overhead equals the compute of so many tokens. */
const withKnee = (bKneeTokens: number): Machines => ({
  devices: 1,
  stepOverheadMs: 1000,
  // N = 1e9 without embeddings counts 47491 N^(1/3) more: arXiv:2406.12907.
  flopPerSecondPerDevice: 6 * (1e9 + 4.7491e7) * bKneeTokens,
});

const nearly = (actual: number, expected: number) =>
  expect(Math.abs(Math.log(actual / expected)), `${actual} for ${expected}`).toBeLessThan(1e-4);

describe("the objective decides the batch", () => {
  it("loss takes the batch with the lowest loss", () => {
    const { batch, bOpt } = batchOf("loss");
    nearly(batch, bOpt);
  });

  it("balanced takes the largest batch of 20 % token overhead, a fifth of the critical one", () => {
    const { batch, bCrit, bOpt } = batchOf("balanced");
    nearly(batch, 0.2 * bCrit);
    expect(batch).toBeGreaterThan(bOpt);
  });

  it("balanced is rounded down, so that the bound of 20 % more tokens holds on any machines", () => {
    for (const devices of [1, 7, 24, 64, 96]) {
      for (const maxMicroBatchSequences of [1, 5, 8]) {
        const question = { ...PLAN, hardware: { devices, maxMicroBatchSequences } };
        const { batch, criticalBatch } = recommended({ ...question, objective: "balanced" });
        const bound = 0.2 * criticalBatch.bCritTokens.value * (1 + 1e-5);
        expect(batch.batchTokens.value).toBeLessThanOrEqual(bound);
        const other = recommended(question).alternatives.find(({ id }) => id === "balanced");
        expect(other?.batchTokens).toBe(batch.batchTokens.value);
        expect(other?.tokensRatio).toBeLessThanOrEqual(1.2);
      }
    }
  });

  it("balanced takes the nearest batch where none is small enough", () => {
    const smallest = 2 ** 24;
    const { batch } = recommended({
      ...PLAN,
      objective: "balanced",
      constraints: { batchTokens: { min: smallest } },
    });
    expect(batch.batchTokens.value).toBe(smallest);
  });

  it("time takes the geometric mean of the critical batch and the hardware's knee", () => {
    const { batch, bCrit } = batchOf("time", withKnee(1e6));
    nearly(batch, Math.sqrt(bCrit * 1e6));
  });

  it("cost takes the hardware's knee, or the batch with the lowest loss where that is larger", () => {
    nearly(batchOf("cost", withKnee(2e6)).batch, 2e6);
    const small = batchOf("cost", withKnee(1e4));
    nearly(small.batch, small.bOpt);
  });

  it("no objective leaves the range from the optimal to three critical batches", () => {
    const fast = batchOf("time", withKnee(1e12));
    nearly(fast.batch, 3 * fast.bCrit);
    nearly(batchOf("cost", withKnee(1e12)).batch, 3 * fast.bCrit);
    const slow = batchOf("time", withKnee(1));
    nearly(slow.batch, slow.bOpt);
    const idle = batchOf("time", { ...withKnee(1), stepOverheadMs: 0 });
    nearly(idle.batch, idle.bOpt);
  });

  it("each of the four differs from the others on machines with a knee between", () => {
    const batches = (["loss", "balanced", "time", "cost"] as const).map(
      (objective) => batchOf(objective, withKnee(3e6)).batch,
    );
    expect(new Set(batches).size).toBe(4);
  });

  it("stays in that range for any size, length and machine", () => {
    const plans = fc.record({
      params: logUniform(1e6, 1e13),
      tokens: logUniform(1e8, 1e15),
      devices: fc.integer({ min: 1, max: 10_000 }),
      flops: logUniform(1e12, 1e16),
      overhead: logUniform(1, 1e4),
      objective: fc.constantFrom(
        "loss" as const,
        "balanced" as const,
        "time" as const,
        "cost" as const,
      ),
    });
    fc.assert(
      fc.property(plans, ({ params, tokens, devices, flops, overhead, objective }) => {
        const { batch, criticalBatch } = recommended({
          ...FINE,
          model: { nonEmbeddingParams: params },
          data: { trainingTokens: tokens, sequenceLengthTokens: 1 },
          objective,
          hardware: { devices, flopPerSecondPerDevice: flops, stepOverheadMs: overhead },
        });
        const room = 1 + 2e-5 + devices / batch.batchTokens.value;
        const lower = Math.min(criticalBatch.bOptTokens.value, tokens);
        const upper = Math.max(criticalBatch.bOptTokens.value, 3 * criticalBatch.bCritTokens.value);
        expect(batch.batchTokens.value * room).toBeGreaterThanOrEqual(lower);
        expect(batch.batchTokens.value / room).toBeLessThanOrEqual(Math.max(upper, devices));
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

describe("time and cost without hardware", () => {
  const every = ["devices", "flopPerSecondPerDevice", "stepOverheadMs"] as const;

  it.each(["time", "cost"] as const)(
    "%s names each field that is missing, and only those",
    (objective) => {
      for (let given = 0; given < 7; given++) {
        const known = every.filter((_, i) => (given >> i) & 1);
        const hardware = Object.fromEntries(known.map((field) => [field, MACHINES[field]]));
        expect(refusals({ ...PLAN, objective, hardware })).toEqual(
          every
            .filter((field) => !known.includes(field))
            .map((field) => `/hardware/${field} missing`),
        );
      }
      expect(refusals({ ...PLAN, objective })).toHaveLength(3);
      expect(refusals({ ...PLAN, objective, hardware: MACHINES })).toEqual([]);
    },
  );

  it.each(["loss", "balanced"] as const)("%s needs none", (objective) => {
    expect(refusals({ ...PLAN, objective })).toEqual([]);
  });
});

describe("the interval of the batch", () => {
  it("is that of the optimal batch for the lowest loss", () => {
    const { batch, criticalBatch } = recommended(PLAN);
    expect(batch.batchTokens.interval).toEqual(criticalBatch.bOptTokens.interval);
  });

  it("moves with the objective: a fifth of the critical batch's for balanced, the knee for cost", () => {
    const balanced = recommended({ ...FINE, objective: "balanced" });
    const { lower, upper } = balanced.criticalBatch.bCritTokens.interval;
    nearly(balanced.batch.batchTokens.interval.lower ?? 0, 0.2 * (lower ?? 0));
    nearly(balanced.batch.batchTokens.interval.upper ?? 0, 0.2 * (upper ?? 0));
    const cost = recommended({ ...FINE, objective: "cost", hardware: withKnee(2e6) });
    nearly(cost.batch.batchTokens.interval.lower ?? 0, 2e6);
  });

  it("holds the batch however far a constraint moves it", () => {
    for (const fixed of [2048, 2048 * 10_000]) {
      const { batch } = recommended({ ...PLAN, constraints: { batchTokens: { fixed } } });
      expect(batch.batchTokens.value).toBe(fixed);
      expect(batch.batchTokens.interval.lower).toBeLessThanOrEqual(fixed);
      expect(batch.batchTokens.interval.upper).toBeGreaterThanOrEqual(fixed);
    }
  });
});
