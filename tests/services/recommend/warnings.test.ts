import { describe, expect, it } from "vitest";
import { priceRequest } from "../../../api/services/compensation/request.ts";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import { planWarnings } from "../../../api/services/recommend/warnings.ts";
import { reportTradeoff } from "../../../api/services/tradeoff/report.ts";
import { compensationRequest } from "../../../schemas/compensations/compensation.ts";
import { noiseScaleRequest } from "../../../schemas/noise-scales/request.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { tradeoffReportRequest } from "../../../schemas/tradeoff-reports/report.ts";
import { noticeNames } from "../notice-names.ts";

const PAIR = { smallBatchTokens: 262144, largeBatchTokens: 16777216 };
const RUN = { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } };

function recommended(over: Partial<RecommendationRequest> = {}) {
  const answer = recommendPlan({ ...RUN, ...over });
  if (answer.status !== "recommended") throw new Error(answer.status);
  return answer;
}

const codes = (over: Partial<RecommendationRequest>) =>
  recommended(over).warnings.map(({ code }) => code);

describe("hardware that is stated in part", () => {
  const told = (hardware: RecommendationRequest["hardware"]) =>
    recommended({ hardware }).warnings.filter(({ code }) => code === "hardware-incomplete");

  it("is warned of where a speed is stated that nothing can be predicted with", () => {
    expect(told({ flopPerSecondPerDevice: 4e14 })).toEqual([
      {
        code: "hardware-incomplete",
        detail:
          "Send hardware.devices and hardware.stepOverheadMs too. Without the full speed of the machines, no time can be predicted.",
      },
    ]);
    const [one] = told({ devices: 8, stepOverheadMs: 120 });
    expect(one?.detail).toMatch(/^Send hardware\.flopPerSecondPerDevice too\./);
  });

  it("reaches the trade-off report", () => {
    const body = { ...RUN, ...PAIR, hardware: { flopPerSecondPerDevice: 4e14 } };
    const { warnings } = reportTradeoff(tradeoffReportRequest.parse(body));
    expect(warnings.map(({ code }) => code)).toContain("hardware-incomplete");
  });

  it("is not, where it is whole, or says only how a batch is divided", () => {
    expect(told({ devices: 8, flopPerSecondPerDevice: 4e14, stepOverheadMs: 120 })).toEqual([]);
    expect(told({ devices: 8, maxMicroBatchSequences: 4 })).toEqual([]);
    expect(told(undefined)).toEqual([]);
  });
});

describe("a plan outside what was measured", () => {
  const CALM = {
    wantedBatchTokens: 4e5,
    batchTokens: 4e5,
    batchGiven: false,
    trainingTokens: 2e10,
    extrapolationLog: 0,
  };

  it("is not warned of where nothing is unusual", () => {
    expect(planWarnings(CALM)).toEqual([]);
  });

  it.each([
    ["far-outside-measured-runs", { extrapolationLog: 2.4 }],
    ["batch-forced-by-constraints", { batchTokens: 9e5 }],
    ["few-steps", { trainingTokens: 1e8 }],
    ["tokens-repeated", { uniqueTokens: 4.9e9 }],
    ["tokens-seen-beyond-run", { tokensSeen: 3e10 }],
  ])("has the warning %s", (code, over) => {
    expect(noticeNames({ notices: planWarnings({ ...CALM, ...over }) })).toEqual([code]);
  });

  it("does not call a batch forced that the caller fixed", () => {
    expect(planWarnings({ ...CALM, batchTokens: 9e5, batchGiven: true })).toEqual([]);
  });

  it("reaches the answer", () => {
    expect(
      codes({ model: { nonEmbeddingParams: 1e12 }, data: { trainingTokens: 1e14 } }),
    ).toContain("far-outside-measured-runs");
    expect(codes({ constraints: { steps: { max: 100 } } })).toEqual(
      expect.arrayContaining(["few-steps", "batch-forced-by-constraints"]),
    );
    expect(codes({})).not.toContain("far-outside-measured-runs");
  });
});

describe("what a caller says about the run", () => {
  it.each([
    ["adamw", { momentum: 0.9 }, true],
    [undefined, { momentum: 0.9 }, true],
    ["sgd", { adamBeta1: 0.9 }, true],
    ["muon", { momentum: 0.95 }, false],
    ["adamw", { adamBeta1: 0.9 }, false],
  ] as const)("is named where the optimizer has no such field: %s %j", (kind, fields, unused) => {
    const optimizer = { ...(kind && { kind }), ...fields };
    expect(codes({ optimizer }).includes("optimizer-field-not-used")).toBe(unused);
  });

  it("moves the weight decay in use with batch and learning rate", () => {
    const current = { batchTokens: 262144, peakLearningRate: 1e-3, weightDecay: 0.3 };
    const { batch, learningRate, optimizer } = recommended({ current });
    const moved =
      (0.3 * batch.batchTokens.value) / 262144 / (learningRate.peakLearningRate.value / 1e-3);
    expect(optimizer.weightDecay?.basis).toBe("derived");
    expect((optimizer.weightDecay?.value ?? 0) / moved).toBeCloseTo(1, 3);
  });

  it("keeps the weight decay in use where its batch is unknown", () => {
    expect(recommended({ current: { weightDecay: 0.3 } }).optimizer.weightDecay?.value).toBe(0.3);
  });

  it("says in the summary that no law covers the learning rate of SGD", () => {
    expect(recommended({ optimizer: { kind: "sgd" } }).summary).toContain("no law covers");
  });

  it("leaves B_opt less certain where a noise scale leaves B_c so", () => {
    const width = (over: Partial<RecommendationRequest>) => {
      const { interval } = recommended(over).criticalBatch.bOptTokens;
      return Math.log((interval.upper ?? Number.NaN) / (interval.lower ?? Number.NaN));
    };
    const interval = { lower: 5e10, upper: 2e11, level: 0.8 };
    const bSimple = { value: 1e11, interval, basis: "measured" as const };
    const noiseScale = { bSimple, unit: "tokens" as const };
    expect(width({ evidence: { noiseScale } })).toBeGreaterThan(1.2 * width({}));
  });

  it("widens the price of a mixture of experts", () => {
    const width = (model: object) => {
      const request = compensationRequest.parse({
        model,
        data: { trainingTokens: 2e10 },
        batchTokens: 4e6,
      });
      const { interval } = priceRequest(request).criticalBatch.bCritTokens;
      return Math.log((interval.upper ?? Number.NaN) / (interval.lower ?? Number.NaN));
    };
    const experts = { activeNonEmbeddingParams: 1e9, totalParams: 8e9 };
    expect(width(experts)).toBeGreaterThan(width({ nonEmbeddingParams: 1e9 }) + 0.1);
  });
});

it("a noise scale has at most 256 groups", () => {
  const observations = (groups: number) =>
    Array.from({ length: groups }, (_, at) => ({
      step: 1,
      group: `layer-${at}`,
      smallBatch: 8,
      bigBatch: 64,
      smallBatchGradSqNorm: 2,
      bigBatchGradSqNorm: 1,
    }));
  const asked = (groups: number) =>
    noiseScaleRequest.safeParse({
      unit: "sequences",
      reduction: "mean",
      clipped: false,
      observations: observations(groups),
    });
  expect(asked(256).success).toBe(true);
  expect(asked(257).error?.issues[0]?.message).toContain("at most 256");
});
