import type { CompensationRequest } from "../../../schemas/compensations/compensation.ts";
import type { IdentifiedLossFit } from "../../../schemas/loss-fits/loss-fit.ts";
import {
  type BatchPrice,
  type PriceMarks,
  type PriceQuestion,
  type PricingLaw,
  priceInForm,
  priceMarks,
} from "../../numerics/compensation/price-forms.ts";
import { besiroglu2024, besiroglu2024Constants } from "../../numerics/laws/besiroglu2024.ts";
import {
  hoffmann2022Approach3,
  hoffmann2022Constants,
} from "../../numerics/laws/hoffmann2022-approach3.ts";
import { kaplan2020 } from "../../numerics/laws/kaplan2020.ts";
import type { Law, Range } from "../../numerics/laws/law.ts";

/** A loss law that prices batches, by its id in the catalogue; "fit" for that of the caller's own runs. */
export type LossLawId = CompensationRequest["lossLaw"];

/** A critical batch at the tokens of the run and its interval; null = unbounded. */
export interface CriticalBatchRange {
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** A loss law as prices use it. */
export interface LossLawEntry {
  /** In a sentence. */
  readonly name: string;
  /** Of the data it was fitted on. */
  readonly cluster: string;
  readonly pricing: PricingLaw;
  readonly paramsCounted: "total" | "non-embedding";
  readonly fittedParams: Range | undefined;
  readonly fittedTokens: Range | undefined;
}

/** Cluster of what was fitted on the caller's own runs. */
export const OWN_RUNS = "own-runs";

function published(
  law: Law,
  pricing: PricingLaw,
  paramsCounted: "total" | "non-embedding",
): LossLawEntry {
  const { fittedBox } = law;
  return {
    name: law.id,
    cluster: law.cluster,
    pricing,
    paramsCounted,
    fittedParams: fittedBox.totalParams ?? fittedBox.nonEmbeddingParams,
    fittedTokens: fittedBox.trainingTokens,
  };
}

const LOSS_LAW_ENTRIES: Readonly<Record<Exclude<LossLawId, "fit">, LossLawEntry>> = {
  besiroglu2024: published(
    besiroglu2024,
    { kind: "additive", constants: besiroglu2024Constants },
    "total",
  ),
  "hoffmann2022-approach3": published(
    hoffmann2022Approach3,
    { kind: "additive", constants: hoffmann2022Constants },
    "total",
  ),
  kaplan2020: published(kaplan2020, { kind: "kaplan" }, "non-embedding"),
};

/**
 * The loss law of an id: its constants for pricing, and which parameters it counts.
 *
 * @param fit - the law of the caller's own runs; needed for "fit".
 * @throws {RangeError} when "fit" comes without one.
 */
export function lossLawEntry(id: LossLawId, fit?: IdentifiedLossFit): LossLawEntry {
  if (id !== "fit") return LOSS_LAW_ENTRIES[id];
  if (fit === undefined) throw new RangeError('"fit" needs a fitted loss law, received none');
  const { constants: c, fittedRange } = fit;
  return {
    name: "the given fit",
    cluster: OWN_RUNS,
    pricing: {
      kind: "additive",
      constants: {
        irreducibleLossNats: c.irreducibleLossNats.value,
        paramCoefficient: c.paramCoefficient.value,
        dataCoefficient: c.dataCoefficient.value,
        paramExponent: c.paramExponent.value,
        dataExponent: c.dataExponent.value,
      },
    },
    paramsCounted: fit.paramsCounted,
    fittedParams: fittedRange.params,
    fittedTokens: fittedRange.trainingTokens,
  };
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
