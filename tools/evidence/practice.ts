import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nonEmbeddingFromTotalParams } from "../../api/numerics/laws/params-conversion.ts";
import { recommendPlan } from "../../api/services/recommend-plan.ts";
import type { RecommendationRequest } from "../../schemas/recommendation-request.ts";

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

/**
 * Judges the recommendation on published runs: practice is not optimal, so it judges widths far out, not centres.
 *
 * The learning rate is asked with the batch fixed at the practised one.
 */
export function judgePractice(runs: readonly PublishedRun[]): PracticeSummary {
  const batch = runs.map((run) => ({ run, interval: batchInterval(run) }));
  const rates = runs
    .filter((run) => run.lr_comparable)
    .map((run) => ({ run, interval: rateInterval(run) }));
  return {
    runs: runs.length,
    families: new Set(runs.map(({ family }) => family)).size,
    batchInsideShare: familyShare(batch, ({ run, interval }) =>
      holds(interval, run.batch_tokens ?? 0),
    ),
    batchWithinFactorTwoShare: familyShare(
      batch,
      ({ run, interval }) =>
        Math.abs(Math.log((run.batch_tokens ?? 0) / interval.value)) <= Math.LN2,
    ),
    learningRateInsideShare: familyShare(rates, ({ run, interval }) =>
      holds(interval, run.peak_lr),
    ),
    batchWidthRatio: medianWidth(batch.map(({ interval }) => interval)),
    learningRateWidthRatio: medianWidth(rates.map(({ interval }) => interval)),
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

function familyShare<T extends { readonly run: PublishedRun }>(
  judged: readonly T[],
  hit: (one: T) => boolean,
): number {
  const families = Map.groupBy(judged, ({ run }) => run.family);
  const shares = [...families.values()].map((rows) => rows.filter(hit).length / rows.length);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function medianWidth(intervals: readonly Interval[]): number {
  const widths = intervals.map(({ lower, upper }) => upper / lower).sort((a, b) => a - b);
  return widths[Math.floor(widths.length / 2)] ?? Number.NaN;
}
