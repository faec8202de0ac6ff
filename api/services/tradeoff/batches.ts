import type { Assumption } from "../../../schemas/common.ts";
import type { Recommended } from "../../../schemas/recommendations/answer.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import type { TradeoffReportRequest } from "../../../schemas/tradeoff-reports/report.ts";
import { recommendPlan } from "../recommend/recommend.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import type { Notice } from "../shared/notices.ts";
import { shortNumber } from "../shared/number-text.ts";

/** The same run planned at both batches. */
export interface PlannedBatches {
  /** The recommendation asked for at either batch. */
  readonly request: RecommendationRequest;
  readonly small: Recommended;
  readonly large: Recommended;
  readonly notices: readonly Notice[];
}

/** The two sides of a report and their fields in the request. */
const FIELDS = { small: "smallBatchTokens", large: "largeBatchTokens" } as const;
type Side = keyof typeof FIELDS;

// Beyond four critical batches steps fall by a fifth at most: large, without being absurd.
export const LARGE_OVER_CRITICAL = 4;
const LARGE_OVER_SMALL = 4;
// The largest batch that a request can name.
export const LARGEST_BATCH_TOKENS = 1e12;

/** Warnings of a plan that the report says in its own words. */
const OWN_WORDS: readonly string[] = ["batch-ramp", "batch-rounded-to-whole-sequences"];

/** The recommendation that the report is about, without the two batches. */
export function planRequest(body: TradeoffReportRequest): RecommendationRequest {
  const { smallBatchTokens: _small, largeBatchTokens: _large, ...plan } = body;
  return plan;
}

/**
 * Returns the plan of the run at the small and at the large batch, as a recommendation with that batch fixed has it.
 *
 * Without a small batch the recommended one is taken; without a large one four critical batches, or the current batch
 * where that is larger.
 *
 * @throws {InvalidRequest} when the run has no room for the two batches, or no recommendation.
 */
export function planBatches(body: TradeoffReportRequest): PlannedBatches {
  const base = planned(planRequest(body));
  refuseOverRun(body, base.data.trainingTokens.value);
  const notices: Notice[] = [];
  const wanted = wantedBatches(body, base, notices);
  if (wanted.small >= wanted.large) throw noRoom(body);
  const request = withReferenceBatch(planRequest(body), base.batch.batchTokens.value);
  const small = plannedAt(request, wanted.small);
  const large = plannedAt(request, wanted.large);
  if (small.batch.batchTokens.value >= large.batch.batchTokens.value) throw noRoom(body);
  for (const [side, plan] of [["small", small] as const, ["large", large] as const]) {
    notices.push(...roundingWarnings(side, body[FIELDS[side]], plan));
    notices.push(...constraintWarnings(side, request, plan));
  }
  const plans = [base, small, large];
  const assumed = plans
    .flatMap(({ assumptions }) => assumptions)
    .filter(({ field }) => field !== "objective" || body.smallBatchTokens === undefined);
  const warned = plans.flatMap(({ warnings }) => warnings);
  return {
    request,
    small,
    large,
    notices: [...assumed, ...warned.filter(({ code }) => !OWN_WORDS.includes(code)), ...notices],
  };
}

/** A reference run that names no batch had the recommended one, on both sides of the table. */
function withReferenceBatch(
  request: RecommendationRequest,
  recommendedTokens: number,
): RecommendationRequest {
  const { evidence } = request;
  if (evidence?.reference === undefined) return request;
  const reference = { batchTokens: recommendedTokens, ...evidence.reference };
  return { ...request, evidence: { ...evidence, reference } };
}

/** The batch alone is decided: other limits of the request are for the recommended one. */
function plannedAt(request: RecommendationRequest, fixed: number): Recommended {
  const { nonEmbeddingParams } = request.constraints ?? {};
  return planned({
    ...request,
    objective: "loss",
    constraints: { ...(nonEmbeddingParams && { nonEmbeddingParams }), batchTokens: { fixed } },
  });
}

function planned(request: RecommendationRequest): Recommended {
  const answer = recommendPlan(request);
  if (answer.status !== "recommended") {
    throw new RangeError(`task: expected one with laws, got ${request.task}`);
  }
  return answer;
}

