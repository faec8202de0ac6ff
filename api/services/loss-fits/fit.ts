import type { Estimate, Warning } from "../../../schemas/common.ts";
import type {
  IdentifiedLossFit,
  LossFitAnswer,
  LossFitRequest,
} from "../../../schemas/loss-fits/loss-fit.ts";
import type { SpreadValue } from "../../numerics/fitting/loss-bootstrap.ts";
import {
  COVARIANCE_NAMES,
  type FittedLoss,
  fitLossInSlices,
  type UnidentifiedLoss,
} from "../../numerics/fitting/loss-fit.ts";
import type { LossRun } from "../../numerics/fitting/loss-form.ts";
import { missingForBatches } from "../../numerics/fitting/loss-needs.ts";
import { B_CRIT_TOKEN_EXPONENT } from "../../numerics/laws/bergsma2025-power-lines.ts";
import { twoSidedStudentQuantile } from "../../numerics/quantiles.ts";
import { atOnce, type Sliced } from "../../numerics/slices.ts";
import { roundForWire } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { type SelectedRun, selectRuns } from "./select-runs.ts";

/** Larger ends of an interval are unbounded on the wire. */
const LARGEST_END = 1e300;
/** Residuals beyond this many robust standard deviations are named. */
const OUTLYING = 5;
/** Of losses given to six digits. */
const ROUNDING = 1e-6;

const BATCHES_LEFT_OUT: Warning = {
  code: "batches-left-out",
  detail:
    "The runs have different batches, which this form ignores: their cost is absorbed by the constants and residuals.",
};

/**
 * Fits a loss law to the runs of a request.
 *
 * @returns the constants with intervals, or what the runs lack.
 * @source docs/method.md, "Fitting your own runs"
 */
export function fitOwnRuns(request: LossFitRequest): LossFitAnswer {
  return atOnce(fitOwnRunsInSlices(request));
}

/** The same, interruptible: for a service that answers others meanwhile. */
export function* fitOwnRunsInSlices(request: LossFitRequest): Sliced<LossFitAnswer> {
  const notices: Notice[] = [];
  const { runs, paramsCounted } = selectRuns(request.runs, notices);
  const fit = yield* fitForm(runs, request.form, notices);
  const common = {
    form: fit.form,
    paramsCounted,
    runsUsed: runs.length,
  };
  if (fit.status === "not-identified") {
    const needed = fit.needed.map((one) => ({ ...one }));
    return {
      status: "not-identified",
      ...common,
      needed,
      ...splitNotices(notices),
      modelVersion: MODEL_VERSION,
    };
  }
  notices.push(...warningsOf(fit, runs));
  return {
    status: "identified",
    ...common,
    constants: constantsOf(fit, request.intervalLevel),
    covariance: {
      names: [...COVARIANCE_NAMES.slice(0, fit.covariance.length)],
      matrix: fit.covariance.map((row) => row.map(roundForWire)),
    },
    residuals: residualsOf(fit, runs),
    fittedRange: rangesOf(runs, fit.form),
    bootstrapReplicates: fit.replicates,
    huberDelta: roundForWire(fit.huberDelta),
    ...splitNotices(notices),
    modelVersion: MODEL_VERSION,
  };
}

function* fitForm(
  runs: readonly LossRun[],
  form: LossFitRequest["form"],
  notices: Notice[],
): Sliced<FittedLoss | UnidentifiedLoss> {
  if (form === "n-d" && missingForBatches(runs).length === 0) notices.push(BATCHES_LEFT_OUT);
  if (form !== "auto") return yield* fitLossInSlices(runs, form);
  if (runs.every((run) => run.batchTokens === undefined))
    return yield* fitLossInSlices(runs, "n-d");
  const withBatch = missingForBatches(runs);
  if (withBatch.length === 0) {
    const fit = yield* fitLossInSlices(runs, "n-d-b");
    if (fit.status === "identified") return fit;
    withBatch.push(...fit.needed);
  }
  notices.push({
    code: "batch-term-left-out",
    detail: `The fit has no batch term. To get one: ${withBatch[0]?.detail}`,
  });
  return yield* fitLossInSlices(runs, "n-d");
}

