import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidRequest } from "../../../api/services/shared/invalid-request.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform, PLAN, recommended, refusals } from "./requests.ts";

type BatchConstraint = NonNullable<
  NonNullable<RecommendationRequest["constraints"]>["batchTokens"]
>;

const withBatch = (batchTokens: BatchConstraint, extra: Partial<RecommendationRequest> = {}) => ({
  ...PLAN,
  ...extra,
  constraints: { ...extra.constraints, batchTokens },
});

describe("constraints come last", () => {
  it("min, max and multipleOf hold whatever the objective wants", () => {
    for (const objective of ["loss", "balanced"] as const) {
      const at = (batchTokens: BatchConstraint) =>
        recommended({ ...withBatch(batchTokens), objective }).batch.batchTokens.value;
      expect(at({ min: 2 ** 24 })).toBe(2 ** 24);
      expect(at({ max: 2 ** 16 })).toBe(2 ** 16);
      expect(at({ multipleOf: 300_000 }) % 300_000).toBe(0);
      expect(at({ multipleOf: 300_000 }) % 2048).toBe(0);
    }
  });

  it("fixed decides the batch alone, and everything else is fitted to it", () => {
    const answer = recommended(withBatch({ fixed: 2 ** 17 }));
    expect(answer.batch.batchTokens.value).toBe(2 ** 17);
    expect(answer.batch.steps).toBe(Math.ceil(2e10 / 2 ** 17));
    expect(answer.batchSchedule).toEqual([
      { fromTokens: 0, batchTokens: 2 ** 17, peakLearningRateRatio: 1 },
    ]);
    const larger = recommended(withBatch({ fixed: 2 ** 18 }));
    expect(larger.learningRate.peakLearningRate.value).toBeGreaterThan(
      answer.learningRate.peakLearningRate.value,
    );
    expect(larger.optimizer.adamBeta2).toBeLessThan(answer.optimizer.adamBeta2 ?? 0);
  });

  it("a fixed batch that the devices hold is kept, however awkward its micro-batch", () => {
    const fixed = 257 * 2048;
    const answer = recommended(withBatch({ fixed }, { hardware: { maxMicroBatchSequences: 8 } }));
    expect(answer.batch).toMatchObject({ batchSequences: 257, microBatchSequences: 1 });
    expect(noticeNames(answer)).not.toContain("batch-rounded-to-whole-sequences");
  });

  it("a fixed batch that is no whole number of sequences on each device is rounded, with a warning", () => {
    const answer = recommended(withBatch({ fixed: 500_000 }, { hardware: { devices: 8 } }));
    expect(answer.batch.batchTokens.value).toBe(31 * 8 * 2048);
    expect(noticeNames(answer)).toContain("batch-rounded-to-whole-sequences");
  });

  it("steps.max raises the batch until the tokens are spent in time, ramp included", () => {
    for (const max of [1, 7, 1000, 5000]) {
      const { batch, batchSchedule } = recommended({ ...PLAN, constraints: { steps: { max } } });
      expect(batch.steps).toBeLessThanOrEqual(max);
      const steps = batchSchedule.reduce((sum, { fromTokens, batchTokens }, i) => {
        const end = batchSchedule[i + 1]?.fromTokens ?? 2e10;
        return sum + Math.floor((end - fromTokens) / batchTokens);
      }, 0);
      expect(steps).toBeLessThanOrEqual(max);
    }
  });

  it("a ramp starts no lower than min", () => {
    const { batchSchedule } = recommended({
      ...withBatch({ min: 2 ** 20 }),
      objective: "balanced",
      data: { trainingTokens: 2e11, sequenceLengthTokens: 2048 },
    });
    for (const stage of batchSchedule) expect(stage.batchTokens).toBeGreaterThanOrEqual(2 ** 20);
  });

  it("nonEmbeddingParams.max caps a size that follows, and the FLOPs buy tokens instead", () => {
    const free = recommended({
      ...PLAN,
      model: undefined,
      data: undefined,
      compute: { trainingFlops: 1e22 },
    });
    const capped = recommended({
      ...PLAN,
      model: undefined,
      data: undefined,
      compute: { trainingFlops: 1e22 },
      constraints: { nonEmbeddingParams: { max: 1e9 } },
    });
    expect(free.parameters.nonEmbeddingParams.value).toBeGreaterThan(1e9);
    expect(capped.parameters).toMatchObject({ basis: "constraint" });
    expect(capped.parameters.nonEmbeddingParams.value).toBe(1e9);
    expect(capped.data.trainingTokens.value).toBeGreaterThan(free.data.trainingTokens.value);
    const spent = 6 * capped.parameters.totalParams.value * capped.data.trainingTokens.value;
    expect(spent / 1e22).toBeCloseTo(1, 4);
    expect(noticeNames(capped)).toContain("parameters-limited");
    expect(noticeNames(capped)).not.toContain("model.nonEmbeddingParams");
  });
});

