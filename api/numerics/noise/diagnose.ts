import type { CollectedReports } from "./collect-reports.ts";
import { clippingSuspicion, driftSuspicion, unsquaredSuspicion } from "./norm-series.ts";
import type { GradReduction } from "./observation.ts";
import type { NormPairs } from "./step-moments.ts";

export type DiagnosisCode =
  | "looks-like-sums"
  | "looks-like-means"
  | "small-norm-below-big"
  | "small-norm-above-noise"
  | "looks-clipped"
  | "norms-not-squared"
  | "one-small-batch"
  | "reporters-disagree"
  | "noise-scale-drifts"
  | "non-finite-norms"
  | "negative-norms"
  | "zero-norms"
  | "equal-batches"
  | "incomplete-reports"
  | "missing-reports"
  | "duplicate-observations";

export interface Diagnosis {
  readonly code: DiagnosisCode;
  readonly detail: string;
}

/**
 * What looks wrong with the measurements, each finding with its figures.
 *
 * @param collected - reports and what was set aside.
 * @param pairs - norms of the whole model in step order, as norms of means under `reduction`.
 * @param reduction - what the caller declared.
 * @returns in fixed order; empty for clean measurements. Norms that contradict their batch sizes are not
 * searched for subtler flaws.
 */
export function diagnose(
  collected: CollectedReports,
  pairs: NormPairs,
  reduction: GradReduction,
): readonly Diagnosis[] {
  const clipped = clippingSuspicion(pairs);
  const scale = clipped === undefined ? scaleDiagnosis(pairs, reduction) : undefined;
  const isConsistent = clipped === undefined && scale === undefined;
  const found: (Diagnosis | undefined)[] = [
    scale,
    described("looks-clipped", clipped),
    isConsistent ? described("norms-not-squared", unsquaredSuspicion(pairs)) : undefined,
    oneSmallBatch(pairs),
    disagreeingReporters(pairs),
    isConsistent ? described("noise-scale-drifts", driftSuspicion(pairs)) : undefined,
    ...tallyDiagnoses(collected),
  ];
  return found.filter((diagnosis) => diagnosis !== undefined);
}

function described(code: DiagnosisCode, detail: string | undefined): Diagnosis | undefined {
  return detail === undefined ? undefined : { code, detail };
}

const MIN_PAIRS = 3;
const MIN_STANDARD_ERRORS = 4;
const MARGIN = 0.1;
/** Sums instead of means move the exponent by two; between the limit and this, the scale is off otherwise. */
const SUM_EXPONENT = 0.9;

/**
 * log(|g_b|^2 / |g_B|^2) / log(B/b) lies between 0 (no noise) and 1 (nothing but noise); sums taken for
 * means lie two below, means taken for sums two above.
 */
