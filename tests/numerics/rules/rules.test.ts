import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { additiveLossNats } from "../../../api/numerics/laws/additive-loss.ts";
import {
  bergsma2025PowerLines,
  powerLinesTimescale,
} from "../../../api/numerics/laws/bergsma2025-power-lines.ts";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { evaluateQuantity } from "../../../api/numerics/laws/evaluate-law.ts";
import { hoffmann2022Constants } from "../../../api/numerics/laws/hoffmann2022-approach3.ts";
import { bCritFromCbs20, cbs20FromBCrit } from "../../../api/numerics/laws/zhang2024-cbs.ts";
import {
  adamSdeSettings,
  beta2AtBatch,
  beta2HalfLifeTokens,
} from "../../../api/numerics/rules/adam-rescaling.ts";
import { rampStages, rampStepsSavedFraction } from "../../../api/numerics/rules/batch-ramp.ts";
import {
  brokenPowerLearningRateRatio,
  learningRateAtHorizon,
  linearLearningRate,
  saturatingLearningRate,
  squareRootLearningRate,
  surgeLearningRate,
} from "../../../api/numerics/rules/learning-rate-rescaling.ts";
import { batchAtLossTolerance } from "../../../api/numerics/rules/loss-tolerance.ts";
import { mupRatios } from "../../../api/numerics/rules/mup.ts";
import { warmupStepsOfParams } from "../../../api/numerics/rules/warmup.ts";
import { weightDecayForTimescale } from "../../../api/numerics/rules/weight-decay.ts";
import timescale from "../../vectors/bergsma2025-timescale.json";
import horizon from "../../vectors/bjorck2024-transfer.json";
import completep from "../../vectors/completep2025.json";
import brokenPower from "../../vectors/learning-rate-broken-power.json";
import rules from "../../vectors/learning-rate-rules.json";
import tolerance from "../../vectors/loss-tolerance.json";
import malladi from "../../vectors/malladi2022-sde.json";
import marek from "../../vectors/marek2025-beta2.json";
import merrill from "../../vectors/merrill2025-ramp.json";
import { runVectors } from "../../vectors/run-vectors.ts";
import warmup from "../../vectors/warmup-tokens.json";
import conversion from "../../vectors/zhang2024-conversion.json";

const positive = fc.double({ min: -4, max: 9, noNaN: true }).map((decades) => 10 ** decades);

describe("rules that move a learning rate with the batch", () => {
  runVectors(rules, ({ bNoise, ...move }) => ({
    linear: linearLearningRate(move),
    squareRoot: squareRootLearningRate(move),
    saturating: saturatingLearningRate(move, bNoise),
    surge:
      (move.peakLearningRate * surgeLearningRate(1, bNoise, move.toBatch)) /
      surgeLearningRate(1, bNoise, move.fromBatch),
  }));

  it("are undone by moving back", () => {
    fc.assert(
      fc.property(positive, positive, positive, (fromBatch, toBatch, bNoise) => {
        const there = { fromBatch, toBatch, peakLearningRate: 1e-3 };
        const back = { fromBatch: toBatch, toBatch: fromBatch };
        for (const rule of [
          linearLearningRate,
          squareRootLearningRate,
          (move: typeof there) => saturatingLearningRate(move, bNoise, 0.7),
        ]) {
          expect(rule({ ...back, peakLearningRate: rule(there) }) / 1e-3).toBeCloseTo(1, 9);
        }
      }),
      { seed: 40 },
    );
  });

  it("agree at small batches: saturating^1 is linear, surge and saturating^0.5 are square roots", () => {
    const move = { fromBatch: 1, toBatch: 2, peakLearningRate: 1 };
    expect(saturatingLearningRate(move, 1e12)).toBeCloseTo(2, 9);
    expect(saturatingLearningRate(move, 1e12, 0.5)).toBeCloseTo(Math.SQRT2, 9);
    const surge = surgeLearningRate(1, 1e12, 2) / surgeLearningRate(1, 1e12, 1);
    expect(surge).toBeCloseTo(Math.SQRT2, 9);
  });

  it("refuse a batch or an exponent out of range", () => {
    const move = { fromBatch: 0, toBatch: 1, peakLearningRate: 1 };
    expect(() => linearLearningRate(move)).toThrow(RangeError);
    expect(() => saturatingLearningRate({ ...move, fromBatch: 1 }, 1, 2)).toThrow(RangeError);
    expect(() => surgeLearningRate(1, Number.NaN, 1)).toThrow(RangeError);
  });
});

