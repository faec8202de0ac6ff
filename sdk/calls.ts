import type { ProblemType } from "./errors.ts";
import type {
  BatchRescaleAnswer,
  BatchRescaleRequest,
  CompensationAnswer,
  CompensationRequest,
  Health,
  LawAnswer,
  LawId,
  LawList,
  LawPredictionAnswer,
  LawPredictionRequest,
  Limits,
  LossFitAnswer,
  LossFitRequest,
  LossSurfaceAnswer,
  LossSurfaceRequest,
  NoiseScaleAnswer,
  NoiseScaleRequest,
  operations,
  ProblemKind,
  RecommendationAnswer,
  RecommendationRequest,
  TradeoffReportAnswer,
  TradeoffReportRequest,
} from "./generated/schema.ts";
import type { AnyCallOptions, CallOptions, ClientOptions } from "./options.ts";
import { queryText } from "./query.ts";
import { type Reply, start } from "./reply.ts";
import type { WireRequest } from "./send.ts";

/** The flat form of a recommendation's question. */
export type RecommendationQuery = NonNullable<
  operations["getRecommendation"]["parameters"]["query"]
>;

type LastSegment<T> = T extends `/problems/${infer S}` ? S : never;

/** Last segment of a problem's type, such as `validation`. */
export type ProblemSlug = LastSegment<ProblemType>;

/** Whether the service answers, and who may call it. GET /healthz. */
export function getHealth<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  options?: O,
): Reply<Health, O> {
  return start(client, get("/healthz"), options);
}

/** What one call may ask of the service. GET /v1/limits. */
export function getLimits<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  options?: O,
): Reply<Limits, O> {
  return start(client, get("/v1/limits"), options);
}

/** The service's own description in OpenAPI 3.1. GET /openapi.json. */
export function getOpenApi<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  options?: O,
): Reply<Readonly<Record<string, unknown>>, O> {
  return start(client, get("/openapi.json"), options);
}

/** What a kind of problem means and what to do about it. GET /problems/{slug}. */
export function getProblem<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  slug: ProblemSlug,
  options?: O,
): Reply<ProblemKind, O> {
  return start(client, get(`/problems/${encodeURIComponent(slug)}`), options);
}

/** Every published law. GET /v1/laws. */
export function listLaws<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  options?: O,
): Reply<LawList, O> {
  return start(client, get("/v1/laws"), options);
}

/** One law with its formulas, source and ranges. GET /v1/laws/{lawId}. */
export function getLaw<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  lawId: LawId,
  options?: O,
): Reply<LawAnswer, O> {
  return start(client, get(lawPath(lawId)), options);
}

/** What one law predicts, or why it refuses. POST /v1/laws/{lawId}/predictions. */
export function predictWithLaw<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  lawId: LawId,
  request: LawPredictionRequest,
  options?: O,
): Reply<LawPredictionAnswer, O> {
  return start(client, post(`${lawPath(lawId)}/predictions`, request), options);
}

/**
 * A recommendation from a flat question. GET /v1/recommendations.
 *
 * @example await getRecommendation({}, { nonEmbeddingParams: 1e9, trainingTokens: 2e10 })
 */
export function getRecommendation<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  query: RecommendationQuery,
  options?: O,
): Reply<RecommendationAnswer, O> {
  return start(client, get("/v1/recommendations", query), options);
}

/**
 * Batch size, learning rate and parameter count for a planned run. POST /v1/recommendations.
 *
 * @example await recommend({}, { model: { nonEmbeddingParams: 1e9 }, data: { trainingTokens: 2e10 } })
 */
export function recommend<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: RecommendationRequest,
  options?: O,
): Reply<RecommendationAnswer, O> {
  return start(client, post("/v1/recommendations", request), options);
}

/** What a batch costs, and whether parameters or tokens pay it. POST /v1/compensations. */
export function compensate<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: CompensationRequest,
  options?: O,
): Reply<CompensationAnswer, O> {
  return start(client, post("/v1/compensations", request), options);
}

/** Gradient noise scale from measured gradient norms, or what is missing for it. POST /v1/noise-scale. */
export function estimateNoiseScale<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: NoiseScaleRequest,
  options?: O,
): Reply<NoiseScaleAnswer, O> {
  return start(client, post("/v1/noise-scale", request), options);
}

/** The small-batch / large-batch table of a run with curves and a verdict. POST /v1/tradeoff-reports. */
export function reportTradeoff<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: TradeoffReportRequest,
  options?: O,
): Reply<TradeoffReportAnswer, O> {
  return start(client, post("/v1/tradeoff-reports", request), options);
}

/** Settings that work at one batch, moved to another. POST /v1/batch-rescales. */
export function rescaleBatch<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: BatchRescaleRequest,
  options?: O,
): Reply<BatchRescaleAnswer, O> {
  return start(client, post("/v1/batch-rescales", request), options);
}

/** A loss law fitted to the caller's own finished runs. POST /v1/loss-fits. */
export function fitLoss<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: LossFitRequest,
  options?: O,
): Reply<LossFitAnswer, O> {
  return start(client, post("/v1/loss-fits", request), options);
}

/** Loss over batch and learning rate, ready to plot. POST /v1/laws/critbatch-joint/surface. */
export function lossSurface<O extends AnyCallOptions = CallOptions>(
  client: ClientOptions,
  request: LossSurfaceRequest,
  options?: O,
): Reply<LossSurfaceAnswer, O> {
  return start(client, post("/v1/laws/critbatch-joint/surface", request), options);
}

function lawPath(lawId: LawId): string {
  return `/v1/laws/${encodeURIComponent(lawId)}`;
}

function get(path: string, query: object = {}): WireRequest {
  return { method: "GET", path: path + queryText(query) };
}

function post(path: string, body: object): WireRequest {
  return { method: "POST", path, body };
}
