import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import type { EvidenceOnly } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform, refusals } from "./requests.ts";

const FINE: RecommendationRequest = { task: "fine-tuning" };

const scale = (value: number, unit: "tokens" | "sequences" | "examples") => ({
  bSimple: {
    value,
    interval: { lower: value / 1.5, upper: value * 1.5, level: 0.8 },
    basis: "measured" as const,
  },
  unit,
  measuredOver: "late" as const,
});

function evidenceOnly(request: RecommendationRequest): EvidenceOnly {
  const answer = recommendPlan({ ...FINE, ...request });
  if (answer.status !== "evidence-only") throw new Error(answer.status);
  return answer;
}

describe("a task without laws", () => {
  it.each(["fine-tuning", "other"] as const)("%s without evidence says what to measure", (task) => {
    const answer = recommendPlan({ task, model: { totalParams: 7e9 } });
    if (answer.status !== "insufficient-evidence") throw new Error(answer.status);
    expect(answer.needed.map(({ code }) => code)).toEqual(["probe", "noise-scale", "reference"]);
    expect(answer.reason).toContain(task);
  });

  it("uses no law: every item of evidence is the caller's own", () => {
    const answer = evidenceOnly({
      model: { totalParams: 7e9 },
      data: { trainingTokens: 1e9, sequenceLengthTokens: 4096 },
      evidence: { noiseScale: scale(100, "sequences"), reference: { peakLearningRate: 1e-5 } },
    });
    expect(answer.evidence.map(({ status }) => status)).toEqual(["given", "given"]);
    expect(answer.evidence.map(({ weight }) => weight)).toEqual([1, 1]);
  });

  it.each(["time", "cost"] as const)(
    "refuses the objective %s, for which it has no laws",
    (objective) => {
      expect(refusals({ ...FINE, objective })).toEqual(["/objective not-for-this-task"]);
    },
  );

  it.each([
    { batchTokens: 128 },
    { batchTokens: 262144, peakLearningRate: 1e-5 },
    { tokensSeen: 1e6 },
  ])("never gives the caller's own settings back: %o", (current) => {
    for (const task of ["fine-tuning", "other"] as const) {
      const answer = recommendPlan({ task, current });
      expect(answer.status).toBe("insufficient-evidence");
      expect(answer.summary).not.toMatch(/128|262/);
    }
  });

  it("is not evidence either what a constraint fixes", () => {
    const constraints = { batchTokens: { fixed: 262144 } };
    expect(recommendPlan({ task: "fine-tuning", constraints }).status).toBe(
      "insufficient-evidence",
    );
  });

  it("names the optimizer it assumed, which decides how far a noise scale is trusted", () => {
    const evidence = { noiseScale: scale(100, "examples") };
    expect(noticeNames(evidenceOnly({ evidence }))).toContain("optimizer.kind");
    const sgd = evidenceOnly({ evidence, optimizer: { kind: "sgd" } });
    expect(noticeNames(sgd)).not.toContain("optimizer.kind");
  });
});