describe("the learning rate relative to the optimal batch's", () => {
  runVectors(brokenPower, ({ batchOverBOpt }) => ({
    brokenPower: brokenPowerLearningRateRatio(batchOverBOpt, 1),
    // Half-point at 0.476 B_opt, relative to the plateau at an unlimited batch.
    saturating: saturatingLearningRate(
      { fromBatch: 1e18, toBatch: batchOverBOpt, peakLearningRate: 1 },
      0.476,
    ),
  }));

  it("never exceeds 1 and never falls with the batch", () => {
    fc.assert(
      fc.property(positive, positive, (batch, factor) => {
        const at = brokenPowerLearningRateRatio(batch, 1e3);
        expect(at).toBeLessThanOrEqual(1);
        expect(brokenPowerLearningRateRatio(batch * (1 + factor), 1e3)).toBeGreaterThanOrEqual(at);
      }),
      { seed: 41 },
    );
  });
});

describe("the learning rate at another token horizon", () => {
  runVectors(horizon, ({ fromTokens, toTokens }) => ({
    learningRateRatio: learningRateAtHorizon(1, fromTokens, toTokens),
  }));
});

describe("AdamW timescale", () => {
  runVectors(timescale, ({ tokensPerParam }) => ({
    timescaleFraction: powerLinesTimescale(tokensPerParam),
  }));

  it("comes back from the weight decay it asks for", () => {
    const run = { trainingTokens: 2e10, batchTokens: 5e5, peakLearningRate: 1e-3 };
    const weightDecay = weightDecayForTimescale({ ...run, timescaleFraction: 0.2 });
    const tau = run.batchTokens / (run.peakLearningRate * weightDecay * run.trainingTokens);
    expect(tau).toBeCloseTo(0.2, 14);
  });
});

describe("beta2 at a constant half-life in tokens", () => {
  runVectors(marek, ({ adamBeta2, fromBatchTokens, toBatchTokens }) => ({
    adamBeta2: beta2AtBatch(adamBeta2, fromBatchTokens, toBatchTokens),
    halfLifeTokens: beta2HalfLifeTokens(adamBeta2, fromBatchTokens),
  }));

  it("keeps the half-life", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 1e6, noNaN: true }), (toBatch) => {
        const moved = beta2AtBatch(0.999, 1e5, toBatch);
        const ratio = beta2HalfLifeTokens(moved, toBatch) / beta2HalfLifeTokens(0.999, 1e5);
        expect(ratio).toBeCloseTo(1, 6);
      }),
      { seed: 42 },
    );
  });
});

describe("the SDE rule of Adam", () => {
  const settings = {
    peakLearningRate: 1e-3,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
  };
  runVectors(malladi, ({ batchRatio }) => ({ ...adamSdeSettings(settings, batchRatio) }));

  it("stops holding where an average would forget within one step", () => {
    expect(adamSdeSettings(settings, 9.99).holds).toBe(true);
    expect(adamSdeSettings(settings, 10.01).holds).toBe(false);
  });
});

describe("warmup of as many tokens as parameters", () => {
  runVectors(warmup, ({ totalParams, batchTokens }) => ({
    warmupSteps: warmupStepsOfParams(totalParams, batchTokens),
  }));
});

