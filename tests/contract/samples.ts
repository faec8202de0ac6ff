/** One request that answers 200. */
interface Sample {
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: unknown;
}

/** Requests whose answers together show every required field, by operation. */
const MODEL = { nonEmbeddingParams: 1e9 };
const DATA = { trainingTokens: 2e10 };
const ESTIMATE = {
  value: 200,
  interval: { lower: 150, upper: 270, level: 0.8 },
  basis: "measured",
};

const recommend = (body: unknown) => ({ path: "/v1/recommendations", body });
const price = (body: object) => ({
  path: "/v1/compensations",
  body: { model: MODEL, data: DATA, ...body },
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
  getHealth: [{ path: "/healthz" }],
  getProblem: [{ path: "/problems/validation" }],
};
