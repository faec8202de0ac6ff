import type {
  MomentEstimate,
  NoiseScaleAnswer,
  NoiseScaleGroup,
  NoiseUnit,
  ResolvedNoiseScale,
} from "../../../schemas/noise-scales/answer.ts";
import type { NoiseScaleRequest } from "../../../schemas/noise-scales/request.ts";
import {
  type InsufficiencyReason,
  type MeasuredGroup,
  type MeasuredRatio,
  measureNoiseScaleInSlices,
  type NoiseScaleMeasurement,
} from "../../numerics/noise/measure-noise-scale.ts";
import { tokenEfficiency } from "../../numerics/noise/needed.ts";
import type { NoiseObservation } from "../../numerics/noise/observation.ts";
import type { UnresolvedReason } from "../../numerics/noise/resolve-ratio.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import { atOnce, type Sliced } from "../../numerics/slices.ts";
import { derivedNumber } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";

type Measured = Extract<NoiseScaleMeasurement, { readonly status: "measured" }>;
type Insufficient = Extract<
  NoiseScaleMeasurement,
  { readonly status: "insufficient-measurements" }
>;

/**
 * Answer of POST /v1/noise-scale: the measured gradient noise scale, or what is missing for it.
 *
 * Numbers are not rounded: parts add up to the whole, and a live run answers the same.
 *
 * @param request - validated body; batch sizes in its `unit`.
 * @returns `resolved` with a value, `unresolved` without one, or `insufficient-measurements`.
 * @throws {RangeError} when the request contradicts its schema.
 */
export function estimateNoiseScale(request: NoiseScaleRequest): NoiseScaleAnswer {
  return atOnce(estimateNoiseScaleInSlices(request));
}

/** The same, interruptible: for a service that answers others meanwhile. */
export function* estimateNoiseScaleInSlices(request: NoiseScaleRequest): Sliced<NoiseScaleAnswer> {
  const measurement = yield* measureNoiseScaleInSlices(
    request.observations as readonly NoiseObservation[],
    {
      level: request.intervalLevel,
      reduction: request.reduction,
      microGradScale: request.microGradScale,
      ...(request.blockSteps === undefined ? {} : { blockSteps: request.blockSteps }),
    },
  );
  return measurement.status === "measured"
    ? measuredAnswer(request, measurement)
    : insufficientAnswer(request, measurement);
}

function measuredAnswer(request: NoiseScaleRequest, measurement: Measured): NoiseScaleAnswer {
  const { whole, parts, spread, design, needed } = measurement;
  const { unit, intervalLevel: level } = request;
  const isWholeOnly = parts.length === 1 && parts[0]?.group === whole.group;
  const shared = {
    needed,
    traceSigma: traceSigma(whole, level),
    gradSqNorm: gradSqNorm(whole, level),
    ...(isWholeOnly ? {} : { groups: parts.map((part) => groupAnswer(part, unit, level)) }),
    ...(spread.between === "blocks" ? { blockSteps: spread.blockSteps } : {}),
    errorBars: {
      from: spread.between,
      count: spread.between === "blocks" ? spread.blocks : spread.examples,
      degreesOfFreedom: whole.degreesOfFreedom,
      serialCorrelationFactor: spread.between === "blocks" ? spread.varianceFactor : 1,
    },
    usedSteps: design.observations,
    ...commonFields(request, measurement),
  };
  const { bSimple } = whole;
  if (bSimple.status === "unresolved") {
    return { ...unresolvedFields(bSimple, unit, level), ...shared };
  }
  const { biasCorrectedRatio, standardError } = bSimple.jackknife;
  return {
    ...resolvedFields(bSimple, unit, level),
    jackknife: { value: biasCorrectedRatio, standardError },
    efficiencyAtBatch: efficiencies(bSimple, design.bigBatch, level),
    ...shared,
  };
}

function insufficientAnswer(
  request: NoiseScaleRequest,
  measurement: Insufficient,
): NoiseScaleAnswer {
  const { whole, reason, needed, usedSteps } = measurement;
  const { intervalLevel: level } = request;
  return {
    status: "insufficient-measurements",
    reason: INSUFFICIENT[reason],
    ...(whole === undefined
      ? {}
      : {
          traceSigma: measuredNumber(whole.traceSigma, null, null, level),
          gradSqNorm: measuredNumber(whole.gradSqNorm, null, null, level),
        }),
    needed,
    usedSteps,
    ...commonFields(request, measurement),
  };
}

