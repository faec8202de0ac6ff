import type { CompensationRequest } from "../../schemas/compensation.ts";
import {
  type BatchPrice,
  type PriceMarks,
  type PriceQuestion,
  type PricingLaw,
  priceInForm,
  priceMarks,
} from "../numerics/compensation/price-forms.ts";
import { besiroglu2024, besiroglu2024Constants } from "../numerics/laws/besiroglu2024.ts";
import {
  hoffmann2022Approach3,
  hoffmann2022Constants,
} from "../numerics/laws/hoffmann2022-approach3.ts";
import { kaplan2020 } from "../numerics/laws/kaplan2020.ts";
import type { Law } from "../numerics/laws/law.ts";

/** A loss law that prices batches, by its id in the catalogue. */
export type LossLawId = CompensationRequest["lossLaw"];

/** A critical batch at the tokens of the run and its interval; null = unbounded. */
export interface CriticalBatchRange {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** A loss law of the catalogue as prices use it. */
export interface LossLawEntry {
  readonly law: Law;
  readonly pricing: PricingLaw;
  readonly paramsCounted: "total" | "non-embedding";
}

const LOSS_LAW_ENTRIES: Readonly<Record<LossLawId, LossLawEntry>> = {
  besiroglu2024: {
    law: besiroglu2024,
    pricing: { kind: "additive", constants: besiroglu2024Constants },
    paramsCounted: "total",
  },
  "hoffmann2022-approach3": {
    law: hoffmann2022Approach3,
    pricing: { kind: "additive", constants: hoffmann2022Constants },
    paramsCounted: "total",
  },
  kaplan2020: { law: kaplan2020, pricing: { kind: "kaplan" }, paramsCounted: "non-embedding" },
};

/** The loss law of an id: its constants for pricing, and which parameters it counts. */
export function lossLawEntry(id: LossLawId): LossLawEntry {
  return LOSS_LAW_ENTRIES[id];
}

/** Every price of one batch: both forms at the central critical batch, and the two ends of its interval. */
export interface PriceEvaluation {
  readonly question: PriceQuestion;
  readonly batchTokens: number;
  readonly bCrit: CriticalBatchRange;
  readonly explicit: BatchPrice & PriceMarks;
  readonly implicit: BatchPrice & PriceMarks;
  /** The explicit form at the upper end; undefined when that end is unbounded. */
  readonly best: BatchPrice | undefined;
  /** The implicit form at the lower end; undefined when that end is unbounded. */
  readonly worst: BatchPrice | undefined;
}

/** Evaluates both forms of a price and the ends of its interval. */
export function evaluatePrice(
  question: PriceQuestion,
  batchTokens: number,
  bCrit: CriticalBatchRange,
): PriceEvaluation {
  const { value, lower, upper } = bCrit;
  return {
    question,
    batchTokens,
    bCrit,
    explicit: {
      ...priceInForm(question, batchTokens, value, "explicit"),
      ...priceMarks(question, value, "explicit"),
    },
    implicit: {
      ...priceInForm(question, batchTokens, value, "implicit"),
      ...priceMarks(question, value, "implicit"),
    },
    best: upper === null ? undefined : priceInForm(question, batchTokens, upper, "explicit"),
    worst: lower === null ? undefined : priceInForm(question, batchTokens, lower, "implicit"),
  };
}
