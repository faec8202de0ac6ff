import type { Warning } from "../../../schemas/common.ts";
import type {
  Compensation,
  CompensationRequest,
} from "../../../schemas/compensations/compensation.ts";
import type { IdentifiedLossFit } from "../../../schemas/loss-fits/loss-fit.ts";
import type { ModelSizes } from "../../numerics/compensation/grown-model.ts";
import {
  type BatchPrice,
  type PriceMarks,
  priceInForm,
} from "../../numerics/compensation/price-forms.ts";
import { B_CRIT_TOKEN_EXPONENT } from "../../numerics/laws/bergsma2025-power-lines.ts";
import { shortNumber } from "../shared/number-text.ts";
import { REPETITION_CONSTANT_UNVERIFIED } from "../shared/unverified-constants.ts";
import { priceCaveats } from "./caveats.ts";
import {
  type CriticalBatchRange,
  evaluatePrice,
  type LossLawEntry,
  type LossLawId,
  lossLawEntry,
  type PriceEvaluation,
} from "./evaluation.ts";
import { priceSerialBudget } from "./serial-budget.ts";
import { betweenEstimate, LARGEST_ON_WIRE, spanEstimate } from "./spans.ts";
import { parametersWay, type TokensWay, tokensWay } from "./ways.ts";

/** A run, its batch, and what is known of its optimal and critical batch. */
export interface PriceBatchInput {
  readonly model: ModelSizes;
  readonly trainingTokens: number;
  readonly batchTokens: number;
  readonly lossLaw: LossLawId;
  /** The law of the caller's own runs, with the id "fit". */
  readonly lossFit?: IdentifiedLossFit | undefined;
  /** At trainingTokens; the interval has the level `intervalLevel`. */
  readonly bCrit: CriticalBatchRange;
  /** Data cluster of the law behind `bCrit`, "pooled" for several, "given" when the caller knows it. */
  readonly bCritCluster: string;
  /** m of B_c(D); absent: 0.462. */
  readonly bCritExponent?: number | undefined;
  readonly bOptTokens: number;
  readonly relativeTo: CompensationRequest["relativeTo"];
  readonly maxSteps?: number | undefined;
  readonly uniqueTokens?: number | undefined;
  readonly intervalLevel: number;
}

/** The price as the wire has it, and what the answer around it must warn of. */
export interface PricedBatch {
  readonly compensation: Compensation;
  readonly warnings: readonly Warning[];
}

/** Below this a penalty is smaller than what a seed moves. */
const NEGLIGIBLE_PENALTY_NATS = 0.002;

/**
 * Prices a batch: what it costs in loss, and what more parameters or more tokens would make up for it.
 *
 * not-needed: at most the optimal batch, or under 0.002 nats against it (explicit form); compensable: both forms
 * finite and their geometric mean at most 10; impractical: the explicit form is finite, but not so; beyond-wall:
 * the explicit form is beyond its wall.
 *
 * @returns the compensation, and a warning when loss law and critical batch come from different data.
 * @throws {RangeError} when a number of the input is out of range.
 * @source docs/method.md, compensation
 */
export function priceBatch(input: PriceBatchInput): PricedBatch {
  const entry = lossLawEntry(input.lossLaw, input.lossFit);
  const params =
    entry.paramsCounted === "total" ? input.model.computeParams : input.model.nonEmbeddingParams;
  const question = {
    law: entry.pricing,
    params,
    tokens: input.trainingTokens,
    baselineBatchTokens: input.relativeTo === "optimal-batch" ? input.bOptTokens : 0,
    bCritExponent: input.bCritExponent ?? B_CRIT_TOKEN_EXPONENT,
  };
  const price = evaluatePrice(question, input.batchTokens, input.bCrit);
  const common = {
    ...commonFields(price, input),
    ...serialField(price, input, entry),
    caveats: priceCaveats({ ...input, entry, params }),
  };
  const reason = reasonNotNeeded(price, input);
  const compensation: Compensation =
    reason === undefined
      ? { ...waysOf(price, input, entry), ...common }
      : { status: "not-needed", reason, ...common };
  return {
    compensation,
    warnings: [...dataWarnings(input, entry), ...repetitionWarnings(input, compensation)],
  };
}

function reasonNotNeeded(price: PriceEvaluation, input: PriceBatchInput): string | undefined {
  if (input.batchTokens <= input.bOptTokens) {
    return `The batch is no larger than the optimal one of ${shortNumber(input.bOptTokens)} tokens.`;
  }
  const question = { ...price.question, baselineBatchTokens: input.bOptTokens };
  const against = priceInForm(question, input.batchTokens, input.bCrit.value, "explicit");
  if (against.penaltyNats >= NEGLIGIBLE_PENALTY_NATS) return undefined;
  return `It costs ${shortNumber(against.penaltyNats)} nats more than the optimal batch, below the ${NEGLIGIBLE_PENALTY_NATS} that a seed changes.`;
}