describe("batch ramp", () => {
  runVectors(merrill, ({ stages, trainingTokens }) => ({
    stepsSavedFraction: rampStepsSavedFraction(stages, trainingTokens),
  }));

  const target = {
    batchTokens: 4e6,
    trainingTokens: 1e12,
    bCritTokens: 1.6e7,
    bCritExponent: 0.462,
    doublings: 3,
  };
  const localBCrit = (fromTokens: number, bCritTokens: number) =>
    bCritTokens * (fromTokens / target.trainingTokens) ** target.bCritExponent;

  it("starts each stage where it equals the critical batch of the tokens seen so far", () => {
    const stages = rampStages(target);
    expect(stages.map((stage) => stage.batchTokens)).toEqual([5e5, 1e6, 2e6, 4e6]);
    expect(stages[0]?.fromTokens).toBe(0);
    for (const { fromTokens, batchTokens } of stages.slice(1)) {
      expect(localBCrit(fromTokens, target.bCritTokens) / batchTokens).toBeCloseTo(1, 12);
    }
  });

  it("reaches a target above the critical batch where half of the final share is critical", () => {
    const stages = rampStages({ ...target, bCritTokens: 1e6 });
    const last = stages.at(-1)!;
    expect(last.fromTokens / target.trainingTokens).toBeCloseTo(0.5 ** (1 / 0.462), 12);
  });

  it("saves a quarter of the steps by doubling half-way, none without stages to come", () => {
    const first = { fromTokens: 0, batchTokens: 1e6 };
    const stages = [first, { fromTokens: 5e10, batchTokens: 2e6 }];
    expect(rampStepsSavedFraction(stages, 1e11)).toBeCloseTo(0.25, 12);
    expect(rampStepsSavedFraction(stages, 4e10)).toBeCloseTo(0, 12);
    expect(() => rampStepsSavedFraction([], 1e10)).toThrow(RangeError);
  });

  it("refuses a part of a doubling", () => {
    expect(() => rampStages({ ...target, doublings: 0.5 })).toThrow(RangeError);
  });
});

describe("the batch at a loss tolerance", () => {
  const lossLaws = { besiroglu2024: besiroglu2024Constants, hoffmann2022: hoffmann2022Constants };
  const batchFor = (name: keyof typeof lossLaws, trainingTokens: number, eps: number): number => {
    const c = lossLaws[name];
    const bCrit = evaluateQuantity(bergsma2025PowerLines, "bCritTokens", { trainingTokens });
    if (bCrit?.status !== "ok") throw new Error("no critical batch");
    return batchAtLossTolerance({
      toleranceNats: eps,
      dataTermNats: c.dataCoefficient * trainingTokens ** -c.dataExponent,
      dataExponent: c.dataExponent,
      bCritTokens: bCrit.value,
    });
  };
  runVectors(tolerance, ({ trainingTokens, toleranceNats }) => ({
    besiroglu2024: batchFor("besiroglu2024", trainingTokens, toleranceNats),
    hoffmann2022: batchFor("hoffmann2022", trainingTokens, toleranceNats),
  }));

  it("costs exactly the tolerance in the loss law at D/(1 + B/B_c)", () => {
    const bCritTokens = 2048 * 0.0471 * 2e10 ** 0.462;
    const batch = batchFor("besiroglu2024", 2e10, 0.01);
    const lossAt = (tokens: number) => additiveLossNats(besiroglu2024Constants, 1e9, tokens);
    expect(lossAt(2e10 / (1 + batch / bCritTokens)) - lossAt(2e10)).toBeCloseTo(0.01, 12);
  });
});

describe("20 % overhead and the critical batch", () => {
  runVectors(conversion, ({ bCritSequences }) => ({
    overhead20Sequences: cbs20FromBCrit(bCritSequences, 0),
    cbs20Sequences: cbs20FromBCrit(bCritSequences, 256),
  }));

  it("convert into each other", () => {
    fc.assert(
      fc.property(positive, (bCrit) => {
        expect(bCritFromCbs20(cbs20FromBCrit(bCrit, 0), 0) / bCrit).toBeCloseTo(1, 12);
      }),
      { seed: 43 },
    );
  });
});

describe("width and depth multipliers", () => {
  runVectors(completep, ({ widthRatio, depthRatio, depthExponent }) => ({
    ...mupRatios(widthRatio, depthRatio, depthExponent),
  }));
});