function commonFields(request: NoiseScaleRequest, { diagnoses }: NoiseScaleMeasurement) {
  return {
    unit: request.unit,
    preconditioner: request.preconditioner,
    diagnosis: diagnoses.map(({ code, detail }) => ({ code, detail })),
    modelVersion: MODEL_VERSION,
  };
}

const INSUFFICIENT: Readonly<Record<InsufficiencyReason, string>> = {
  "no-usable-observation": "No observation has usable norms; see diagnosis.",
  "one-batch-size":
    "Both norms are for one batch size, which does not reveal noise: read the small norm from " +
    "micro-batches or from single workers.",
  "single-block":
    "One block of steps shows no spread: measure at more steps, choose shorter blocks, or send " +
    "exampleGradDots.",
  "no-spread":
    "All measurements are equal to nine digits, as if one had been sent many times. Error bars " +
    "need independent ones.",
};

const UNRESOLVED: Readonly<Record<UnresolvedReason, string>> = {
  "gradient-within-noise":
    "|G|^2 is not significantly above 0: noise outweighs the gradient at these batch sizes.",
  "noise-within-error":
    "tr(Sigma) is not significantly above 0: there is too little noise between these batch sizes.",
  "both-within-error": "Neither |G|^2 nor tr(Sigma) is significantly above 0.",
};

type Resolved = Extract<MeasuredRatio, { readonly status: "resolved" }>;
type Unresolved = Extract<MeasuredRatio, { readonly status: "unresolved" }>;

function resolvedFields({ value, lower, upper }: Resolved, unit: NoiseUnit, level: number) {
  const { interval } = measuredNumber(value, lower, upper, level);
  return {
    status: "resolved" as const,
    bSimple: { value, interval, basis: "measured" as const, unit },
  };
}

function unresolvedFields({ reason, lowerBound }: Unresolved, unit: NoiseUnit, level: number) {
  return {
    status: "unresolved" as const,
    reason: UNRESOLVED[reason],
    ...(lowerBound === undefined ? {} : { lowerBound: { value: lowerBound, level, unit } }),
  };
}

function groupAnswer(part: MeasuredGroup, unit: NoiseUnit, level: number): NoiseScaleGroup {
  const { group, bSimple } = part;
  const moments = { traceSigma: traceSigma(part, level), gradSqNorm: gradSqNorm(part, level) };
  return bSimple.status === "resolved"
    ? { group, ...resolvedFields(bSimple, unit, level), ...moments }
    : { group, ...unresolvedFields(bSimple, unit, level), ...moments };
}

function traceSigma({ pair, degreesOfFreedom }: MeasuredGroup, level: number): MomentEstimate {
  const { numerator, covariance } = pair;
  return studentEstimate(numerator, covariance.numerator, degreesOfFreedom, level);
}

function gradSqNorm({ pair, degreesOfFreedom }: MeasuredGroup, level: number): MomentEstimate {
  const { denominator, covariance } = pair;
  return studentEstimate(denominator, covariance.denominator, degreesOfFreedom, level);
}

function studentEstimate(
  value: number,
  variance: number,
  degreesOfFreedom: number,
  level: number,
): MomentEstimate {
  const halfWidth = twoSidedStudentQuantile(level, degreesOfFreedom) * Math.sqrt(variance);
  return measuredNumber(value, value - halfWidth, value + halfWidth, level);
}

const FARTHEST_END = 1e60;

/** An end too far out for a number counts as unbounded. */
function measuredNumber(
  value: number,
  lower: number | null,
  upper: number | null,
  level: number,
): MomentEstimate {
  const end = (at: number | null) => (at !== null && Math.abs(at) < FARTHEST_END ? at : null);
  return { value, interval: { lower: end(lower), upper: end(upper), level }, basis: "measured" };
}

const EFFICIENCY_AT = [1 / 4, 1 / 2, 1, 2, 4] as const;

function efficiencies(
  { value, lower, upper }: Resolved,
  bigBatch: number,
  level: number,
): ResolvedNoiseScale["efficiencyAtBatch"] {
  return EFFICIENCY_AT.map((factor) => {
    const batch = factor * bigBatch;
    const efficiency = derivedNumber(
      tokenEfficiency(batch, value),
      tokenEfficiency(batch, lower),
      tokenEfficiency(batch, upper),
      level,
    );
    return { batch, efficiency };
  });
}
