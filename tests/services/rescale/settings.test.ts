import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brokenPowerLearningRate } from "../../../api/numerics/rules/learning-rate-rescaling.ts";
import { weightDecayAtBatch } from "../../../api/numerics/rules/weight-decay.ts";
import marek from "../../vectors/marek2025-beta2.json";
import { noticeNames } from "../notice-names.ts";
import { MOVE, moved, noise, pretraining } from "./requests.ts";

const tokens = (fromTokens: number, toTokens: number, optimizer: object, over: object = {}) => ({
  optimizer: { kind: "adamw", ...optimizer },
  from: { batchTokens: fromTokens, peakLearningRate: 1e-3, ...over },
  to: { batchTokens: toTokens },
});

describe("beta2", () => {
  it.each(marek.rows)("keeps its half-life in tokens, not below 0.9: $inputs", (row) => {
    const { adamBeta2, fromBatchTokens, toBatchTokens } = row.inputs;
    const answer = moved(tokens(fromBatchTokens, toBatchTokens, { adamBeta2 }));
    expect(answer.adamBeta2).toBeCloseTo(Math.max(0.9, row.expected.adamBeta2), 8);
    expect(noticeNames(answer).includes("beta2-floored")).toBe(row.expected.adamBeta2 < 0.9);
  });

  it("given below the floor is not raised by a larger batch", () => {
    expect(moved(tokens(1e5, 4e5, { adamBeta2: 0.8 })).adamBeta2).toBe(0.8);
    expect(moved(tokens(1e5, 1e6, { adamBeta2: 0 })).adamBeta2).toBe(0);
  });

  it("never reaches 1", () => {
    expect(moved(tokens(1e12, 1, { adamBeta2: 0.999 })).adamBeta2).toBe(0.9999999);
  });

  it("and beta1 are absent for optimizers without them", () => {
    const answer = moved({ optimizer: { kind: "momentum", momentum: 0.9 } });
    expect(answer.momentum).toBe(0.9);
    for (const field of ["adamBeta1", "adamBeta2", "adamEpsilon", "weightDecay"]) {
      expect(answer).not.toHaveProperty(field);
    }
  });

  it("that was not given is that of the frameworks, and said so", () => {
    const answer = moved({ optimizer: { kind: "adam" } });
    expect(noticeNames(answer)).toContain("optimizer.adamBeta1");
    expect(answer.adamBeta2).toBeCloseTo(0.999 ** 4, 8);
    expect(noticeNames(moved({}))).not.toContain("optimizer.adamBeta1");
  });
});

describe("beta1", () => {
  it("is kept outside the SDE rule", () => {
    expect(moved({ noiseScale: noise(1e5) }).adamBeta1).toBe(0.9);
    expect(moved({ noiseScale: noise(1e5), rule: "sde" }).adamBeta1).toBe(0.6);
  });
});

describe("epsilon", () => {
  it("falls with the root of the batch where the SDE rule holds", () => {
    expect(moved({ noiseScale: noise(1e5) }).adamEpsilon).toBe(5e-9);
  });

  it("moved by the SDE rule says that its form is unverified, kept it says nothing of it", () => {
    const code = "sde-form-unverified";
    expect(noticeNames(moved({ noiseScale: noise(1e5) }))).toContain(code);
    expect(noticeNames(moved({ noiseScale: noise(1e5), rule: "sde" }))).toContain(code);
    expect(noticeNames(moved({ noiseScale: noise(500) }))).not.toContain(code);
  });

  it("is kept where k (1 - beta1) reaches 1 or a batch is above the noise scale", () => {
    const far = moved({ noiseScale: noise(1e5), to: { batchExamples: 4096 } });
    const above = moved({ noiseScale: noise(500) });
    for (const answer of [far, above]) {
      expect(answer.adamEpsilon).toBe(1e-8);
      expect(noticeNames(answer)).toContain("epsilon-kept");
    }
  });
});

