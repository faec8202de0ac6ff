import type { Compensation } from "../../../schemas/compensations/compensation.ts";
import { growModel, type ModelSizes } from "../../numerics/compensation/grown-model.ts";
import type { ParamsRatio } from "../../numerics/compensation/params-ratio.ts";
import { repeatedDataWorth, repeatedTokensFor } from "../../numerics/compensation/repetition.ts";
import { roundForWire } from "../shared/estimates.ts";
import { shortNumber } from "../shared/number-text.ts";
import type { PriceEvaluation } from "./evaluation.ts";
import { geometricMean, mapSpan, type Span, spanEstimate } from "./spans.ts";

type Priced = Exclude<Compensation, { status: "not-needed" }>;
/** More parameters, as the wire has it. */
export type ParametersWay = Priced["parameters"];
/** More tokens, as the wire has it. */
export type TokensWay = Priced["tokens"];

/** Past this many times the parameters a larger model is no way in practice. */
const PRACTICAL_PARAMS_RATIO = 10;
/** Epochs up to which repeated tokens are worth nearly fresh ones. */
const LARGEST_EPOCHS = 4;

function finite(price: { readonly params: ParamsRatio } | undefined): number | null {
  return price?.params.status === "ok" ? price.params.paramsRatio : null;
}

/** What is needed to know how large a larger model would be. */
export interface ModelToGrow {
  readonly sizes: ModelSizes;
  readonly paramsCounted: "total" | "non-embedding";
}

/**
 * The way of more parameters.
 *
 * Beyond the wall in the explicit form: none. Finite there only, or more than ten times: impractical, a lower
 * bound. Else the geometric mean of both forms.
 *
 * @source product contract of POST /v1/compensations; forms: docs/method.md
 */
export function parametersWay(
  price: PriceEvaluation,
  model: ModelToGrow,
  level: number,
): ParametersWay {
  const explicit = finite(price.explicit);
  if (explicit === null) return beyondWall(price);
  const implicit = finite(price.implicit);
  // At an unbounded critical batch a batch costs nothing.
  const lower = price.best === undefined ? 1 : finite(price.best);
  if (implicit !== null) {
    const value = geometricMean(explicit, implicit);
    if (value <= PRACTICAL_PARAMS_RATIO) {
      const ratio = { value, lower, upper: finite(price.worst) };
      return { status: "compensable", ...parameterNumbers(ratio, model, level) };
    }
  }
  const { wallBatchTokens } = price.implicit;
  return {
    status: "impractical",
    bound: "lower",
    ...parameterNumbers({ value: explicit, lower, upper: null }, model, level),
    reason:
      implicit === null
        ? `The pessimistic estimate of the wall is ${shortNumber(wallBatchTokens)} tokens, below this batch.`
        : `About ${shortNumber(geometricMean(explicit, implicit))} times the parameters would be needed.`,
    needed: remediesOf(price),
  };
}

function beyondWall(price: PriceEvaluation): ParametersWay {
  const wall = shortNumber(price.explicit.wallBatchTokens);
  return {
    status: "beyond-wall",
    reason: `The batch is beyond the wall of ${wall} tokens: no number of parameters restores the loss.`,
    needed: remediesOf(price),
  };
}

function remediesOf(price: PriceEvaluation): { code: string; detail: string }[] {
  const { wallBatchTokens } = price.implicit;
  const below =
    price.batchTokens < wallBatchTokens
      ? `this one of ${shortNumber(price.batchTokens)} tokens (the wall may be as low as ${shortNumber(wallBatchTokens)})`
      : `${shortNumber(wallBatchTokens)} tokens`;
  const ratio = geometricMean(price.explicit.tokensRatio, price.implicit.tokensRatio);
  const tokens = shortNumber(ratio * price.question.tokens);
  return [
    { code: "smaller-batch", detail: `A batch well below ${below}, with more steps.` },
    { code: "more-tokens", detail: `About ${tokens} tokens at this batch.` },
  ];
}

