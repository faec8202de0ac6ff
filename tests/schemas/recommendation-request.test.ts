import { describe, expect, it } from "vitest";
import { fieldErrors } from "../../api/http/field-errors.ts";
import { recommendationRequest } from "../../schemas/recommendations/request.ts";

const BLOCKS: Readonly<Record<string, readonly unknown[]>> = {
  task: ["lm-pretraining", "fine-tuning", "other"],
  model: [
    { nonEmbeddingParams: 1e9 },
    { totalParams: 1.2e9 },
    { activeNonEmbeddingParams: 1e9, totalParams: 8e9 },
    { shape: { layers: 24, dModel: 2048, dFfn: 8192, heads: 16, vocabularySize: 50304 } },
  ],
  data: [{}, { trainingTokens: 2e10, sequenceLengthTokens: 2048, uniqueTokens: 2e10 }],
  compute: [{}, { trainingFlops: 1.2e20 }],
  optimizer: [
    {},
    { kind: "adamw", adamBeta1: 0.9, adamBeta2: 0.95, adamEpsilon: 1e-8, weightDecay: 0.1 },
    { kind: "momentum", momentum: 0.9 },
    { kind: "adam" },
    { kind: "sgd" },
    { kind: "muon" },
  ],
  schedule: [
    { kind: "cosine", finalLearningRateRatio: 0.1 },
    { kind: "linear" },
    { kind: "wsd" },
    { kind: "constant" },
  ],
  hardware: [
    { devices: 64, flopPerSecondPerDevice: 4e14, stepOverheadMs: 120, maxMicroBatchSequences: 8 },
  ],
  constraints: [
    { batchTokens: { min: 65536, max: 4194304, multipleOf: 4096 } },
    { batchTokens: { fixed: 524288, min: 524288, max: 524288, multipleOf: 2048 } },
    { steps: { max: 1e5 }, nonEmbeddingParams: { max: 3e9 } },
  ],
  objective: ["loss", "balanced", "time", "cost"],
  current: [{ batchTokens: 524288, peakLearningRate: 3e-4, weightDecay: 0.1, tokensSeen: 0 }],
  evidence: [
    {
      noiseScale: {
        bSimple: {
          value: 200,
          interval: { lower: 150, upper: null, level: 0.95 },
          basis: "measured",
        },
        unit: "sequences",
        measuredOver: "last-half-of-tuned-run",
        weighting: "none",
      },
    },
    {
      reference: {
        batchTokens: 524288,
        peakLearningRate: 3e-4,
        nonEmbeddingParams: 1e9,
        trainingTokens: 2e10,
      },
    },
    { probeId: "3f2a9c00b1d84e6f9a7c5d2e1f003344" },
  ],
  intervalLevel: [0.5, 0.8, 0.99],
  modelVersion: ["2026.11.2"],
};

const examples = Object.entries(BLOCKS).flatMap(([block, values]) =>
  values.map((value) => ({ block, value })),
);

function pathsOf(body: unknown): readonly string[] {
  const parsed = recommendationRequest.safeParse(body);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => `/${path.join("/")}`);
}

