import { Critbatch, CritbatchError, recommend, VERSION } from "../../../sdk/index.ts";

/** What a call came to, in plain JSON. */
type Ending = Readonly<Record<string, unknown>>;

/** The calls that every runtime makes; `faulty` is a service with one fault below each path. */
export async function callEverything(baseUrl: string, faulty: string): Promise<Ending> {
  const client = new Critbatch({ baseUrl, userAgent: "conformance", retryDelayMs: 1 });
  const model = { nonEmbeddingParams: 1e9 };
  const data = { trainingTokens: 2e10 };
  const { requestId, attempts } = await client
    .listLaws({ headers: { "X-Request-Id": "conformance-1" } })
    .withResponse();
  const behind = (fault: string, options: object = {}) =>
    new Critbatch({ baseUrl: `${faulty}/${fault}`, retryDelayMs: 1, ...options }).getHealth();
  return {
    version: VERSION,
    requestId,
    attempts,
    quick: await client.getRecommendation({ nonEmbeddingParams: 1e9, trainingTokens: 2e10 }),
    full: await recommend({ baseUrl }, { model, data, objective: "balanced" }),
    price: await client.compensate({ model, data, batchTokens: 4e6 }),
    predictions: await client.predictWithLaw("li2025-step-law", { ...model, ...data }),
    laws: (await client.listLaws()).laws.map(({ lawId }) => lawId),
    law: await client.getLaw("zhang2024-cbs"),
    refused: await ending(client.recommend({ model: { nonEmbeddingParams: 3 } })),
    outcome: (await client.recommend({}, { throwOnProblem: false })).problem?.type,
    busyOnce: await ending(behind("busy-once")),
    busy: await ending(behind("busy", { retries: 1 })),
    page: await ending(behind("page")),
    malformed: await ending(behind("malformed")),
    dropped: await ending(behind("dropped", { retries: 1 })),
    stalled: await ending(behind("stalled", { retries: 0, attemptTimeoutMs: 300 })),
    silent: await ending(
      behind("silent", { attemptTimeoutMs: Number.POSITIVE_INFINITY, totalTimeoutMs: 300 }),
    ),
    abortedBefore: await ending(client.listLaws({ signal: AbortSignal.abort() })),
    abortedDuring: await ending(
      new Critbatch({ baseUrl: `${faulty}/silent` }).getHealth({
        signal: AbortSignal.timeout(200),
      }),
    ),
  };
}

async function ending(call: PromiseLike<unknown>): Promise<Ending> {
  try {
    return { answer: await call };
  } catch (error) {
    const { name, status, limit, type, errors } = error as Ending;
    const isOurs = error instanceof CritbatchError;
    return { name, isOurs, status, limit, type, errors };
  }
}
