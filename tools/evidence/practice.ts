import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nonEmbeddingFromTotalParams } from "../../api/numerics/laws/params-conversion.ts";
import { CRITBATCH_JOINT } from "../../api/numerics/surface/constants.ts";
import { predictSurfaceOptimum } from "../../api/numerics/surface/predict.ts";
import { surfaceLearningRate } from "../../api/numerics/surface/surface.ts";
import { recommendPlan } from "../../api/services/recommend/recommend.ts";
import { settlePlan } from "../../api/services/recommend/settle.ts";
import type { RecommendationRequest } from "../../schemas/recommendations/request.ts";

/** A published training run as the file of practice lists it. */
interface PublishedRun {
  readonly name: string;
  readonly family: string;
  readonly kind: string;
  readonly params: number;
  readonly active_params?: number;
  readonly non_embedding_params?: number;
  readonly tokens: number;
  readonly seq_len: number;
  readonly batch_tokens?: number;
  readonly peak_lr: number;
  readonly lr_comparable: boolean;
  readonly optimizer: string;
}

/** How recommendations stand to published practice; shares are means over families, one vote a family. */
export interface PracticeSummary {
  readonly runs: number;
  readonly families: number;
  readonly batchInsideShare: number;
  readonly batchWithinFactorTwoShare: number;
  /** Families with a learning rate in the usual parameterisation. */
  readonly learningRateFamilies: number;
  readonly learningRateInsideShare: number;
  /** Median over runs of upper over lower end of the 80 % interval. */
  readonly batchWidthRatio: number;
  readonly learningRateWidthRatio: number;
}

/** The file of published runs in the folder CRITBATCH_DATA, if that is set. */
export function practicePath(): string | undefined {
  const folder = process.env["CRITBATCH_DATA"];
  return folder === undefined ? undefined : join(folder, "published-runs.json");
}

/** Language models with a known batch; mixtures of experts are judged too, the answer flags them. */
export function loadPractice(path: string): readonly PublishedRun[] {
  const rows = JSON.parse(readFileSync(path, "utf8")) as readonly PublishedRun[];
  return rows.filter(
    ({ batch_tokens, kind }) =>
      batch_tokens !== undefined && (kind === "dense-lm" || kind === "moe-lm"),
  );
}

/** One published run beside what is predicted of it; the learning rate is asked at the practised batch. */
export interface PracticeRow {
  readonly name: string;
  readonly family: string;
  readonly practisedBatchTokens: number;
  readonly batch: Interval;
  /** Null where the run's learning rate is of another parameterisation. */
  readonly practisedLearningRate: number | null;
  readonly learningRate: Interval | null;
}

/** Whose intervals are judged. */
interface PracticeForecast {
  readonly batch: (run: PublishedRun) => Interval;
  readonly learningRate: (run: PublishedRun) => Interval;
}

const SHIPPED: PracticeForecast = { batch: batchInterval, learningRate: rateInterval };
/** The joint surface on its own, without the other laws. */
export const SURFACE_ALONE: PracticeForecast = {
  batch: (run) => surfacePrediction(run).batch,
  learningRate: (run) => surfacePrediction(run).learningRate,
};

/** Puts every published run beside its forecast: by default the recommendation as shipped. */
export function practiceRows(
  runs: readonly PublishedRun[],
  forecast: PracticeForecast = SHIPPED,
): readonly PracticeRow[] {
  return runs.map((run) => ({
    name: run.name,
    family: run.family,
    practisedBatchTokens: run.batch_tokens ?? 0,
    batch: forecast.batch(run),
    practisedLearningRate: run.lr_comparable ? run.peak_lr : null,
    learningRate: run.lr_comparable ? forecast.learningRate(run) : null,
  }));
}

/**
 * Judges the recommendation on published runs: practice is not optimal, so it judges widths far out, not centres.
 *
 * The learning rate is asked with the batch fixed at the practised one.
 */
export function judgePractice(runs: readonly PublishedRun[]): PracticeSummary {
  return summarizePractice(practiceRows(runs));
}

