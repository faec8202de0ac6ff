import {
  type BenchmarkFigures,
  type BenchmarkHow,
  benchmark,
  listBenchmarks,
  runBenchmark,
} from "./benchmark.ts";
import {
  compensate,
  estimateNoiseScale,
  fitLoss,
  getHealth,
  getLaw,
  getLimits,
  getOpenApi,
  getProblem,
  getRecommendation,
  listLaws,
  lossSurface,
  type ProblemSlug,
  predictWithLaw,
  type RecommendationQuery,
  recommend,
  reportTradeoff,
  rescaleBatch,
} from "./calls.ts";
import type {
  BatchRescaleAnswer,
  BatchRescaleRequest,
  BenchmarkList,
  BenchmarkRequest,
  BenchmarkRun,
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
  ProbeAnswer,
  ProbePlan,
  ProbeRequest,
  ProblemKind,
  RecommendationAnswer,
  RecommendationRequest,
  TradeoffReportAnswer,
  TradeoffReportRequest,
  WorkloadName,
} from "./generated/schema.ts";
import {
  type AnyCallOptions,
  type CallOptions,
  type ClientOptions,
  settingsOf,
} from "./options.ts";
import { type ProbeWatch, planProbe, probe } from "./probe.ts";
import type { Reply } from "./reply.ts";

/**
 * The calls of the service with their options kept: each method is the function of the same name.
 *
 * @example await new Critbatch({ baseUrl }).recommend({ data: { trainingTokens: 2e10 } })
 */
export class Critbatch {
  readonly options: ClientOptions;

  /** @throws {RangeError} when an option is out of range. */
  constructor(options: ClientOptions = {}) {
    settingsOf(options, {});
    this.options = options;
  }

  getHealth<O extends AnyCallOptions = CallOptions>(options?: O): Reply<Health, O> {
    return getHealth(this.options, options);
  }

  getLimits<O extends AnyCallOptions = CallOptions>(options?: O): Reply<Limits, O> {
    return getLimits(this.options, options);
  }

  getOpenApi<O extends AnyCallOptions = CallOptions>(
    options?: O,
  ): Reply<Readonly<Record<string, unknown>>, O> {
    return getOpenApi(this.options, options);
  }

  getProblem<O extends AnyCallOptions = CallOptions>(
    slug: ProblemSlug,
    options?: O,
  ): Reply<ProblemKind, O> {
    return getProblem(this.options, slug, options);
  }

  listLaws<O extends AnyCallOptions = CallOptions>(options?: O): Reply<LawList, O> {
    return listLaws(this.options, options);
  }

  getLaw<O extends AnyCallOptions = CallOptions>(lawId: LawId, options?: O): Reply<LawAnswer, O> {
    return getLaw(this.options, lawId, options);
  }

  predictWithLaw<O extends AnyCallOptions = CallOptions>(
    lawId: LawId,
    request: LawPredictionRequest,
    options?: O,
  ): Reply<LawPredictionAnswer, O> {
    return predictWithLaw(this.options, lawId, request, options);
  }

  getRecommendation<O extends AnyCallOptions = CallOptions>(
    query: RecommendationQuery,
    options?: O,
  ): Reply<RecommendationAnswer, O> {
    return getRecommendation(this.options, query, options);
  }

  recommend<O extends AnyCallOptions = CallOptions>(
    request: RecommendationRequest,
    options?: O,
  ): Reply<RecommendationAnswer, O> {
    return recommend(this.options, request, options);
  }

  compensate<O extends AnyCallOptions = CallOptions>(
    request: CompensationRequest,
    options?: O,
  ): Reply<CompensationAnswer, O> {
    return compensate(this.options, request, options);
  }

  estimateNoiseScale<O extends AnyCallOptions = CallOptions>(
    request: NoiseScaleRequest,
    options?: O,
  ): Reply<NoiseScaleAnswer, O> {
    return estimateNoiseScale(this.options, request, options);
  }

  reportTradeoff<O extends AnyCallOptions = CallOptions>(
    request: TradeoffReportRequest,
    options?: O,
  ): Reply<TradeoffReportAnswer, O> {
    return reportTradeoff(this.options, request, options);
  }

  rescaleBatch<O extends AnyCallOptions = CallOptions>(
    request: BatchRescaleRequest,
    options?: O,
  ): Reply<BatchRescaleAnswer, O> {
    return rescaleBatch(this.options, request, options);
  }

  fitLoss<O extends AnyCallOptions = CallOptions>(
    request: LossFitRequest,
    options?: O,
  ): Reply<LossFitAnswer, O> {
    return fitLoss(this.options, request, options);
  }

  lossSurface<O extends AnyCallOptions = CallOptions>(
    request: LossSurfaceRequest,
    options?: O,
  ): Reply<LossSurfaceAnswer, O> {
    return lossSurface(this.options, request, options);
  }

  probe<O extends AnyCallOptions & ProbeWatch = CallOptions & ProbeWatch>(
    request: ProbeRequest,
    options?: O,
  ): Reply<ProbeAnswer, O> {
    return probe(this.options, request, options);
  }

  planProbe<O extends AnyCallOptions = CallOptions>(
    request: ProbeRequest,
    options?: O,
  ): Reply<ProbePlan, O> {
    return planProbe(this.options, request, options);
  }

  listBenchmarks<O extends AnyCallOptions = CallOptions>(options?: O): Reply<BenchmarkList, O> {
    return listBenchmarks(this.options, options);
  }

  runBenchmark<O extends AnyCallOptions = CallOptions>(
    workload: WorkloadName,
    request?: BenchmarkRequest,
    options?: O,
  ): Reply<BenchmarkRun, O> {
    return runBenchmark(this.options, workload, request, options);
  }

  benchmark(
    workload: WorkloadName,
    how?: BenchmarkHow,
    options?: CallOptions,
  ): Promise<BenchmarkFigures> {
    return benchmark(this.options, workload, how, options);
  }
}