function parameterNumbers(ratio: Span, model: ModelToGrow, level: number) {
  const grown = (r: number): ModelSizes => growModel(model.sizes, r, model.paramsCounted);
  const nonEmbedding = mapSpan(ratio, (r) => grown(r).nonEmbeddingParams);
  const total = mapSpan(ratio, (r) => grown(r).totalParams);
  return {
    paramsRatio: spanEstimate(ratio, level),
    nonEmbeddingParams: spanEstimate(nonEmbedding, level),
    totalParams: spanEstimate(total, level),
    extraFlopsRatio: spanEstimate(
      mapSpan(ratio, (r) => r - 1),
      level,
    ),
  };
}

/** Limits on the way of more tokens. */
export interface TokenLimits {
  readonly uniqueTokens?: number | undefined;
  readonly maxSteps?: number | undefined;
}

/**
 * The way of more tokens at the same batch: first the repeats it takes, then the steps.
 *
 * @source product contract of POST /v1/compensations; repetition: arXiv:2305.16264
 */
export function tokensWay(price: PriceEvaluation, limits: TokenLimits, level: number): TokensWay {
  const fresh: Span = {
    value: geometricMean(price.explicit.tokensRatio, price.implicit.tokensRatio),
    lower: price.best?.tokensRatio ?? 1,
    upper: price.worst?.tokensRatio ?? null,
  };
  const repeated = withRepeats(fresh, price.question.tokens, limits.uniqueTokens);
  if (repeated === undefined) return limitedByUniqueTokens(price, fresh, limits, level);
  const numbers = tokenNumbers(repeated, price, level);
  const { maxSteps } = limits;
  if (maxSteps !== undefined && numbers.steps > maxSteps) {
    const steps = shortNumber(numbers.steps);
    return {
      status: "limited-by-steps",
      ...numbers,
      reason: `At this batch it takes ${steps} steps, but only ${shortNumber(maxSteps)} are allowed.`,
      needed: [
        { code: "more-steps", detail: `At least ${steps} steps.` },
        { code: "serial-budget", detail: "The batch and model of serialBudget." },
      ],
    };
  }
  return { status: "compensable", ...numbers };
}

/** Ratios of tokens with repeats counted; undefined when four epochs are not enough. */
function withRepeats(fresh: Span, tokens: number, uniqueTokens?: number): Span | undefined {
  if (uniqueTokens === undefined) return fresh;
  const worthNow = repeatedDataWorth(tokens, uniqueTokens);
  const repeat = (ratio: number): number | null => {
    const answer = repeatedTokensFor(worthNow * ratio, uniqueTokens);
    return answer.status === "ok" ? answer.trainingTokens : null;
  };
  const value = repeat(fresh.value);
  if (value === null || value > LARGEST_EPOCHS * uniqueTokens) return undefined;
  const lower = fresh.lower === null ? null : repeat(fresh.lower);
  const upper = fresh.upper === null ? null : repeat(fresh.upper);
  return mapSpan({ value, lower, upper }, (total) => total / tokens);
}

function tokenNumbers(ratio: Span, price: PriceEvaluation, level: number) {
  const { tokens } = price.question;
  return {
    tokensRatio: spanEstimate(ratio, level),
    trainingTokens: spanEstimate(
      mapSpan(ratio, (r) => r * tokens),
      level,
    ),
    extraFlopsRatio: spanEstimate(
      mapSpan(ratio, (r) => r - 1),
      level,
    ),
    steps: Math.ceil((ratio.value * tokens) / price.batchTokens),
  };
}

function limitedByUniqueTokens(
  price: PriceEvaluation,
  fresh: Span,
  limits: TokenLimits,
  level: number,
): TokensWay {
  const { tokens } = price.question;
  const unique = limits.uniqueTokens ?? tokens;
  // With more distinct tokens the run now repeats less and its loss is lower too.
  const epochsNow = repeatedTokensFor(repeatedDataWorth(LARGEST_EPOCHS, 1) / fresh.value, 1);
  const wanted = epochsNow.status === "ok" ? tokens / epochsNow.epochs : tokens * fresh.value;
  const neededUniqueTokens = roundForWire(wanted);
  const needed = shortNumber(neededUniqueTokens);
  return {
    status: "limited-by-unique-tokens",
    ...tokenNumbers(fresh, price, level),
    neededUniqueTokens,
    reason: `Your ${shortNumber(unique)} distinct tokens would be repeated more than ${LARGEST_EPOCHS} times.`,
    needed: [{ code: "unique-tokens", detail: `At least ${needed} distinct tokens.` }],
  };
}