describe("constraints that contradict each other", () => {
  const none = "no-batch-fits";

  it.each<[string, RecommendationRequest, readonly string[]]>([
    [
      "more steps needed than steps.max leaves room for below max",
      {
        ...withBatch({ max: 2 ** 17 }),
        constraints: { batchTokens: { max: 2 ** 17 }, steps: { max: 10 } },
      },
      [`/constraints/steps/max ${none}`, `/constraints/batchTokens/max ${none}`],
    ],
    [
      "a fixed batch that takes more steps than allowed",
      { ...PLAN, constraints: { batchTokens: { fixed: 2 ** 17 }, steps: { max: 10 } } },
      [`/constraints/steps/max ${none}`, `/constraints/batchTokens/fixed ${none}`],
    ],
    [
      "a max below one sequence a device",
      withBatch({ max: 100_000 }, { hardware: { devices: 64 } }),
      [`/constraints/batchTokens/max ${none}`],
    ],
    [
      "no multiple between min and max",
      withBatch({ min: 2048 * 5, max: 2048 * 7, multipleOf: 2048 * 4 }),
      ["min", "max", "multipleOf"].map((field) => `/constraints/batchTokens/${field} ${none}`),
    ],
    [
      "a multiple larger than any batch",
      withBatch({ multipleOf: 999_999_999_989 }, { data: { sequenceLengthTokens: 99_999_989 } }),
      [`/constraints/batchTokens/multipleOf ${none}`],
    ],
    [
      "a model larger than nonEmbeddingParams.max",
      { ...PLAN, constraints: { nonEmbeddingParams: { max: 9e8 } } },
      ["/constraints/nonEmbeddingParams/max contradiction"],
    ],
  ])("%s: each one that takes part is named", (_claim, request, expected) => {
    expect(refusals(request)).toEqual(expected);
  });

  it("a model exactly as large as nonEmbeddingParams.max is none", () => {
    expect(refusals({ ...PLAN, constraints: { nonEmbeddingParams: { max: 1e9 } } })).toEqual([]);
  });
});

describe("the batch fits the machines exactly", () => {
  const plans = fc
    .record({
      params: logUniform(1e6, 1e12),
      trainingTokens: logUniform(1e7, 1e14),
      length: logUniform(1, 1e5).map(Math.round),
      devices: logUniform(1, 1e4).map(Math.round),
      micro: logUniform(1, 1e3).map(Math.round),
      min: fc.option(logUniform(1, 1e8).map(Math.round)),
      above: fc.option(logUniform(1, 1e3)),
      multipleOf: fc.option(logUniform(1, 1e5).map(Math.round)),
      maxSteps: fc.option(logUniform(1, 1e6).map(Math.round)),
      fixed: fc.option(logUniform(1, 1e9).map(Math.round)),
    })
    .map((plan) => ({
      ...plan,
      max: plan.above === null ? null : Math.round((plan.min ?? 1e6) * plan.above),
    }));

  type Plan = typeof plans extends fc.Arbitrary<infer P> ? P : never;

  const requestOf = (plan: Plan): RecommendationRequest => {
    const limits = {
      min: plan.min ?? undefined,
      max: plan.max ?? undefined,
      multipleOf: plan.multipleOf ?? undefined,
    };
    return {
      ...PLAN,
      model: { nonEmbeddingParams: plan.params },
      data: { trainingTokens: plan.trainingTokens, sequenceLengthTokens: plan.length },
      hardware: { devices: plan.devices, maxMicroBatchSequences: plan.micro },
      constraints: {
        batchTokens: plan.fixed === null ? limits : { fixed: plan.fixed },
        steps: { max: plan.maxSteps ?? undefined },
      },
    };
  };

  const checkLimits = (plan: Plan, batchTokens: number) => {
    if (plan.fixed !== null) return;
    expect(batchTokens).toBeGreaterThanOrEqual(plan.min ?? 1);
    expect(batchTokens).toBeLessThanOrEqual(plan.max ?? Number.MAX_SAFE_INTEGER);
    expect(batchTokens % (plan.multipleOf ?? 1)).toBe(0);
  };

  const checkSplit = (plan: Plan, { batch, batchSchedule }: Recommended) => {
    const { batchTokens, batchSequences, microBatchSequences, gradientAccumulationSteps } = batch;
    expect(microBatchSequences * gradientAccumulationSteps * plan.devices).toBe(batchSequences);
    expect(batchSequences * plan.length).toBe(batchTokens.value);
    expect(microBatchSequences).toBeLessThanOrEqual(plan.micro);
    expect(batch.steps).toBe(Math.ceil(plan.trainingTokens / batchTokens.value));
    expect(batch.steps).toBeLessThanOrEqual(plan.maxSteps ?? Number.MAX_SAFE_INTEGER);
    expect(batchTokens.interval.lower).toBeLessThanOrEqual(batchTokens.value);
    expect(batchTokens.interval.upper).toBeGreaterThanOrEqual(batchTokens.value);
    for (const stage of batchSchedule) {
      expect(stage.batchTokens % (plan.devices * plan.length)).toBe(0);
      expect(stage.batchTokens).toBeLessThanOrEqual(batchTokens.value);
    }
    expect(batchSchedule.at(-1)?.batchTokens).toBe(batchTokens.value);
  };

  it("micro-batch x accumulation x devices = sequences, sequences x length = tokens, limits kept", () => {
    let answered = 0;
    fc.assert(
      fc.property(plans, (plan) => {
        try {
          const answer = recommended(requestOf(plan));
          checkSplit(plan, answer);
          checkLimits(plan, answer.batch.batchTokens.value);
          answered++;
        } catch (thrown) {
          if (!(thrown instanceof InvalidRequest)) throw thrown;
          for (const { pointer } of thrown.fields) expect(pointer).toMatch(/^\/constraints\//);
        }
      }),
      { seed: 12, numRuns: 1000 },
    );
    expect(answered).toBeGreaterThan(300);
  });
});
