import { compensate, lossSurface, recommend, reportTradeoff } from "../../../../sdk/calls.ts";
import type {
  CompensationAnswer,
  LossSurfaceAnswer,
  RecommendationAnswer,
  RecommendationRequest,
  Recommended,
  TradeoffReported,
} from "../../../../sdk/generated/schema.ts";

/** What one part of the page draws, or why there is nothing to draw. */
export type Part<T> = T | string;

export interface Report {
  readonly report: TradeoffReported;
  /** Which batch of the report is the reader's own; none where it is the recommended one. */
  readonly side: Side | undefined;
}
export interface Surface {
  readonly surface: LossSurfaceAnswer;
  readonly recommended: { readonly batchTokens: number; readonly peakLearningRate: number };
}
export interface Price {
  readonly price: CompensationAnswer;
  readonly batchTokens: number;
}

/** The answers that one question gets, each under way. */
export interface Answers {
  readonly answer: Promise<RecommendationAnswer>;
  readonly report: Promise<Part<Report>>;
  readonly surface: Promise<Part<Surface>>;
  readonly price: Promise<Part<Price>>;
}

const service = { baseUrl: location.origin, retries: 1 };

/** Asks for everything that the recommendation's view shows; nothing here touches the page. */
export function askAll(body: RecommendationRequest, signal: AbortSignal): Answers {
  const answer: Promise<RecommendationAnswer> = recommend(service, body, { signal });
  const asked = {
    answer,
    report: answer.then((given) => askReport(given, body, signal)),
    surface: answer.then((given) => askSurface(given, body, signal)),
    price: answer.then((given) => askPrice(given, body, signal)),
  };
  // A failure is handled where its part is awaited; until then it must not count as an unhandled rejection.
  for (const part of Object.values(asked)) part.catch(() => undefined);
  return asked;
}

async function askReport(
  answer: RecommendationAnswer,
  body: RecommendationRequest,
  signal: AbortSignal,
): Promise<Part<Report>> {
  if (answer.status !== "recommended") {
    return "No published law applies to this task, so there are no curves.";
  }
  const yours = body.current?.batchTokens;
  const side = sideOf(yours, answer.batch.batchTokens.value);
  const batches = side === undefined ? {} : { [`${side}BatchTokens`]: yours };
  const report = await reportTradeoff(service, { ...body, ...batches }, { signal });
  return report.status === "reported"
    ? { report, side }
    : "There is no comparison for this question.";
}

async function askSurface(
  answer: RecommendationAnswer,
  { model, data, current }: RecommendationRequest,
  signal: AbortSignal,
): Promise<Part<Surface>> {
  const size =
    model !== undefined && "nonEmbeddingParams" in model
      ? { nonEmbeddingParams: model.nonEmbeddingParams }
      : model !== undefined && "totalParams" in model
        ? { totalParams: model.totalParams }
        : undefined;
  if (size === undefined || data?.trainingTokens === undefined) {
    return "Enter parameters and training tokens to see the map.";
  }
  if (answer.status !== "recommended") return "The map covers language-model pre-training only.";
  const recommended = {
    batchTokens: answer.batch.batchTokens.value,
    peakLearningRate: answer.learningRate.peakLearningRate.value,
  };
  const axes = {
    batchTokens: axisAround(recommended.batchTokens, current?.batchTokens, 40, 48),
    peakLearningRate: axisAround(recommended.peakLearningRate, current?.peakLearningRate, 16, 36),
  };
  const question = { ...size, trainingTokens: data.trainingTokens, ...axes };
  return { surface: await lossSurface(service, question, { signal }), recommended };
}

async function askPrice(
  answer: RecommendationAnswer,
  body: RecommendationRequest,
  signal: AbortSignal,
): Promise<Part<Price>> {
  if (answer.status !== "recommended")
    return "Prices need a pre-training law, and none applies to this task.";
  const batchTokens = body.current?.batchTokens;
  if (batchTokens === undefined) return "Enter your batch to see what it costs.";
  const question = priceQuestion(answer, body, batchTokens);
  return { price: await compensate(service, question, { signal }), batchTokens };
}

/** The reader's batch, priced against the optimal one with the critical batch of the answer. */
function priceQuestion(
  { parameters, data, criticalBatch }: Recommended,
  body: RecommendationRequest,
  batchTokens: number,
) {
  return {
    model: body.model ?? { nonEmbeddingParams: parameters.nonEmbeddingParams.value },
    data: { ...body.data, trainingTokens: data.trainingTokens.value },
    batchTokens,
    bCritTokens: criticalBatch.bCritTokens,
    relativeTo: "optimal-batch",
  } as const;
}

/** The range of an axis: a factor around the recommendation, and the reader's own value with some room. */
function axisAround(center: number, own: number | undefined, factor: number, points: number) {
  return {
    min: Math.min(center / factor, (own ?? center) / 2),
    max: Math.max(center * factor, (own ?? center) * 2),
    points,
  };
}

export type Side = "small" | "large";

function sideOf(yours: number | undefined, recommended: number): Side | undefined {
  if (yours === undefined || yours === recommended) return undefined;
  return yours > recommended ? "large" : "small";
}
