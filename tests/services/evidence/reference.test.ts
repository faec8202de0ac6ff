import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  joinReference,
  type MoveTarget,
  referenceAlone,
  referenceVote,
} from "../../../api/services/evidence/reference.ts";
import transfer from "../../vectors/bjorck2024-transfer.json" with { type: "json" };
import { logUniform } from "../recommend/requests.ts";

const reference = {
  batchTokens: 524288,
  peakLearningRate: 1e-3,
  nonEmbeddingParams: 1e9,
  trainingTokens: 2e10,
};
const target = (over: Partial<MoveTarget> = {}): MoveTarget => ({
  nonEmbeddingParams: 1e9,
  trainingTokens: 2e10,
  batchTokens: 524288,
  batchRule: (from, to) => Math.sqrt(to / from),
  ...over,
});
const vote = (over: Partial<MoveTarget> = {}) => {
  const answer = referenceVote(reference, target(over));
  if (answer === undefined) throw new Error("no vote");
  return answer;
};

describe("a reference run moved to a plan", () => {
  it("like the plan is its own learning rate, certain to about a third", () => {
    expect(vote().lnValue).toBeCloseTo(Math.log(1e-3), 12);
    expect(Math.sqrt(vote().variance)).toBeCloseTo(0.3, 12);
  });

  it("follows the published exponent of the horizon at a fixed batch", () => {
    for (const { inputs, expected } of transfer.rows) {
      const moved = vote({ trainingTokens: (2e10 * inputs.toTokens) / inputs.fromTokens });
      expect(Math.exp(moved.lnValue) / 1e-3).toBeCloseTo(expected.learningRateRatio, 9);
    }
  });

  it("follows the rule it is given for the batch", () => {
    expect(vote({ batchTokens: 4 * 524288 }).lnValue).toBeCloseTo(Math.log(2e-3), 9);
  });

  it("is less certain with every move, and continuously so", () => {
    fc.assert(
      fc.property(
        logUniform(1e-3, 1e3),
        logUniform(1e-3, 1e3),
        logUniform(1e-3, 1e3),
        (n, d, b) => {
          const at = (x: number, y: number, z: number) =>
            vote({
              nonEmbeddingParams: 1e9 * x,
              trainingTokens: 2e10 * y,
              batchTokens: 524288 * z,
            }).variance;
          for (const more of [at(n, 1, 1), at(1, d, 1), at(1, 1, b)]) {
            expect(more).toBeGreaterThanOrEqual(at(1, 1, 1));
            expect(at(n, d, b)).toBeGreaterThanOrEqual(more - 1e-12);
          }
          expect(Math.abs(at(n, d, b * (1 + 1e-6)) - at(n, d, b))).toBeLessThan(1e-5);
        },
      ),
      { seed: 65 },
    );
  });

  it("never leaves the range of learning rates that the wire takes", () => {
    const huge = vote({ batchTokens: 1e30, batchRule: (from, to) => to / from });
    expect(Math.exp(huge.lnValue)).toBeCloseTo(100, 6);
    const tiny = vote({ batchTokens: 1e-30, batchRule: (from, to) => to / from });
    expect(Math.exp(tiny.lnValue) / 1e-9).toBeCloseTo(1, 6);
  });

  it("says nothing without a learning rate", () => {
    expect(referenceVote({ batchTokens: 1e6 }, target())).toBeUndefined();
  });
});

describe("a reference run beside the laws", () => {
  const laws = { lnValue: -6, variance: 0.36, degreesOfFreedom: 4, basis: "law" as const };

  it("shares the answer by precision", () => {
    const { joined, lawShare } = joinReference(laws, { lnValue: -6.2, variance: 0.09 });
    expect(lawShare).toBeCloseTo(0.2, 12);
    expect(joined.lnValue).toBeCloseTo(-6.16, 12);
    expect(joined.variance).toBeLessThan(0.09);
  });

  it("where no law applies decides alone, twice as wide in ln", () => {
    const { joined, lawShare } = referenceAlone(laws, { lnValue: -2, variance: 0.09 });
    expect(lawShare).toBe(0);
    expect(joined).toMatchObject({ lnValue: -2, basis: "measured" });
    expect(Math.sqrt(joined.variance)).toBeCloseTo(0.6, 12);
  });
});