function scaleDiagnosis(pairs: NormPairs, reduction: GradReduction): Diagnosis | undefined {
  if (pairs.count < MIN_PAIRS) return undefined;
  let logRatio = 0;
  let logBatchRatio = 0;
  const logs = new Float64Array(pairs.count);
  for (let i = 0; i < pairs.count; i++) {
    logs[i] = Math.log(pairs.smallBatchGradSqNorm[i]! / pairs.bigBatchGradSqNorm[i]!);
    logRatio += logs[i]! / pairs.count;
    logBatchRatio += Math.log(pairs.bigBatch[i]! / pairs.smallBatch[i]!) / pairs.count;
  }
  const squares = logs.reduce((sum, log) => sum + (log - logRatio) ** 2, 0);
  const tolerance =
    MIN_STANDARD_ERRORS * Math.sqrt(squares / (pairs.count - 1) / pairs.count) +
    MARGIN * logBatchRatio;
  const exponent = logRatio / logBatchRatio;
  const ratio = Math.exp(logRatio).toPrecision(3);
  if (logRatio < -tolerance) {
    if (reduction === "mean" && exponent < -SUM_EXPONENT) {
      return {
        code: "looks-like-sums",
        detail:
          `The small-batch squared norm is ${ratio} times the big-batch one, where means give at least 1: ` +
          `gradients look summed over the batch (send reduction "sum"), or micro-gradients are ` +
          "pre-divided by the accumulation count (send it as microGradScale).",
      };
    }
    return {
      code: "small-norm-below-big",
      detail:
        `The small-batch squared norm is ${ratio} times the big-batch one, where at least 1 is possible: ` +
        "check microGradScale, loss scaling and which gradient each norm was read from.",
    };
  }
  if (logRatio <= logBatchRatio + tolerance) return undefined;
  const most = Math.exp(logBatchRatio).toPrecision(3);
  if (reduction === "sum" && exponent > 1 + SUM_EXPONENT) {
    return {
      code: "looks-like-means",
      detail:
        `Divided by the squared batch sizes, the small-batch squared norm is ${ratio} times the ` +
        `big-batch one, where at most ${most} is possible: the norms look like those of means already.`,
    };
  }
  return {
    code: "small-norm-above-noise",
    detail:
      `The small-batch squared norm is ${ratio} times the big-batch one, where noise explains at most ` +
      `${most}: check microGradScale, the batch sizes and whether the big norm was read after clipping.`,
  };
}

function oneSmallBatch(pairs: NormPairs): Diagnosis | undefined {
  let single = 0;
  for (let i = 0; i < pairs.count; i++) {
    if (pairs.smallBatchCount[i] === 1 && pairs.bigBatch[i]! >= 2 * pairs.smallBatch[i]!) single++;
  }
  if (single === 0 || 2 * single < pairs.count) return undefined;
  return {
    code: "one-small-batch",
    detail:
      `At ${single} of ${pairs.count} steps, the small-batch norm comes from one small batch on one ` +
      "worker: correct on average, but much noisier. Average the squared norm over all micro-batches and workers.",
  };
}

const MAX_BIG_NORM_SPREAD = 1e-2;

function disagreeingReporters(pairs: NormPairs): Diagnosis | undefined {
  let apart = 0;
  for (let i = 0; i < pairs.count; i++) if (pairs.bigNormSpread[i]! > MAX_BIG_NORM_SPREAD) apart++;
  if (apart === 0 || 2 * apart < pairs.count) return undefined;
  return {
    code: "reporters-disagree",
    detail:
      `At ${apart} of ${pairs.count} steps, reporters send different big-batch norms for the same step: ` +
      "read the norm after the gradient is averaged over all workers.",
  };
}

function tallyDiagnoses({ tally }: CollectedReports): readonly (Diagnosis | undefined)[] {
  const counted = (code: DiagnosisCode, count: number, detail: string) =>
    described(code, count > 0 ? `${count} ${detail}` : undefined);
  return [
    counted(
      "non-finite-norms",
      tally.nonFinite,
      "observations hold NaN or infinity and were left out: skip steps whose gradient overflowed.",
    ),
    counted(
      "negative-norms",
      tally.negative,
      "observations hold a negative squared norm and were left out.",
    ),
    counted(
      "zero-norms",
      tally.zeroReports,
      "reports have a norm of 0 over all parameters and were left out: the gradient was cleared or skipped.",
    ),
    counted(
      "equal-batches",
      tally.equalBatchReports,
      "reports have one batch size for both norms, which does not reveal noise.",
    ),
    counted(
      "incomplete-reports",
      tally.incompleteReports,
      "reports lack a group of parameters, or mix batch sizes, and were left out so that parts add up.",
    ),
    counted(
      "missing-reports",
      tally.missingReports,
      "reports are missing: a reporter sent nothing for a step that another one reported.",
    ),
    counted(
      "duplicate-observations",
      tally.duplicates,
      "observations repeat a step, reporter and group; the first one counted.",
    ),
  ];
}