function warningsOf(fit: FittedLoss, runs: readonly SelectedRun[]): Notice[] {
  const notices: Notice[] = [];
  if (fit.criticalBatch?.exponentFrom === "law") {
    notices.push({
      field: "bCritExponent",
      value: B_CRIT_TOKEN_EXPONENT,
      detail:
        "The runs do not show how the critical batch grows with tokens, so the published exponent is used (arXiv 2505.13738).",
    });
  }
  const farthest = Math.max(OUTLYING * fit.sdLog, ROUNDING);
  const outlying = runs.filter((_, row) => Math.abs(fit.residualsLog[row] ?? 0) > farthest);
  if (outlying.length > 0) {
    const named = outlying
      .slice(0, 10)
      .map((run) => run.place)
      .join(", ");
    notices.push({
      code: "outlying-runs",
      detail: `${outlying.length} runs are more than ${OUTLYING} standard deviations from the fit, by position: ${named}.`,
    });
  }
  return notices;
}

function constantsOf(fit: FittedLoss, level: number): IdentifiedLossFit["constants"] {
  const quantile = twoSidedStudentQuantile(level, fit.degreesOfFreedom);
  const ofLog = (spread: SpreadValue) => onWire(spread, quantile, level, Math.exp);
  const additive = {
    irreducibleLossNats: ofLog(fit.lnIrreducibleLossNats),
    paramCoefficient: ofLog(fit.lnParamCoefficient),
    dataCoefficient: ofLog(fit.lnDataCoefficient),
    paramExponent: ofLog(fit.lnParamExponent),
    dataExponent: ofLog(fit.lnDataExponent),
  };
  const { criticalBatch } = fit;
  if (criticalBatch === undefined) return additive;
  const notBelowZero = (x: number) => Math.max(0, x);
  const exponent = onWire(criticalBatch.bCritExponent, quantile, level, notBelowZero);
  const basis = criticalBatch.exponentFrom === "law" ? "law" : "measured";
  return {
    ...additive,
    bCritTokens: ofLog(criticalBatch.lnBCritTokens),
    bCritExponent: { ...exponent, basis },
    bCritAtTokens: roundForWire(criticalBatch.trainingTokens),
  };
}

function onWire(
  { value, sdBelow, sdAbove }: SpreadValue,
  quantile: number,
  level: number,
  unit: (x: number) => number,
): Estimate {
  const upper = unit(value + quantile * sdAbove);
  return {
    value: roundForWire(unit(value)),
    interval: {
      lower: roundForWire(unit(value - quantile * sdBelow)),
      upper: upper < LARGEST_END ? roundForWire(upper) : null,
      level,
    },
    basis: "measured",
  };
}

function residualsOf(
  fit: FittedLoss,
  runs: readonly SelectedRun[],
): IdentifiedLossFit["residuals"] {
  return {
    sdLog: roundForWire(fit.sdLog),
    degreesOfFreedom: fit.degreesOfFreedom,
    runs: runs.map(({ place, lossNats }, row) => {
      const residualLog = fit.residualsLog[row] ?? 0;
      return {
        run: place,
        fittedLossNats: roundForWire(lossNats * Math.exp(-residualLog)),
        residualLog: roundForWire(residualLog),
      };
    }),
  };
}

function rangesOf(
  runs: readonly LossRun[],
  form: FittedLoss["form"],
): IdentifiedLossFit["fittedRange"] {
  const range = (of: (run: LossRun) => number) => ({
    lower: runs.reduce((least, run) => Math.min(least, of(run)), Number.POSITIVE_INFINITY),
    upper: runs.reduce((most, run) => Math.max(most, of(run)), 0),
  });
  return {
    params: range((run) => run.params),
    trainingTokens: range((run) => run.trainingTokens),
    ...(form === "n-d-b" ? { batchTokens: range((run) => run.batchTokens ?? 0) } : {}),
  };
}
