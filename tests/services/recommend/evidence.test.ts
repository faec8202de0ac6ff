import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Estimate } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { noticeNames } from "../notice-names.ts";
import { logUniform, PLAN, recommended, widthLog } from "./requests.ts";

interface NoiseScale {
  readonly bSimple: Estimate;
  readonly unit: "tokens" | "sequences" | "examples";
  readonly measuredOver?: "unknown" | "last-half-of-tuned-run" | "late";
  readonly weighting?: "none" | "hessian";
}

const noiseScale = (
  value: number,
  more: Partial<Omit<NoiseScale, "bSimple">> = {},
  interval: { lower: number | null; upper: number | null } = {
    lower: value / 1.2,
    upper: value * 1.2,
  },
): NoiseScale => ({
  bSimple: { value, interval: { ...interval, level: 0.8 }, basis: "measured" },
  unit: "tokens",
  ...more,
});

const withNoise = (scale: NoiseScale, kind: "adamw" | "sgd" = "adamw") =>
  recommended({ ...PLAN, optimizer: { kind }, evidence: { noiseScale: scale } });

const weightSums = ({ evidence }: Pick<Recommended, "evidence">) => {
  const sums = new Map<string, number>();
  for (const { quantity, weight } of evidence) {
    sums.set(quantity, (sums.get(quantity) ?? 0) + weight);
  }
  return sums;
};

const plans = fc.record({
  params: logUniform(1e3, 1e15),
  tokens: logUniform(1e3, 1e17),
  kind: fc.constantFrom("adamw" as const, "sgd" as const, "muon" as const),
  scale: fc.option(logUniform(1, 1e12), { nil: undefined }),
  rate: fc.option(logUniform(1e-6, 1), { nil: undefined }),
});

