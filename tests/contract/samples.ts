/** One request that answers 200. */
interface Sample {
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: unknown;
}

/** Requests whose answers together show every required field, by operation. */
export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
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
