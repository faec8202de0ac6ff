import { LOSS_FIT_EXAMPLE } from "../../schemas/loss-fits/loss-fit.ts";
import { SEEDED, SEEDED_DATASET, SEEDED_DATASET_ID } from "../seeded-ids.ts";

/** One request that answers 200. */
interface Sample {
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: unknown;
  /** Of a call that is neither a GET nor a POST of JSON. */
  readonly init?: RequestInit;
}

/** Requests whose answers together show every required field, by operation. */
const MODEL = { nonEmbeddingParams: 1e9 };
const DATA = { trainingTokens: 2e10 };
const ESTIMATE = {
  value: 200,
  interval: { lower: 150, upper: 270, level: 0.8 },
  basis: "measured",
};

const PROBE_EVIDENCE = {
  experiment: "critical-batch",
  result: {
    status: "bracketed",
    reason: "the batches reach far enough on both sides of the knee",
    bCritExamples: ESTIMATE,
    rhoSimple: ESTIMATE,
    points: [16, 64, 1024].map((batchExamples) => ({
      batchExamples,
      peakLearningRate: 0.01 * Math.sqrt(batchExamples),
      steps: 100 + 20_000 / batchExamples,
      stepsBySeed: [100 + 20_000 / batchExamples],
    })),
  },
};

const recommend = (body: unknown) => ({ path: "/v1/recommendations", body });
const price = (body: object) => ({
  path: "/v1/compensations",
  body: { model: MODEL, data: DATA, ...body },
});

const rescale = (from: object, over: object = {}) => ({
  path: "/v1/batch-rescales",
  body: {
    optimizer: { kind: "adam" },
    from: { batchTokens: 131072, peakLearningRate: 1e-3, ...from },
    to: { batchTokens: 262144 },
    ...over,
  },
});

/** Norms with a little spread; the noise scale is about 80 with the default gradient, and hidden at 0. */
const norms = (steps: number, gradSqNorm: number, group?: string) =>
  Array.from({ length: steps }, (_, step) => {
    const big = gradSqNorm + 0.04 * (1 + 0.3 * Math.sin(7 * step));
    const smallBatchGradSqNorm = big + 1.2 * (1 + 0.02 * Math.cos(11 * step));
    const sizes = { smallBatch: 8, bigBatch: 256, ...(group === undefined ? {} : { group }) };
    return { step, ...sizes, smallBatchGradSqNorm, bigBatchGradSqNorm: big };
  });
const noise = (observations: unknown) => ({
  path: "/v1/noise-scale",
  body: { unit: "sequences", reduction: "mean", clipped: false, observations },
});

const mapSurface = (over: object) => ({
  path: "/v1/laws/critbatch-joint/surface",
  body: {
    ...DATA,
    batchTokens: { min: 1e5, max: 1e7, points: 3 },
    peakLearningRate: { min: 1e-4, max: 1e-2, points: 4 },
    ...over,
  },
});

const report = (body: object) => ({ path: "/v1/tradeoff-reports", body });

/** Losses of the example at three batches, rising with the batch as at a critical batch of 4e6 tokens. */
const batchSweep = () =>
  LOSS_FIT_EXAMPLE.runs.flatMap((run) =>
    [1e5, 1e6, 1e7].map((batchTokens) => ({
      ...run,
      batchTokens,
      lossNats: 1.8 + (run.lossNats - 1.8) * (1 + batchTokens / 4e6) ** 0.1,
    })),
  );

const TEACHER = {
  kind: "teacher",
  inputFeatures: 4,
  classes: 2,
  trainExamples: 512,
  validationExamples: 64,
};
const probe = (experiment: string, over: object = {}) => ({
  path: "/v1/probes",
  body: {
    experiment,
    task: TEACHER,
    model: { kind: "mlp", hiddenWidths: [8], activation: "tanh" },
    seeds: 2,
    budgetFlops: 2e8,
    ...over,
  },
});