/** Shares of runs inside their intervals, one vote a family. */
export function summarizePractice(rows: readonly PracticeRow[]): PracticeSummary {
  const rated = rows.filter(({ learningRate }) => learningRate !== null);
  const rates = rated.flatMap(({ learningRate }) => learningRate ?? []);
  return {
    runs: rows.length,
    families: new Set(rows.map(({ family }) => family)).size,
    batchInsideShare: familyShare(rows, ({ batch, practisedBatchTokens }) =>
      holds(batch, practisedBatchTokens),
    ),
    batchWithinFactorTwoShare: familyShare(
      rows,
      ({ batch, practisedBatchTokens }) =>
        Math.abs(Math.log(practisedBatchTokens / batch.value)) <= Math.LN2,
    ),
    learningRateFamilies: new Set(rated.map(({ family }) => family)).size,
    learningRateInsideShare: familyShare(
      rated,
      ({ learningRate, practisedLearningRate }) =>
        learningRate !== null && holds(learningRate, practisedLearningRate ?? 0),
    ),
    batchWidthRatio: medianWidth(rows.map(({ batch }) => batch)),
    learningRateWidthRatio: medianWidth(rates),
  };
}

interface Interval {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

function batchInterval(run: PublishedRun): Interval {
  return bounded(ask(requestFor(run)).batch.batchTokens);
}

function rateInterval(run: PublishedRun): Interval {
  const fixed = Math.round(run.batch_tokens ?? 1);
  const request = { ...requestFor(run), constraints: { batchTokens: { fixed } } };
  return bounded(ask(request).learningRate.peakLearningRate);
}

/** The rate is that of the practised batch; its spread in ln is taken as that of the rate at the optimum. */
function surfacePrediction(run: PublishedRun): { batch: Interval; learningRate: Interval } {
  const model = settlePlan(requestFor(run)).model;
  const params = model.nonEmbeddingParams.value;
  const { bOptTokens, peakLearningRate } = predictSurfaceOptimum(
    CRITBATCH_JOINT,
    params,
    run.tokens,
    0.8,
  );
  const value = surfaceLearningRate(
    CRITBATCH_JOINT.constants,
    params,
    run.tokens,
    run.batch_tokens ?? 1,
  );
  const moved = value / peakLearningRate.value;
  const { lower, upper } = peakLearningRate.interval;
  return {
    batch: { value: bOptTokens.value, ...bOptTokens.interval },
    learningRate: { value, lower: lower * moved, upper: upper * moved },
  };
}

function ask(request: RecommendationRequest) {
  const answer = recommendPlan(request);
  if (answer.status !== "recommended") throw new Error(`no recommendation: ${answer.status}`);
  return answer;
}

function bounded(estimate: {
  value: number;
  interval: { lower: number | null; upper: number | null };
}): Interval {
  const { lower, upper } = estimate.interval;
  if (lower === null || upper === null) throw new Error("an unbounded interval of practice");
  return { value: estimate.value, lower, upper };
}

function requestFor(run: PublishedRun): RecommendationRequest {
  return {
    model: modelOf(run),
    data: { trainingTokens: run.tokens, sequenceLengthTokens: run.seq_len },
    optimizer: { kind: run.optimizer === "Adam" ? "adam" : "adamw" },
  };
}

function modelOf(run: PublishedRun): NonNullable<RecommendationRequest["model"]> {
  if (run.active_params !== undefined) {
    const activeNonEmbeddingParams = nonEmbeddingFromTotalParams(run.active_params);
    return { activeNonEmbeddingParams, totalParams: run.params };
  }
  return run.non_embedding_params === undefined
    ? { totalParams: run.params }
    : { nonEmbeddingParams: run.non_embedding_params };
}

function holds({ lower, upper }: Interval, value: number): boolean {
  return lower <= value && value <= upper;
}

function familyShare(judged: readonly PracticeRow[], hit: (one: PracticeRow) => boolean): number {
  const families = Map.groupBy(judged, ({ family }) => family);
  const shares = [...families.values()].map((rows) => rows.filter(hit).length / rows.length);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function medianWidth(intervals: readonly Interval[]): number {
  const widths = intervals.map(({ lower, upper }) => upper / lower).sort((a, b) => a - b);
  return widths[Math.floor(widths.length / 2)] ?? Number.NaN;
}
