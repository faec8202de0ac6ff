import { beforeAll, describe, expect, it } from "vitest";
import { recommendPlan } from "../../../api/services/recommend/recommend.ts";
import type { ProbeAnswer } from "../../../schemas/probes/answer.ts";
import { recommendationRequest } from "../../../schemas/recommendations/request.ts";
import { createTestApp, jsonPost, ORIGIN } from "../../in-process-app.ts";
import { noticeNames } from "../notice-names.ts";
import { numberOf, rowOf, statusOf, withoutLaws } from "../tradeoff/requests.ts";

const estimate = (value: number, factor = 1.3) => ({
  value,
  interval: { lower: value / factor, upper: value * factor, level: 0.8 },
  basis: "measured" as const,
});
const point = (batchExamples: number, peakLearningRate: number) => ({
  batchExamples,
  peakLearningRate,
  steps: 100,
  stepsBySeed: [100],
});
const CRITICAL = {
  experiment: "critical-batch" as const,
  result: {
    status: "bracketed" as const,
    reason: "the batches reach far enough on both sides of the knee",
    bCritExamples: estimate(200),
    rho: estimate(2),
    rhoSimple: estimate(0.5),
    points: [point(16, 0.1), point(64, 0.3), point(1024, 0.9)],
  },
};
const scale = (measuredOver: string, weighting = "none") => ({
  bSimple: estimate(1000),
  unit: "sequences",
  measuredOver,
  weighting,
});
const LM = {
  model: { nonEmbeddingParams: 1e9 },
  data: { trainingTokens: 2e10, sequenceLengthTokens: 2048 },
};

const ask = (body: unknown) => recommendPlan(recommendationRequest.parse(body));
const own = (evidence: object, over: object = {}) => {
  const answer = ask({ task: "fine-tuning", evidence, ...over });
  if (answer.status !== "evidence-only") throw new Error(answer.status);
  return answer;
};
const planned = (evidence: object, over: object = {}) => {
  const answer = ask({ ...LM, evidence, ...over });
  if (answer.status !== "recommended") throw new Error(answer.status);
  return answer;
};
const widthOf = ({ interval }: { interval: { lower: number | null; upper: number | null } }) =>
  Math.log((interval.upper ?? Number.NaN) / (interval.lower ?? Number.NaN));