export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  getRecommendation: [
    { path: "/v1/recommendations?nonEmbeddingParams=1e9&trainingTokens=2e10" },
    { path: "/v1/recommendations?task=fine-tuning" },
  ],
  createRecommendation: [
    recommend({ model: MODEL, data: DATA }),
    recommend({
      model: MODEL,
      data: { trainingTokens: 2e11, uniqueTokens: 1e10 },
      hardware: { devices: 64, flopPerSecondPerDevice: 4e14, stepOverheadMs: 120 },
      objective: "time",
      current: { batchTokens: 524288, peakLearningRate: 1e-3 },
    }),
    recommend({ model: MODEL, data: DATA, constraints: { batchTokens: { fixed: 4194304 } } }),
    recommend({ model: MODEL, data: DATA, constraints: { batchTokens: { fixed: 2 ** 24 } } }),
    recommend({
      model: MODEL,
      data: DATA,
      constraints: { batchTokens: { fixed: 2 ** 25 }, steps: { max: 600 } },
    }),
    recommend({ compute: { trainingFlops: 1e21 } }),
    recommend({ task: "fine-tuning" }),
    recommend({
      task: "other",
      evidence: { noiseScale: { bSimple: ESTIMATE, unit: "examples" } },
    }),
    recommend({
      task: "fine-tuning",
      evidence: { reference: { batchTokens: 262144, peakLearningRate: 1e-5 } },
    }),
    recommend({ task: "other", evidence: { probe: PROBE_EVIDENCE } }),
    recommend({ model: MODEL, data: DATA, evidence: { probe: PROBE_EVIDENCE } }),
    recommend({ model: MODEL, data: DATA, evidence: { probeId: SEEDED.succeeded } }),
  ],
  createNoiseScale: [
    noise(norms(12, 0.1)),
    noise(norms(12, 0)),
    noise(norms(1, 0.1)),
    noise([...norms(12, 0.1, "attention"), ...norms(12, 0, "mlp")]),
    noise([...norms(12, 0.1), ...norms(1, 0.1)]),
  ],
  createCompensation: [
    price({ batchTokens: 1e5 }),
    price({ batchTokens: 1e6 }),
    price({ batchTokens: 2e6, steps: { max: 10000 } }),
    price({ batchTokens: 2e6, steps: { max: 100 } }),
    price({ batchTokens: 2e7 }),
    price({ batchTokens: 1e8 }),
    price({ batchTokens: 4e6, data: { trainingTokens: 2e10, uniqueTokens: 1e9 } }),
  ],
  createBatchRescale: [
    rescale({ warmupTokens: 1e9 }),
    rescale(
      { batchTokens: 524288, warmupTokens: 1e9 },
      { optimizer: { kind: "muon", momentum: 0.95, weightDecay: 0.1 }, model: MODEL, data: DATA },
    ),
    rescale({}, { optimizer: { kind: "adamw", weightDecay: 0.1 }, model: MODEL, data: DATA }),
    rescale({}, { model: MODEL, data: DATA, rule: "linear" }),
    rescale({}, { rule: "saturating" }),
  ],
  createTradeoffReport: [
    report({
      model: MODEL,
      data: { trainingTokens: 2e11, uniqueTokens: 1e10 },
      hardware: { devices: 64, flopPerSecondPerDevice: 4e14, stepOverheadMs: 120 },
      smallBatchTokens: 262144,
      largeBatchTokens: 33554432,
    }),
    report({ model: MODEL, data: DATA, largeBatchTokens: 2 ** 28 }),
    report({ task: "other" }),
    report({
      task: "fine-tuning",
      evidence: { noiseScale: { bSimple: ESTIMATE, unit: "tokens" } },
    }),
    report({
      task: "fine-tuning",
      data: { sequenceLengthTokens: 128 },
      evidence: { probe: PROBE_EVIDENCE },
    }),
  ],
  listBenchmarks: [{ path: "/v1/benchmarks" }],
  createBenchmarkRun: [
    { path: "/v1/benchmarks/empty/runs", body: {} },
    { path: "/v1/benchmarks/gemm/runs", body: { engine: "fused" } },
    { path: "/v1/benchmarks/train-mlp/runs", body: { engine: "tfjs" } },
  ],
  createProbe: [
    { ...probe("critical-batch"), path: "/v1/probes?dryRun=true" },
    probe("critical-batch"),
    probe("critical-batch", {
      task: { kind: "quadratic", dimensions: 4, targetLoss: 0.3 },
      model: undefined,
    }),
    probe("learning-rate", { batchExamples: [8, 32] }),
    probe("learning-rate", { batchExamples: [8, 32], peakLearningRates: [0.1, 0.3, 1] }),
    probe("learning-rate", { budgetFlops: 1e6 }),
    probe("noise-scale"),
    probe("noise-scale", { task: { ...TEACHER, labelNoiseFraction: 1 } }),
    probe("critical-batch", { engine: "tfjs", budgetFlops: 1.4e7 }),
  ],
  listProbes: [{ path: "/v1/probes" }, { path: "/v1/probes?status=failed&limit=1" }],
  getProbe: Object.values(SEEDED).map((id) => ({ path: `/v1/probes/${id}` })),
  deleteProbe: [{ path: `/v1/probes/${SEEDED.queued}`, init: { method: "DELETE" } }],
  createDataset: [
    {
      path: "/v1/datasets",
      init: { method: "POST", headers: { "Content-Type": "text/plain" }, body: SEEDED_DATASET },
    },
  ],
  listDatasets: [{ path: "/v1/datasets?kind=text" }],
  getDataset: [{ path: `/v1/datasets/${SEEDED_DATASET_ID}` }],
  getLimits: [{ path: "/v1/limits" }],
  listLaws: [{ path: "/v1/laws" }],
  getLaw: [{ path: "/v1/laws/li2025-step-law" }, { path: "/v1/laws/zhang2024-cbs" }],
  createLawPredictions: [
    {
      path: "/v1/laws/li2025-step-law/predictions",
      body: { totalParams: 1e9, trainingTokens: 2e10 },
    },
    { path: "/v1/laws/zhang2024-cbs/predictions", body: { trainingTokens: 1e6 } },
    { path: "/v1/laws/zhang2024-cbs/predictions", body: { trainingTokens: 1e6, totalParams: 1e9 } },
    { path: "/v1/laws/liu2025-moonlight/predictions", body: { trainingFlops: 1e24 } },
  ],
  createLossSurface: [
    mapSurface({ nonEmbeddingParams: 1e9 }),
    mapSurface({ totalParams: 1e12, trainingTokens: 1e14 }),
  ],
  createLossFit: [
    { path: "/v1/loss-fits", body: LOSS_FIT_EXAMPLE },
    { path: "/v1/loss-fits", body: { runs: batchSweep(), form: "n-d-b" } },
    { path: "/v1/loss-fits", body: { runs: LOSS_FIT_EXAMPLE.runs.slice(0, 4) } },
  ],
  getHealth: [{ path: "/healthz" }],
  getProblem: [{ path: "/problems/validation" }],
};