describe("the listed evidence", () => {
  it("has weights that add up to 1 for each quantity, none below 0", () => {
    fc.assert(
      fc.property(plans, ({ params, tokens, kind, scale, rate }) => {
        const answer = recommended({
          ...PLAN,
          model: { nonEmbeddingParams: params },
          data: { trainingTokens: tokens },
          optimizer: { kind },
          evidence: {
            noiseScale: scale === undefined ? undefined : noiseScale(scale),
            reference: rate === undefined ? undefined : { peakLearningRate: rate },
          },
        });
        const sums = weightSums(answer);
        expect([...sums.keys()].sort()).toEqual(["bCritTokens", "bOptTokens", "peakLearningRate"]);
        for (const sum of sums.values()) expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
        for (const { weight } of answer.evidence) expect(weight).toBeGreaterThanOrEqual(0);
      }),
      { seed: 21, numRuns: 200 },
    );
  });

  it("shows laws fitted on the same runs as the measured surface with weight 0 and the reason", () => {
    const sameData = recommended(PLAN).evidence.filter(({ reason }) => reason === "same-data");
    expect(sameData.map(({ id, quantity }) => `${quantity} ${id}`).sort()).toEqual([
      "bCritTokens critbatch-refit",
      "bOptTokens critbatch-refit",
      "bOptTokens li2025-step-law",
      "bOptTokens schaipp2026",
      "peakLearningRate li2025-step-law",
    ]);
    for (const { weight, value } of sameData) {
      expect(weight).toBe(0);
      expect(value).toBeGreaterThan(0);
    }
  });

  it("shows a law in its refusal range with weight 0, no value and the law's own reason", () => {
    const { evidence } = recommended({
      ...PLAN,
      model: { nonEmbeddingParams: 7e10 },
      data: { trainingTokens: 1.4e12 },
    });
    const refused = evidence.filter(({ value }) => value === undefined);
    expect(refused.map(({ id, quantity }) => `${id} ${quantity}`).sort()).toEqual([
      "kaplan2020 peakLearningRate",
      "liu2025-moonlight bOptTokens",
      "liu2025-moonlight peakLearningRate",
    ]);
    for (const { id, weight, reason, sdLog } of refused) {
      expect(weight).toBe(0);
      expect(sdLog).toBeUndefined();
      expect(reason).toContain(`${id} must not be used`);
    }
  });

  it("lists every law once for a quantity, with where it was published", () => {
    const { evidence } = recommended(PLAN);
    const keys = evidence.map(({ id, quantity }) => `${id} ${quantity}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { source } of evidence) expect(source.length).toBeGreaterThan(8);
  });

  it("says of each law whether the run lies inside its fit, and how far outside", () => {
    for (const { insideFit, extrapolationLog } of recommended(PLAN).evidence) {
      expect(insideFit).toBe(extrapolationLog === 0);
    }
  });
});

describe("a measured noise scale", () => {
  const laws = recommended(PLAN).criticalBatch;
  const far = 20 * laws.bCritTokens.value;
  const moved = (scale: NoiseScale, kind: "adamw" | "sgd" = "adamw") =>
    Math.log(withNoise(scale, kind).criticalBatch.bCritTokens.value / laws.bCritTokens.value) /
    Math.log(20);

  it("hardly moves the critical batch from an unknown moment", () => {
    expect(moved(noiseScale(far))).toBeGreaterThan(0);
    expect(moved(noiseScale(far))).toBeLessThan(0.12);
    expect(noticeNames(withNoise(noiseScale(far)))).toContain("noise-scale-moment-unknown");
  });

  it("moves it more when averaged over the last half of a tuned run, and most when Hessian-weighted late under SGD", () => {
    const unknown = moved(noiseScale(far));
    const late = moved(noiseScale(far, { measuredOver: "late" }));
    const lastHalf = moved(
      noiseScale(far * Math.exp(0.7), { measuredOver: "last-half-of-tuned-run" }),
    );
    const hessian = moved(noiseScale(far, { measuredOver: "late", weighting: "hessian" }), "sgd");
    expect(late).toBeGreaterThan(unknown);
    expect(lastHalf).toBeGreaterThan(late);
    expect(hessian).toBeGreaterThan(2 * lastHalf);
    expect(hessian).toBeLessThan(1);
  });

  it("counts less under Adam than under SGD, and Hessian weights count only late in training", () => {
    const weighted = { weighting: "hessian" } as const;
    const late = noiseScale(far, { measuredOver: "late", ...weighted });
    expect(moved(late)).toBeLessThan(moved(late, "sgd"));
    expect(moved(noiseScale(far, weighted))).toBe(moved(noiseScale(far)));
  });

  it("moves the optimal batch half as far in ln as the critical one", () => {
    const { bCritTokens, bOptTokens } = withNoise(
      noiseScale(far, { measuredOver: "last-half-of-tuned-run" }),
    ).criticalBatch;
    const critical = Math.log(bCritTokens.value / laws.bCritTokens.value);
    expect(Math.log(bOptTokens.value / laws.bOptTokens.value)).toBeCloseTo(critical / 2, 4);
    expect(bCritTokens.basis).toBe("combined");
  });

  it("counts sequences and examples by the length of a sequence", () => {
    const inTokens = withNoise(noiseScale(2048 * 1000));
    for (const unit of ["sequences", "examples"] as const) {
      expect(withNoise(noiseScale(1000, { unit })).criticalBatch).toEqual(inTokens.criticalBatch);
    }
  });

  it("never narrows the laws' interval by more than half, whatever it says", () => {
    const scales = fc.record({
      value: logUniform(1e-3, 1e21),
      spread: logUniform(1, 1e3),
      measuredOver: fc.constantFrom("unknown", "last-half-of-tuned-run", "late"),
      weighting: fc.constantFrom("none", "hessian"),
      kind: fc.constantFrom("adamw", "sgd"),
    });
    fc.assert(
      fc.property(scales, ({ value, spread, measuredOver, weighting, kind }) => {
        const interval = { lower: value / spread, upper: value * spread };
        const answer = withNoise(noiseScale(value, { measuredOver, weighting }, interval), kind);
        const alone = recommended({ ...PLAN, optimizer: { kind } }).criticalBatch.bCritTokens;
        const { bCritTokens } = answer.criticalBatch;
        expect(widthLog(bCritTokens)).toBeGreaterThan(0.5 * widthLog(alone) - 1e-5);
      }),
      { seed: 22, numRuns: 300 },
    );
  });

  it("is taken from the bounded end of its interval where the other is unbounded, as less certain", () => {
    const both = noiseScale(
      far,
      { measuredOver: "last-half-of-tuned-run" },
      { lower: far / 3, upper: far * 3 },
    );
    const below = noiseScale(
      far,
      { measuredOver: "last-half-of-tuned-run" },
      { lower: far / 3, upper: null },
    );
    const above = noiseScale(
      far,
      { measuredOver: "last-half-of-tuned-run" },
      { lower: null, upper: far * 3 },
    );
    expect(moved(below)).toBeLessThan(moved(both));
    expect(moved(below)).toBeGreaterThan(0);
    expect(moved(above)).toBeCloseTo(moved(below), 5);
  });

  it("with no bounded end is not used and says so", () => {
    const answer = withNoise(noiseScale(far, {}, { lower: null, upper: null }));
    expect(answer.criticalBatch).toEqual(laws);
    expect(noticeNames(answer)).toContain("noise-scale-without-interval");
    expect(answer.evidence.map(({ id }) => id)).not.toContain("noise-scale");
  });
});

describe("a reference run", () => {
  const lawRate = recommended(PLAN).learningRate.peakLearningRate;
  const withReference = (
    reference: NonNullable<RecommendationRequest["evidence"]>["reference"],
    more: Partial<RecommendationRequest> = {},
  ) => recommended({ ...PLAN, ...more, evidence: { reference } });
  const same = { batchTokens: 450560, nonEmbeddingParams: 1e9, trainingTokens: 2e10 };

  it("pulls the learning rate most of the way to its own and narrows the interval", () => {
    const { peakLearningRate } = withReference({
      ...same,
      peakLearningRate: lawRate.value / 1.5,
    }).learningRate;
    expect(peakLearningRate.value).toBeLessThan(lawRate.value * 0.8);
    expect(peakLearningRate.value).toBeGreaterThan(lawRate.value / 1.5);
    expect(widthLog(peakLearningRate)).toBeLessThan(widthLog(lawRate));
    expect(peakLearningRate.basis).toBe("combined");
  });

  it("far from the laws never narrows the interval below that of the laws", () => {
    const { peakLearningRate } = withReference({
      ...same,
      peakLearningRate: lawRate.value * 100,
    }).learningRate;
    expect(widthLog(peakLearningRate)).toBeGreaterThan(widthLog(lawRate));
  });

  it("is moved to a longer run and a larger model by a lower learning rate, to a larger batch by a higher one", () => {
    const rate = { ...same, peakLearningRate: lawRate.value };
    const at = (reference: typeof rate) =>
      withReference(reference).learningRate.peakLearningRate.value;
    expect(at({ ...rate, trainingTokens: 2e9 })).toBeLessThan(at(rate));
    expect(at({ ...rate, nonEmbeddingParams: 1e8 })).toBeLessThan(at(rate));
    expect(at({ ...rate, batchTokens: 45056 })).toBeGreaterThan(at(rate));
    expect(at({ ...rate, batchTokens: 4505600 })).toBeCloseTo(at(rate), 3);
  });

  it("counts for less the farther it has to be moved", () => {
    const weight = (trainingTokens: number) =>
      withReference({ ...same, trainingTokens, peakLearningRate: lawRate.value }).evidence.find(
        ({ id }) => id === "reference",
      )?.weight ?? 0;
    expect(weight(2e10)).toBeGreaterThan(0.5);
    expect(weight(2e8)).toBeLessThan(weight(2e9));
    expect(weight(2e9)).toBeLessThan(weight(2e10));
  });

  it("that leaves something out is taken as equal to the plan there, with a warning", () => {
    const sparse = withReference({ peakLearningRate: 5e-4 });
    expect(noticeNames(sparse)).toContain("evidence.reference.trainingTokens");
    expect(sparse.learningRate).toEqual(
      withReference({
        peakLearningRate: 5e-4,
        nonEmbeddingParams: 1e9,
        trainingTokens: 2e10,
        batchTokens: sparse.batch.batchTokens.value,
      }).learningRate,
    );
  });

  it("without a learning rate changes nothing and says so", () => {
    const answer = withReference({ batchTokens: 1e6 });
    expect(answer.learningRate).toEqual(recommended(PLAN).learningRate);
    expect(noticeNames(answer)).toContain("reference-without-learning-rate");
  });

  it("of SGD stands alone: every law is of Adam", () => {
    const sgd = withReference({ ...same, peakLearningRate: 0.1 }, { optimizer: { kind: "sgd" } });
    expect(sgd.learningRate.peakLearningRate.value).toBeCloseTo(0.1, 6);
    expect(Number.isFinite(widthLog(sgd.learningRate.peakLearningRate))).toBe(true);
    const laws = sgd.evidence.filter(
      ({ quantity, id }) => quantity === "peakLearningRate" && id !== "reference",
    );
    for (const { weight, reason } of laws) {
      expect(weight).toBe(0);
      expect(reason).not.toBe("pooled");
    }
  });
});