describe("a probe as evidence of a task without laws", () => {
  it("is the answer in examples: a fifth of its critical batch, and its own best rate there", () => {
    const answer = own({ probe: CRITICAL });
    expect(answer.unit).toBe("examples");
    expect(answer.criticalBatch?.bCritExamples?.value).toBe(200);
    expect(answer.criticalBatch?.bCritExamples?.interval.lower).toBeCloseTo(200 / 1.3, 2);
    expect(answer.batch?.batchExamples?.value).toBe(40);
    // Half-way from 16 to 64 in ln lies 32; 40 is 0.661 of the way from 0.1 to 0.3.
    const share = Math.log(40 / 16) / Math.log(4);
    const rate = answer.learningRate?.peakLearningRate;
    expect(rate?.value).toBeCloseTo(0.1 * 3 ** share, 5);
    expect(rate?.basis).toBe("measured");
    expect(answer.evidence.map(({ id, weight, reason }) => [id, weight, reason])).toEqual([
      ["probe", 1, "measured"],
      ["probe", 1, "measured"],
    ]);
    expect(noticeNames(answer)).toContain("critical-batch-of-the-probe");
    expect(answer.summary).toContain("Your probe puts the critical batch near 200 examples");
  });

  it("takes an example for a sequence where its length is known, and says so", () => {
    const answer = own({ probe: CRITICAL }, { data: { sequenceLengthTokens: 128 } });
    expect(answer.unit).toBe("tokens");
    expect(answer.criticalBatch?.bCritTokens?.value).toBe(25600);
    expect(answer.batch?.batchTokens?.value).toBe(5120);
    expect(noticeNames(answer)).toContain("evidence.probe.tokensPerExample");
  });

  it("leaves the level to a noise scale of the run itself, and gives it the ratio", () => {
    const noiseScale = { ...scale("last-half-of-tuned-run"), unit: "examples" };
    const optimizer = { kind: "sgd" };
    const without = own({ noiseScale }, { optimizer }).criticalBatch?.bCritExamples;
    const answer = own({ noiseScale, probe: CRITICAL }, { optimizer });
    const critical = answer.criticalBatch?.bCritExamples;
    if (without === undefined || critical === undefined) throw new Error("no critical batch");
    // Prior exp(-0.7) = 0.497 and ratio 0.5 agree: the value stays, the interval narrows.
    expect(critical.value / without.value).toBeCloseTo(1, 1);
    expect(widthOf(critical)).toBeLessThan(0.85 * widthOf(without));
    expect(answer.evidence.find(({ id }) => id === "probe")).toMatchObject({
      weight: 0,
      reason: "ratio-only",
    });
  });

  it("moves a reference run's rate as the probe's best rates move", () => {
    const data = { sequenceLengthTokens: 1 };
    const reference = { batchTokens: 16, peakLearningRate: 1e-3 };
    const rate = own({ probe: CRITICAL, reference }, { data }).learningRate?.peakLearningRate;
    expect(rate?.value).toBeCloseTo(1e-3 * 3 ** (Math.log(40 / 16) / Math.log(4)), 6);
  });

  it("of the learning rate names the batch of the lowest loss and its rate", () => {
    const optimum = (batchExamples: number, peakLearningRate: number, loss: number) => ({
      batchExamples,
      status: "ok" as const,
      peakLearningRate,
      loss,
    });
    const optima = [optimum(8, 0.05, 1.3), optimum(32, 0.2, 1.1), optimum(128, 0.4, 1.2)];
    const result = { status: "measured" as const, points: [], optima, rules: [] };
    const answer = own({ probe: { experiment: "learning-rate", result } });
    expect(answer.batch?.batchExamples?.value).toBe(32);
    expect(answer.learningRate?.peakLearningRate.value).toBeCloseTo(0.2, 6);
    expect(answer.criticalBatch).toBeUndefined();
  });

  it("of the noise scale gives a critical batch by its last Hessian-weighted ratio", () => {
    const open = { status: "unresolved" as const, reason: "noise" };
    const resolved = (value: number) => ({ ...estimate(value), status: "ok" as const });
    const at = (step: number, bNoiseExamples: object) => ({
      step,
      examplesSeen: 32 * step,
      loss: 1,
      gradSqNorm: 0.01,
      traceSigma: 1,
      bSimpleExamples: resolved(50),
      bNoiseExamples,
    });
    const points = [at(10, resolved(20)), at(20, resolved(80)), at(30, open)];
    const result = { status: "measured", points };
    const answer = own({ probe: { experiment: "noise-scale", result } });
    expect(answer.criticalBatch?.bCritExamples?.value).toBeCloseTo(80, 6);
    const sgd = own(
      { probe: { experiment: "noise-scale", result } },
      { optimizer: { kind: "sgd" } },
    );
    const critical = [answer, sgd].map(({ criticalBatch }) => criticalBatch?.bCritExamples);
    if (critical[0] === undefined || critical[1] === undefined) throw new Error("no value");
    expect(widthOf(critical[1])).toBeLessThan(widthOf(critical[0]));
  });

  it("without a value is named, and what to measure is said", () => {
    const result = { status: "not-bracketed", reason: "the largest batch is reached", points: [] };
    const answer = ask({
      task: "other",
      evidence: { probe: { experiment: "critical-batch", result } },
    });
    if (answer.status !== "insufficient-evidence") throw new Error(answer.status);
    expect(noticeNames(answer)).toEqual(["probe-without-value"]);
    expect(answer.needed.map(({ code }) => code)).toContain("probe");
  });
});

describe("a probe beside the laws of pre-training", () => {
  const alone = planned({});

  it("alone moves nothing: it is listed with weight 0, and a warning says what it needs", () => {
    const answer = planned({ probe: CRITICAL });
    expect(answer.criticalBatch).toEqual(alone.criticalBatch);
    expect(answer.batch).toEqual(alone.batch);
    expect(answer.learningRate).toEqual(alone.learningRate);
    expect(answer.evidence.find(({ id }) => id === "probe")).toMatchObject({
      quantity: "bCritExamples",
      value: 200,
      weight: 0,
      reason: "small-model",
    });
    const { detail } = answer.warnings.find(({ code }) => code === "probe-gives-no-level") ?? {};
    expect(detail).toContain("needs a noise scale of the run");
  });

  it("moves a noise scale's vote by its ratio, that of the Hessian by rho and the simple one by rhoSimple", () => {
    const voteOf = (noiseScale: object, probe?: object) =>
      planned({ noiseScale, ...(probe && { probe }) }).evidence.find(
        ({ id }) => id === "noise-scale",
      );
    const rhoOf = (value: number) => ({
      ...CRITICAL,
      result: { ...CRITICAL.result, rho: estimate(value), rhoSimple: estimate(value) },
    });
    for (const weighting of ["none", "hessian"]) {
      const noise = scale("late", weighting);
      const low = voteOf(noise, rhoOf(0.5));
      const high = voteOf(noise, rhoOf(2));
      expect(high?.value).toBeGreaterThan(Number(low?.value));
    }
    const swapped = voteOf(scale("late"), CRITICAL);
    expect(swapped?.value).toBeLessThan(Number(voteOf(scale("late"))?.value));
    expect(swapped?.sdLog).toBeLessThan(Number(voteOf(scale("late"))?.sdLog));
  });

  it("leaves a noise scale of an unknown moment as it was", () => {
    const noiseScale = scale("unknown");
    const answer = planned({ noiseScale, probe: CRITICAL });
    expect(answer.criticalBatch).toEqual(planned({ noiseScale }).criticalBatch);
    const { detail } = answer.warnings.find(({ code }) => code === "probe-gives-no-level") ?? {};
    expect(detail).toContain("needs measuredOver");
  });

  it("moves a reference run of SGD as the probe's rates move over B/B_c, and one of Adam as the laws do", () => {
    const flat = {
      ...CRITICAL,
      result: { ...CRITICAL.result, points: [point(1, 0.5), point(64, 0.5), point(4096, 0.5)] },
    };
    const reference = { batchTokens: 65536, peakLearningRate: 0.1, ...LM.model, ...LM.data };
    const { sequenceLengthTokens: _, ...known } = reference;
    const rate = (kind: string, probe?: object) =>
      planned({ reference: known, ...(probe && { probe }) }, { optimizer: { kind } }).learningRate
        .peakLearningRate.value;
    expect(rate("sgd", flat)).toBeCloseTo(0.1, 5);
    expect(rate("sgd")).toBeGreaterThan(0.12);
    expect(rate("adamw", flat)).toBe(rate("adamw"));
  });
});