describe("the batch from a noise scale", () => {
  it("is a fifth of the critical one, in the unit that was measured", () => {
    for (const unit of ["examples", "tokens"] as const) {
      const {
        batch,
        criticalBatch,
        unit: answered,
      } = evidenceOnly({
        evidence: { noiseScale: scale(1e5, unit) },
      });
      expect(answered).toBe(unit);
      const [size, critical] =
        unit === "examples"
          ? [batch?.batchExamples, criticalBatch?.bCritExamples]
          : [batch?.batchTokens, criticalBatch?.bCritTokens];
      expect(critical?.value).toBeCloseTo(1e5, 3);
      expect(size?.value).toBe(2e4);
    }
  });

  it("counts sequences as tokens where their length is known, and as examples where not", () => {
    const evidence = { noiseScale: scale(1000, "sequences") };
    expect(evidenceOnly({ evidence }).unit).toBe("examples");
    const known = evidenceOnly({ evidence, data: { sequenceLengthTokens: 512 } });
    expect(known.unit).toBe("tokens");
    expect(known.criticalBatch?.bCritTokens?.value).toBeCloseTo(512_000, 2);
    expect(known.batch).toMatchObject({ batchSequences: 200, microBatchSequences: 200 });
  });

  it("respects min, max and multipleOf in tokens, with or without a sequence length", () => {
    for (const data of [undefined, { sequenceLengthTokens: 128 }]) {
      const at = (batchTokens: { min?: number; max?: number; multipleOf?: number }) =>
        evidenceOnly({
          data,
          constraints: { batchTokens },
          evidence: { noiseScale: scale(1e6, "tokens") },
        }).batch?.batchTokens?.value ?? 0;
      expect(at({ max: 2 ** 14 })).toBe(2 ** 14);
      expect(at({ min: 2 ** 20 })).toBe(2 ** 20);
      expect(at({ multipleOf: 3000 }) % 3000).toBe(0);
    }
  });

  it("in examples cannot respect limits in tokens and says so", () => {
    const answer = evidenceOnly({
      constraints: { batchTokens: { max: 1024 }, steps: { max: 10 } },
      evidence: { noiseScale: scale(1e6, "examples") },
    });
    expect(answer.batch?.batchExamples?.value).toBe(2e5);
    const warning = answer.warnings.find(({ code }) => code === "constraint-not-applied");
    expect(warning?.detail).toContain("constraints.batchTokens and constraints.steps");
  });

  it("fits the machines exactly where the sequence length is known", () => {
    const machines = fc.record({
      devices: fc.integer({ min: 1, max: 512 }),
      maxMicroBatchSequences: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(
        machines,
        logUniform(1, 1e9),
        fc.integer({ min: 1, max: 8192 }),
        (hardware, value, length) => {
          const { batch } = evidenceOnly({
            hardware,
            data: { sequenceLengthTokens: length, trainingTokens: 1e9 },
            evidence: { noiseScale: scale(value, "tokens") },
          });
          const {
            batchSequences = 0,
            microBatchSequences = 0,
            gradientAccumulationSteps = 0,
          } = batch ?? {};
          expect(microBatchSequences * gradientAccumulationSteps * hardware.devices).toBe(
            batchSequences,
          );
          expect(batchSequences * length).toBe(batch?.batchTokens?.value);
          expect(batch?.batchTokens?.interval.lower).toBeLessThanOrEqual(batchSequences * length);
          expect(batch?.batchTokens?.interval.upper).toBeGreaterThanOrEqual(
            batchSequences * length,
          );
          expect(batch?.steps).toBe(Math.ceil(1e9 / (batchSequences * length)));
        },
      ),
      { seed: 92, numRuns: 200 },
    );
  });
});

describe("the batch without a noise scale", () => {
  const reference = { batchTokens: 131072, peakLearningRate: 1e-5 };

  it("is that of the reference run, exactly as given", () => {
    const { batch } = evidenceOnly({ evidence: { reference } });
    expect(batch?.batchTokens).toMatchObject({ value: 131072, basis: "given" });
  });

  it("that a constraint moved is no longer `given`", () => {
    const { batch } = evidenceOnly({
      evidence: { reference },
      constraints: { batchTokens: { max: 100_000 } },
    });
    expect(batch?.batchTokens).toMatchObject({ value: 100_000, basis: "derived" });
  });

  it("that is fixed is kept where the devices hold it, and otherwise rounded with a warning", () => {
    const at = (fixed: number) =>
      evidenceOnly({
        evidence: { reference },
        data: { sequenceLengthTokens: 1024 },
        hardware: { maxMicroBatchSequences: 8 },
        constraints: { batchTokens: { fixed } },
      });
    expect(at(257 * 1024).batch?.batchTokens?.value).toBe(257 * 1024);
    expect(noticeNames(at(257 * 1024))).not.toContain("batch-rounded-to-whole-sequences");
    expect(noticeNames(at(1000))).toContain("batch-rounded-to-whole-sequences");
  });

  it("never takes tokens for examples: an unusable noise scale in examples leaves no batch", () => {
    const unusable = {
      ...scale(100, "examples"),
      bSimple: {
        value: 100,
        interval: { lower: null, upper: null, level: 0.8 },
        basis: "measured" as const,
      },
    };
    const answer = evidenceOnly({ evidence: { noiseScale: unusable, reference } });
    expect(answer.batch).toBeUndefined();
    expect(answer.learningRate?.peakLearningRate.value).toBeCloseTo(1e-5, 9);
  });
});

describe("the learning rate", () => {
  const reference = { batchTokens: 2 ** 16, peakLearningRate: 1e-5, trainingTokens: 1e9 };
  const rate = (more: RecommendationRequest) =>
    evidenceOnly({ evidence: { reference }, data: { trainingTokens: 1e9 }, ...more }).learningRate
      ?.peakLearningRate.value ?? 0;

  it("of the same batch and length is the reference's own", () => {
    expect(rate({}) / 1e-5).toBeCloseTo(1, 9);
  });

  it("moves with the root of the batch under Adam and in proportion under SGD", () => {
    const fixed = { constraints: { batchTokens: { fixed: 2 ** 18 } } };
    expect(rate(fixed) / 1e-5).toBeCloseTo(2, 5);
    expect(rate({ ...fixed, optimizer: { kind: "sgd" } }) / 1e-5).toBeCloseTo(4, 5);
  });

  it("saturates at a measured critical batch", () => {
    const fixed = { constraints: { batchTokens: { fixed: 2 ** 24 } } };
    const free = rate({ ...fixed, optimizer: { kind: "sgd" } });
    const bounded = rate({
      ...fixed,
      optimizer: { kind: "sgd" },
      evidence: { reference, noiseScale: scale(2 ** 18, "tokens") },
    });
    expect(bounded).toBeLessThan(free / 10);
  });

  it("stays with a longer run: no law of fine-tuning moves it", () => {
    expect(rate({ data: { trainingTokens: 1e10 } })).toBeCloseTo(1e-5, 12);
  });
});