describe("the body of a recommendation", () => {
  it.each(examples)("takes $block alone and changes nothing in it: $value", ({ block, value }) => {
    expect(recommendationRequest.parse({ [block]: value })).toEqual({ [block]: value });
  });

  it("takes all blocks together and fills in nothing", () => {
    const body = Object.fromEntries(
      Object.entries(BLOCKS).map(([block, [value]]) => [block, value]),
    );
    expect(recommendationRequest.parse(body)).toEqual(body);
    expect(recommendationRequest.parse({})).toEqual({});
  });

  it.each([
    [{ probe: {} }, "probe"],
    [{ lossFit: {} }, "lossFit"],
    [{ probeId: "p" }, "probeId"],
    [{ runId: "r" }, "runId"],
    [{ evidence: { probe: {} } }, "probe"],
    [{ evidence: { probeId: "p" } }, "probeId"],
    [{ evidence: { runId: "r" } }, "runId"],
    [{ data: { tokens: 2e10 } }, "tokens"],
    [{ hardware: { gpus: 8 } }, "gpus"],
    [{ constraints: { batchTokens: { maximum: 1 } } }, "maximum"],
    [{ constraints: { steps: { min: 1 } } }, "min"],
    [{ current: { batchSize: 1 } }, "batchSize"],
    [{ optimizer: { lr: 1 } }, "lr"],
    [{ schedule: { steps: 1 } }, "steps"],
    [{ compute: { flops: 1 } }, "flops"],
    [{ model: { nonEmbeddingParams: 1e9, hidden: 1 } }, "hidden"],
  ])("refuses the unknown or later field in %j and names it", (body, field) => {
    const parsed = recommendationRequest.safeParse(body);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(`"${field}"`);
  });

  it.each([
    [{ model: { nonEmbeddingParams: -1 } }, "/model/nonEmbeddingParams"],
    [{ model: { totalParams: 1e300 } }, "/model/totalParams"],
    [{ model: { activeNonEmbeddingParams: 8e9, totalParams: 1e9 } }, "/model/totalParams"],
    [
      { model: { shape: { layers: 0, dModel: 8, dFfn: 8, heads: 1, vocabularySize: 99 } } },
      "/model/shape/layers",
    ],
    [{ data: { trainingTokens: Number.POSITIVE_INFINITY } }, "/data/trainingTokens"],
    [{ data: { trainingTokens: Number.NaN } }, "/data/trainingTokens"],
    [{ data: { trainingTokens: "2e10" } }, "/data/trainingTokens"],
    [{ data: { trainingTokens: null } }, "/data/trainingTokens"],
    [{ data: { sequenceLengthTokens: 2048.5 } }, "/data/sequenceLengthTokens"],
    [{ data: { uniqueTokens: 0 } }, "/data/uniqueTokens"],
    [{ compute: { trainingFlops: 1e308 } }, "/compute/trainingFlops"],
    [{ optimizer: { adamBeta2: 1 } }, "/optimizer/adamBeta2"],
    [{ optimizer: { weightDecay: -0.1 } }, "/optimizer/weightDecay"],
    [{ optimizer: { kind: "lion" } }, "/optimizer/kind"],
    [{ schedule: { finalLearningRateRatio: 1.1 } }, "/schedule/finalLearningRateRatio"],
    [{ hardware: { devices: 0 } }, "/hardware/devices"],
    [{ hardware: { devices: 1.5 } }, "/hardware/devices"],
    [{ hardware: { stepOverheadMs: -1 } }, "/hardware/stepOverheadMs"],
    [{ constraints: { batchTokens: { fixed: 0 } } }, "/constraints/batchTokens/fixed"],
    [{ constraints: { steps: { max: 0 } } }, "/constraints/steps/max"],
    [{ current: { peakLearningRate: 0 } }, "/current/peakLearningRate"],
    [{ evidence: { reference: { batchTokens: -8 } } }, "/evidence/reference/batchTokens"],
    [{ intervalLevel: 1 }, "/intervalLevel"],
    [{ intervalLevel: 0.2 }, "/intervalLevel"],
    [{ task: "pretraining" }, "/task"],
    [{ objective: "speed" }, "/objective"],
  ])("names the place of the wrong value in %j", (body, pointer) => {
    expect(pathsOf(body)).toEqual([pointer]);
  });

  it.each([
    [{ min: 8, max: 4 }, "max"],
    [{ fixed: 4, min: 8 }, "fixed"],
    [{ fixed: 8, max: 4 }, "fixed"],
    [{ fixed: 10, multipleOf: 4 }, "fixed"],
  ])("refuses batch limits that contradict each other: %j", (batchTokens, field) => {
    expect(pathsOf({ constraints: { batchTokens } })).toEqual([
      `/constraints/batchTokens/${field}`,
    ]);
  });

  it.each([{}, 5, { nonEmbeddingParams: 1e9, totalParams: 1e9 }, { shape: 3 }])(
    "asks for exactly one form of the model instead of %j",
    (model) => {
      const parsed = recommendationRequest.safeParse({ model });
      expect(parsed.error?.issues[0]?.message).toContain("exactly one form");
      expect(pathsOf({ model })).toEqual(["/model"]);
    },
  );

  it("refuses a noise scale outside its own interval, without unit, or not above zero", () => {
    const noiseScale = (value: number, extra: object) => ({
      evidence: {
        noiseScale: {
          bSimple: { value, interval: { lower: 1, upper: 9, level: 0.8 }, basis: "measured" },
          ...extra,
        },
      },
    });
    // As the wire names them: within a union the places of the alternative that came closest.
    const pointersOf = (body: object) => {
      const parsed = recommendationRequest.safeParse(body);
      return parsed.success
        ? []
        : fieldErrors("json", body, parsed.error.issues).map(({ pointer }) => pointer);
    };
    const at = "/evidence/noiseScale";
    expect(pointersOf(noiseScale(5, { unit: "tokens" }))).toEqual([]);
    expect(pointersOf(noiseScale(10, { unit: "tokens" }))).toEqual([`${at}/bSimple/interval`]);
    expect(pointersOf(noiseScale(-1, { unit: "tokens" }))).toContain(`${at}/bSimple/value`);
    expect(pointersOf(noiseScale(1e-9, { unit: "tokens" }))).toContain(`${at}/bSimple`);
    expect(pointersOf(noiseScale(5, {}))).toEqual([`${at}/unit`]);
    expect(pointersOf(noiseScale(5, { unit: "steps" }))).toEqual([`${at}/unit`]);
  });
});