describe("weight decay", () => {
  it("of AdamW keeps lambda eta / B, the timescale in tokens", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e4, max: 1e8 }), (batch) => {
        const answer = moved(
          pretraining(1e5, batch, { optimizer: { kind: "adamw", weightDecay: 0.1 } }),
        );
        const timescale = batch / (answer.peakLearningRate.value * (answer.weightDecay ?? 0));
        expect(timescale / (1e5 / (1e-3 * 0.1))).toBeCloseTo(1, 4);
      }),
      { seed: 74, numRuns: 100 },
    );
  });

  it("grows with the root of the batch under the square root, in proportion at a fixed learning rate", () => {
    const root = moved({
      optimizer: { ...MOVE.optimizer, kind: "adamw", weightDecay: 0.1 },
      rule: "square-root",
    });
    expect(root.weightDecay).toBeCloseTo(0.2, 9);
    const flat = moved(pretraining(1e6, 4e6, { optimizer: { kind: "adamw", weightDecay: 0.1 } }));
    expect(flat.weightDecay).toBeCloseTo(0.4, 9);
  });

  it("of coupled optimizers is kept, and zero stays zero", () => {
    const adam = moved({ optimizer: { ...MOVE.optimizer, weightDecay: 0.1 } });
    expect(adam.weightDecay).toBe(0.1);
    expect(noticeNames(adam)).toContain("weight-decay-kept");
    expect(moved({ optimizer: { kind: "adamw", weightDecay: 0 } }).weightDecay).toBe(0);
  });

  it("beyond the critical batch comes with a warning", () => {
    const optimizer = { kind: "adamw", weightDecay: 0.1 };
    expect(noticeNames(moved(pretraining(1e5, 1e8, { optimizer })))).toContain(
      "weight-decay-past-critical-batch",
    );
  });
});

describe("warm-up", () => {
  it("is kept in tokens; its steps are those of the new batch", () => {
    const answer = moved(tokens(131072, 524288, {}, { warmupTokens: 124e6 }));
    expect(answer).toMatchObject({ warmupTokens: 124e6, warmupSteps: 237 });
  });

  it("lasts at least 100 steps, but not more than half the run for their sake", () => {
    const short = moved(tokens(131072, 4194304, {}, { warmupTokens: 124e6 }));
    expect(short).toMatchObject({ warmupTokens: 419430000, warmupSteps: 100 });
    expect(noticeNames(short)).toContain("warmup-lengthened");
    const half = moved({
      ...tokens(131072, 4194304, {}, { warmupTokens: 124e6 }),
      data: { trainingTokens: 4e8 },
    });
    expect(half.warmupTokens).toBe(2e8);
  });

  it("of nothing stays nothing, and one that is not given is not invented", () => {
    expect(moved(tokens(1e5, 1e6, {}, { warmupTokens: 0 }))).toMatchObject({
      warmupTokens: 0,
      warmupSteps: 0,
    });
    expect(moved({})).not.toHaveProperty("warmupSteps");
  });

  it("in examples is kept in examples; in tokens its steps need the sequence length", () => {
    const start = { batchExamples: 256, peakLearningRate: 1e-3 };
    expect(moved({ from: { ...start, warmupExamples: 409600 } })).toMatchObject({
      warmupExamples: 409600,
      warmupSteps: 400,
    });
    const inTokens = { from: { ...start, warmupTokens: 409600 * 512 } };
    const unknown = moved(inTokens);
    expect(unknown).not.toHaveProperty("warmupSteps");
    expect(noticeNames(unknown)).toContain("warmup-steps-unknown");
    expect(moved({ ...inTokens, data: { sequenceLengthTokens: 512 } }).warmupSteps).toBe(400);
  });
});

describe("the numbers behind them", () => {
  it("give their worked examples", () => {
    expect(weightDecayAtBatch(0.1, 4, 2)).toBeCloseTo(0.2, 12);
    const move = { fromBatch: 1, toBatch: 8, peakLearningRate: 1e-3 };
    expect(brokenPowerLearningRate(move, 2)).toBeCloseTo(1.49e-3, 6);
  });

  it("refuse numbers out of range", () => {
    expect(() => weightDecayAtBatch(-1, 1, 1)).toThrow(RangeError);
    expect(() => weightDecayAtBatch(1, 0, 1)).toThrow(RangeError);
    expect(() => weightDecayAtBatch(1, 1, Number.NaN)).toThrow(RangeError);
    const move = { fromBatch: 1, toBatch: 1, peakLearningRate: 0 };
    expect(() => brokenPowerLearningRate(move, 1)).toThrow(RangeError);
  });
});
