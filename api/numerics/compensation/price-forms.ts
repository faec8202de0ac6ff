import { requireInRange, requirePositive } from "../guards.ts";
import type { AdditiveLossConstants } from "../laws/additive-loss.ts";
import {
  batchPenaltyNats,
  breakEvenBatchTokens,
  type PricedRun,
  paramsToRestoreLoss,
  tokensToRestoreLoss,
  wallBatchTokens,
} from "./batch-price.ts";
import {
  type CriticalBatchForm,
  type CriticalBatchLaw,
  criticalBatchLawThrough,
  effectiveTokens,
} from "./effective-tokens.ts";
import { kaplanAtFixedLoss, kaplanBaselineAt, kaplanRunLossNats } from "./kaplan-form.ts";
import { lossTerms } from "./loss-terms.ts";
import type { ParamsRatio } from "./params-ratio.ts";

/** A loss law that prices batches: an additive one in its constants, or the step law of arXiv:2001.08361. */
export type PricingLaw =
  | { readonly kind: "additive"; readonly constants: AdditiveLossConstants }
  | { readonly kind: "kaplan" };

/** A batch to be priced, all but its critical batch. */
export interface PriceQuestion {
  readonly law: PricingLaw;
  /** N; in the count the loss law uses. */
  readonly params: number;
  /** D; tokens processed. */
  readonly tokens: number;
  /** B_0, the batch whose loss is to be restored; tokens; 0 is the zero-noise limit. */
  readonly baselineBatchTokens: number;
  /** m of B_c(D); the step law has its own and does not use it. */
  readonly bCritExponent: number;
}

/** What a batch costs in one form and at one critical batch. */
export interface BatchPrice {
  readonly penaltyNats: number;
  readonly params: ParamsRatio;
  /** D'/D; at least 1. */
  readonly tokensRatio: number;
}

/** The loss to be restored and the critical-batch law it goes with: what a serial budget needs. */
export interface PriceTarget {
  readonly constants: AdditiveLossConstants;
  readonly bCrit: CriticalBatchLaw;
  readonly lossNats: number;
}

function runOf(question: PriceQuestion, bCritTokens: number, form: CriticalBatchForm): PricedRun {
  const { law, params, tokens, baselineBatchTokens } = question;
  const isKaplan = law.kind === "kaplan";
  return {
    law: isKaplan ? kaplanAtFixedLoss(bCritTokens) : law.constants,
    params,
    tokens,
    bCrit: criticalBatchLawThrough(bCritTokens, tokens, isKaplan ? 0 : question.bCritExponent),
    form,
    baselineBatchTokens,
  };
}

/**
 * Price of a batch in one form: loss, parameters or tokens that restore the baseline's loss.
 *
 * Under the step law both forms are one: B_c belongs to the target loss, which is fixed, and the penalty is the
 * difference of two solved losses.
 *
 * @param batchTokens - B; tokens per step; at least 0.
 * @param bCritTokens - B_c at D; tokens; above 0.
 * @returns penalty in nats per token, N'/N or `beyond-wall`, and D'/D.
 * @throws {RangeError} when a number is out of range.
 * @source derived; see batch-price.ts and kaplan-form.ts.
 */
export function priceInForm(
  question: PriceQuestion,
  batchTokens: number,
  bCritTokens: number,
  form: CriticalBatchForm,
): BatchPrice {
  requireInRange("batchTokens", batchTokens, 0, Number.MAX_VALUE);
  requirePositive("bCritTokens", bCritTokens);
  const run = runOf(question, bCritTokens, form);
  return {
    penaltyNats:
      question.law.kind === "kaplan"
        ? kaplanPenaltyNats(question, batchTokens, bCritTokens)
        : batchPenaltyNats(run, batchTokens),
    params: paramsToRestoreLoss(run, batchTokens),
    tokensRatio: tokensToRestoreLoss(run, batchTokens),
  };
}

function kaplanPenaltyNats(
  question: PriceQuestion,
  batchTokens: number,
  bCritTokens: number,
): number {
  const { params, tokens, baselineBatchTokens } = question;
  if (batchTokens <= baselineBatchTokens) return 0;
  const baseline = kaplanBaselineAt(params, tokens, baselineBatchTokens, bCritTokens);
  const loss = kaplanRunLossNats(params, tokens, batchTokens, baseline.batchScaleTokens);
  return Math.max(0, loss - baseline.lossNats);
}

/** The two batches that a price turns at; tokens per step. */
export interface PriceMarks {
  readonly wallBatchTokens: number;
  readonly breakEvenBatchTokens: number;
}

/**
 * The wall and the break-even batch in one form.
 *
 * @param bCritTokens - B_c at D; tokens; above 0.
 * @returns the batch from which no number of parameters helps, and the one up to which parameters cost less
 * compute than tokens; tokens per step.
 * @throws {RangeError} when a number is out of range.
 * @source derived; see batch-price.ts.
 */
export function priceMarks(
  question: PriceQuestion,
  bCritTokens: number,
  form: CriticalBatchForm,
): PriceMarks {
  const run = runOf(question, bCritTokens, form);
  return { wallBatchTokens: wallBatchTokens(run), breakEvenBatchTokens: breakEvenBatchTokens(run) };
}

/**
 * The loss that the compensation restores, with the laws that a serial budget for it needs.
 *
 * @param bCritTokens - B_c at D; tokens; above 0.
 * @returns the loss of the baseline batch in the implicit form; nats per token.
 * @throws {RangeError} when a number is out of range.
 * @source derived; see serial-budget.ts.
 */
export function priceTarget(question: PriceQuestion, bCritTokens: number): PriceTarget {
  const run = runOf(question, bCritTokens, "implicit");
  const { law: constants, bCrit, params, tokens, baselineBatchTokens } = run;
  const effective = effectiveTokens(tokens, baselineBatchTokens, bCrit, "implicit");
  return { constants, bCrit, lossNats: lossTerms(constants, params, effective).lossNats };
}