function refuseOverRun(request: TradeoffReportRequest, trainingTokens: number): void {
  const over = Object.values(FIELDS).filter((field) => (request[field] ?? 0) > trainingTokens);
  if (over.length === 0) return;
  throw new InvalidRequest(
    over.map((field) => ({
      pointer: `/${field}`,
      code: "out-of-range",
      message: `at most the ${shortNumber(trainingTokens)} tokens of the run: it has at least one step`,
    })),
  );
}

function wantedBatches(
  body: TradeoffReportRequest,
  base: Recommended,
  notices: Notice[],
): Readonly<Record<Side, number>> {
  const small = body.smallBatchTokens ?? assumedSmall(body, base, notices);
  return { small, large: body.largeBatchTokens ?? assumedLarge(small, body, base, notices) };
}

function assumedSmall(
  { largeBatchTokens }: TradeoffReportRequest,
  { batch }: Recommended,
  notices: Notice[],
): number {
  const recommended = batch.batchTokens.value;
  if (largeBatchTokens === undefined || recommended < largeBatchTokens) {
    notices.push(assumedBatch("small", recommended, "the recommended batch"));
    return recommended;
  }
  const small = wholeSequences(largeBatchTokens / LARGE_OVER_SMALL, batch);
  notices.push(assumedBatch("small", small, "a quarter of largeBatchTokens"));
  return small;
}

function assumedLarge(
  small: number,
  { current }: TradeoffReportRequest,
  { batch, criticalBatch, data }: Recommended,
  notices: Notice[],
): number {
  const candidates: (readonly [number, string])[] = [
    [LARGE_OVER_CRITICAL * criticalBatch.bCritTokens.value, "four critical batches"],
    [current?.batchTokens ?? 0, "current.batchTokens"],
  ];
  const [wanted, how] = candidates.reduce((a, b) => (b[0] > a[0] ? b : a));
  const [tokens, words] =
    wanted > small ? [wanted, how] : [LARGE_OVER_SMALL * small, "four times the small batch"];
  const trainingTokens = data.trainingTokens.value;
  const large = wholeSequences(Math.min(tokens, trainingTokens, LARGEST_BATCH_TOKENS), batch);
  const isCut = tokens > trainingTokens;
  notices.push(assumedBatch("large", large, isCut ? "the whole run as one step" : words));
  return large;
}

function wholeSequences(tokens: number, batch: Recommended["batch"]): number {
  const sequenceLengthTokens = batch.batchTokens.value / batch.batchSequences;
  return Math.max(1, Math.floor(tokens / sequenceLengthTokens)) * sequenceLengthTokens;
}

function assumedBatch(side: Side, tokens: number, how: string): Assumption {
  return {
    field: FIELDS[side],
    value: tokens,
    detail: `The ${side} batch is ${how}, about ${shortNumber(tokens)} tokens.`,
  };
}

function noRoom(request: TradeoffReportRequest): InvalidRequest {
  const given = Object.values(FIELDS).filter((field) => request[field] !== undefined);
  const pointers = given.length === 0 ? ["largeBatchTokens"] : given;
  return new InvalidRequest(
    pointers.map((field) => ({
      pointer: `/${field}`,
      code: "no-two-batches",
      message:
        "two batches far enough apart that both fit sequence length, devices and the tokens of the run",
    })),
  );
}

function roundingWarnings(side: Side, given: number | undefined, plan: Recommended): Notice[] {
  const { value } = plan.batch.batchTokens;
  if (given === undefined || value === given) return [];
  return [
    {
      code: `${side}-batch-rounded`,
      detail: `${FIELDS[side]} of ${given} tokens is not a whole number of sequences on every device; ${value} is used.`,
    },
  ];
}

function constraintWarnings(
  side: Side,
  request: RecommendationRequest,
  { batch }: Recommended,
): Notice[] {
  const { batchTokens: limits, steps } = request.constraints ?? {};
  const { value } = batch.batchTokens;
  const broken = [
    ...(value < (limits?.min ?? 0) ? ["batchTokens.min"] : []),
    ...(value > (limits?.max ?? Number.POSITIVE_INFINITY) ? ["batchTokens.max"] : []),
    ...(batch.steps > (steps?.max ?? Number.POSITIVE_INFINITY) ? ["steps.max"] : []),
  ];
  if (broken.length === 0) return [];
  return [
    {
      code: `${side}-batch-outside-constraints`,
      detail: `The ${side} batch is compared although constraints.${broken.join(" and constraints.")} rules it out.`,
    },
  ];
}