function waysOf(price: PriceEvaluation, input: PriceBatchInput, entry: LossLawEntry) {
  const { intervalLevel: level, maxSteps, uniqueTokens } = input;
  const model = { sizes: input.model, paramsCounted: entry.paramsCounted };
  const parameters = parametersWay(price, model, level);
  const tokens = tokensWay(price, { maxSteps, uniqueTokens }, level);
  switch (parameters.status) {
    case "compensable": {
      const cheaper = cheaperOf(parameters.paramsRatio.value, tokens);
      return { status: parameters.status, parameters, tokens, cheaper };
    }
    case "impractical":
      return { status: parameters.status, parameters, tokens, cheaper: onlyTokens(tokens) };
    case "beyond-wall":
      return { status: parameters.status, parameters, tokens, cheaper: onlyTokens(tokens) };
  }
}

function cheaperOf(paramsRatio: number, tokens: TokensWay): "parameters" | "tokens" {
  if (tokens.status !== "compensable") return "parameters";
  return paramsRatio <= tokens.tokensRatio.value ? "parameters" : "tokens";
}

function onlyTokens(tokens: TokensWay): "tokens" | "neither" {
  return tokens.status === "compensable" ? "tokens" : "neither";
}

function serialField(price: PriceEvaluation, input: PriceBatchInput, entry: LossLawEntry) {
  if (input.maxSteps === undefined) return {};
  const model = { sizes: input.model, paramsCounted: entry.paramsCounted };
  return {
    serialBudget: priceSerialBudget(price, model, input.maxSteps, input.intervalLevel),
  };
}

function commonFields(price: PriceEvaluation, input: PriceBatchInput) {
  const { batchTokens, intervalLevel: level } = input;
  const { explicit, implicit, best, worst, bCrit } = price;
  return {
    lossLaw: input.lossLaw,
    relativeTo: input.relativeTo,
    batchOverCritical: spanEstimate(
      {
        value: batchTokens / bCrit.value,
        lower: bCrit.upper === null ? 0 : batchTokens / bCrit.upper,
        upper: bCrit.lower === null ? null : batchTokens / bCrit.lower,
      },
      level,
    ),
    batchPenaltyNats: spanEstimate(
      {
        value: explicit.penaltyNats,
        lower: best?.penaltyNats ?? 0,
        upper: worst?.penaltyNats ?? null,
      },
      level,
    ),
    breakEvenBatchTokens: betweenEstimate(
      explicit.breakEvenBatchTokens,
      implicit.breakEvenBatchTokens,
      level,
    ),
    wallBatchTokens: betweenEstimate(explicit.wallBatchTokens, implicit.wallBatchTokens, level),
    explicit: formOf(explicit),
    implicit: formOf(implicit),
  };
}

/** Twelve digits: a form is exact arithmetic on its law, and a caller may check it. */
function roundExact(value: number): number {
  return Number(Math.min(value, LARGEST_ON_WIRE).toPrecision(12));
}

function formOf(price: BatchPrice & PriceMarks) {
  const numbers = {
    batchPenaltyNats: roundExact(price.penaltyNats),
    tokensRatio: roundExact(price.tokensRatio),
    wallBatchTokens: roundExact(price.wallBatchTokens),
    breakEvenBatchTokens: roundExact(price.breakEvenBatchTokens),
  };
  if (price.params.status === "beyond-wall") return { status: "beyond-wall" as const, ...numbers };
  const paramsRatio = roundExact(price.params.paramsRatio);
  return { status: "within-wall" as const, paramsRatio, ...numbers };
}

function dataWarnings(input: PriceBatchInput, { cluster, name }: LossLawEntry): Warning[] {
  if (input.bCritCluster === "given" || input.bCritCluster === cluster) return [];
  return [
    {
      code: "loss-and-critical-batch-from-different-data",
      detail: `The loss law ${name} and the critical-batch law were fitted on different data.`,
    },
  ];
}

function repetitionWarnings({ uniqueTokens }: PriceBatchInput, price: Compensation): Warning[] {
  if (uniqueTokens === undefined || price.status === "not-needed") return [];
  return price.tokens.trainingTokens.value > uniqueTokens ? [REPETITION_CONSTANT_UNVERIFIED] : [];
}