describe("a whole answer of POST /v1/probes", () => {
  let answers: Record<string, ProbeAnswer> = {};
  beforeAll(async () => {
    const app = createTestApp();
    const task = {
      kind: "teacher",
      inputFeatures: 4,
      classes: 2,
      trainExamples: 512,
      validationExamples: 64,
    };
    const model = { kind: "mlp", hiddenWidths: [8], activation: "tanh" };
    for (const experiment of ["critical-batch", "noise-scale", "learning-rate"]) {
      const body = { experiment, task, model, seeds: 1, budgetFlops: 3e8 };
      const response = await app.request(`${ORIGIN}/v1/probes`, jsonPost(body));
      answers = { ...answers, [experiment]: (await response.json()) as ProbeAnswer };
    }
  });

  it.each(["critical-batch", "noise-scale", "learning-rate"])(
    "%s is taken as it came, as by experiment and result alone",
    (experiment) => {
      const probe = answers[experiment];
      if (probe === undefined) throw new Error("no probe");
      const { result } = probe;
      const whole = own({ probe });
      expect(whole).toEqual(own({ probe: { experiment, result } }));
      expect(whole.evidence.length).toBeGreaterThan(0);
      expect(planned({ probe }).batch).toEqual(planned({}).batch);
    },
  );

  it("measured the noise at the target: both ratios with their intervals", () => {
    const probe = answers["critical-batch"];
    if (probe?.experiment !== "critical-batch") throw new Error("experiment");
    const { bCritExamples, rhoSimple, noiseAtTarget } = probe.result;
    const simple = noiseAtTarget?.bSimpleExamples;
    if (simple?.status !== "ok" || bCritExamples === undefined) throw new Error("unresolved");
    expect(rhoSimple?.value).toBeCloseTo(bCritExamples.value / simple.value, 9);
    expect(widthOf(rhoSimple ?? estimate(1))).toBeGreaterThan(widthOf(bCritExamples));
  });
});

describe("a trade-off report with a probe, for a task without laws", () => {
  const data = { sequenceLengthTokens: 128 };
  const PAIR = { smallBatchTokens: 2560, largeBatchTokens: 256000 };

  it("fills the cells of steps, tokens and learning rate, each with its source", () => {
    const answer = withoutLaws({ evidence: { probe: CRITICAL }, data, ...PAIR });
    const efficiency = rowOf(answer, "step-efficiency");
    expect(numberOf(efficiency.small).value).toBeCloseTo(1 / (1 + 10), 5);
    expect(numberOf(efficiency.large).value).toBeCloseTo(1 / (1 + 0.1), 5);
    const tokens = rowOf(answer, "tokens-for-equal-loss");
    expect(numberOf(tokens.large).value).toBeCloseTo(11, 4);
    expect(numberOf(rowOf(answer, "peak-learning-rate").small).value).toBeCloseTo(
      0.1 * 3 ** (Math.log(20 / 16) / Math.log(4)),
      5,
    );
    for (const row of [efficiency, tokens, rowOf(answer, "peak-learning-rate")]) {
      expect(row.source).toContain("evidence.probe");
      expect(row.status).toBe("answered");
    }
    expect(answer.verdict).toContain("Your probe puts the critical batch near");
  });

  it("takes the noise over signal of one step from a noise-scale probe", () => {
    const resolved = { ...estimate(50), status: "ok" as const };
    const result = {
      status: "measured" as const,
      points: [
        {
          step: 10,
          examplesSeen: 320,
          loss: 1,
          gradSqNorm: 0.01,
          traceSigma: 1,
          bSimpleExamples: resolved,
          bNoiseExamples: resolved,
        },
      ],
    };
    const probe = { experiment: "noise-scale" as const, result };
    const row = rowOf(withoutLaws({ evidence: { probe }, data, ...PAIR }), "gradient-noise");
    expect(numberOf(row.small).value).toBeCloseTo((50 * 128) / 2560, 6);
    expect(row.source).toContain("evidence.probe");
    expect(
      statusOf(rowOf(withoutLaws({ evidence: { probe }, ...PAIR }), "gradient-noise").small),
    ).toBe("needs-measurement");
  });
});
