import type { Assumption, Estimate, GivenEstimate } from "../../../schemas/common.ts";
import type {
  CompensationAnswer,
  CompensationRequest,
} from "../../../schemas/compensations/compensation.ts";
import { normalQuantile } from "../../numerics/quantiles.ts";
import { requireTerms } from "../evidence/require-terms.ts";
import { countModel } from "../shared/count-model.ts";
import { roundForWire } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { priceBatch } from "./batch.ts";
import { type DefaultBatches, defaultCriticalBatch } from "./default-critical-batch.ts";
import { type CriticalBatchRange, OWN_RUNS } from "./evaluation.ts";
import { fittedCriticalBatch } from "./fitted-critical-batch.ts";

/**
 * Prices the batch of a request, with the critical batch the caller gave or the one of published laws.
 *
 * @returns the answer of POST /v1/compensations.
 * @source docs/method.md, compensation
 */
export function priceRequest(request: CompensationRequest): CompensationAnswer {
  const notices: Notice[] = [];
  const model = countModel(request.model, notices);
  const sizes = {
    nonEmbeddingParams: model.nonEmbeddingParams.value,
    computeParams: model.computeParams,
    totalParams: model.totalParams.value,
  };
  const { data, lossLaw, relativeTo, intervalLevel } = request;
  if (request.lossFit !== undefined) requireTerms(request.lossFit, sizes, data.trainingTokens);
  const laws = defaultCriticalBatch({
    lossLaw,
    point: { ...sizes, trainingTokens: data.trainingTokens },
    relativeTo,
    intervalLevel,
    mixtureOfExperts: model.mixtureOfExperts,
  });
  const bCritical = settleCriticalBatch(request, laws);
  if (bCritical.basis === "law") notices.push(assumedCriticalBatch(laws));
  const priced = priceBatch({
    model: sizes,
    trainingTokens: data.trainingTokens,
    batchTokens: request.batchTokens,
    lossLaw,
    lossFit: request.lossFit,
    bCrit: bCritical.range,
    bCritCluster: bCritical.cluster,
    bCritExponent: bCritical.exponent,
    bOptTokens: laws.bOpt.value,
    relativeTo,
    maxSteps: request.steps?.max,
    uniqueTokens: data.uniqueTokens,
    intervalLevel,
  });
  return {
    ...priced.compensation,
    criticalBatch: {
      bCritTokens: rangeEstimate(bCritical.range, bCritical.basis, intervalLevel),
      bOptTokens: rangeEstimate(laws.bOpt, "law", intervalLevel),
    },
    ...splitNotices([...notices, ...priced.warnings]),
    modelVersion: MODEL_VERSION,
  };
}

/** The critical batch of a request with where it comes from. */
interface SettledCriticalBatch {
  readonly range: CriticalBatchRange;
  readonly basis: Estimate["basis"];
  readonly cluster: string;
  readonly exponent: number;
}

/** The one given; else that of the given fit, if it has one; else that of the catalogue. */
function settleCriticalBatch(
  request: CompensationRequest,
  laws: DefaultBatches,
): SettledCriticalBatch {
  const { bCritTokens, bCritExponent, lossFit, intervalLevel } = request;
  if (bCritTokens !== undefined) {
    const range = atLevel(bCritTokens, intervalLevel);
    return { range, basis: bCritTokens.basis, cluster: "given", exponent: bCritExponent };
  }
  const fitted =
    lossFit && fittedCriticalBatch(lossFit, request.data.trainingTokens, intervalLevel);
  if (fitted !== undefined) {
    return {
      range: fitted.bCrit,
      basis: "measured",
      cluster: OWN_RUNS,
      exponent: fitted.bCritExponent,
    };
  }
  return { range: laws.bCrit, basis: "law", cluster: laws.bCritCluster, exponent: bCritExponent };
}

/** The ends of a given interval moved to the level of the answer, each side on its own as a normal in ln. */
export function atLevel({ value, interval }: GivenEstimate, level: number): CriticalBatchRange {
  const stretch = normalQuantile((1 + level) / 2) / normalQuantile((1 + interval.level) / 2);
  const moved = (end: number | null): number | null =>
    end === null ? null : value * (end / value) ** stretch;
  return interval.level === level
    ? { value, lower: interval.lower, upper: interval.upper }
    : { value, lower: moved(interval.lower), upper: moved(interval.upper) };
}

function assumedCriticalBatch({ bCrit, bCritSource }: DefaultBatches): Assumption {
  return {
    field: "bCritTokens",
    value: roundForWire(bCrit.value),
    detail: `The critical batch is that of the ${bCritSource}.`,
  };
}

/** A law's batch is rounded for the wire; a given one is echoed as it came. */
function rangeEstimate(
  { value, lower, upper }: CriticalBatchRange,
  basis: Estimate["basis"],
  level: number,
): Estimate {
  const shown = basis === "law" ? roundForWire : (number: number) => number;
  return {
    value: shown(value),
    interval: {
      lower: lower === null ? null : shown(lower),
      upper: upper === null ? null : shown(upper),
      level,
    },
    basis,
  };
}
