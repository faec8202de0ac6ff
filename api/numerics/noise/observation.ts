/** How the framework reduced the loss over a batch: gradients are means, or sums, over its examples. */
export type GradReduction = "mean" | "sum";

/** What turns reported norms into squared norms of mean gradients. */
export interface NormScale {
  readonly reduction: GradReduction;
  /** Factor that the trainer put on every micro-gradient before its norm was read, e.g. 1 / accumulation steps. */
  readonly microGradScale: number;
}

interface ReportPlace {
  readonly step: number;
  readonly reporter: string;
  readonly group: string;
}

/** Squared gradient norms at two batch sizes, of the same parameters, before clipping. */
export interface TwoBatchObservation extends ReportPlace {
  readonly smallBatch: number;
  readonly bigBatch: number;
  /** Mean over the `smallBatchCount` small batches of this step. */
  readonly smallBatchGradSqNorm: number;
  readonly bigBatchGradSqNorm: number;
  readonly smallBatchCount?: number;
}

/** Squared gradient norm of every example of a batch, and of the batch itself. */
export interface PerExampleObservation extends ReportPlace {
  readonly exampleGradSqNorms: readonly number[];
  readonly bigBatchGradSqNorm: number;
  /** Dot product of every example's gradient with the gradient of the batch. */
  readonly exampleGradDots?: readonly number[];
}

export type NoiseObservation = TwoBatchObservation | PerExampleObservation;

/** An observation as squared norms of mean gradients, whatever form and reduction it came in. */
export interface MeanNorms {
  readonly smallBatch: number;
  readonly bigBatch: number;
  readonly smallBatchGradSqNorm: number;
  readonly bigBatchGradSqNorm: number;
  readonly smallBatchCount: number | undefined;
  readonly examples: ExampleNorms | undefined;
}

/** |g_i|^2 and, where they were given, g_i . gbar of every example. */
export interface ExampleNorms {
  readonly sqNorms: Float64Array;
  readonly dots: Float64Array | undefined;
}

/**
 * Squared norms of mean gradients from what was reported.
 *
 *   |mean_B g|^2 = |sum_B g|^2 / B^2,   |g|^2 = |c g|^2 / c^2
 *
 * The norm of one example is its own mean: per-example norms are touched by the micro-gradient scale c
 * only. The gradient of the big batch never carries c, since accumulation undoes it.
 *
 * @param observation - either form; squared norms in the caller's own gradient unit.
 * @param scale - `microGradScale` above 0.
 * @returns the norms of the means; NaN and negative inputs pass through for `normDefect` to name.
 * @throws {RangeError} when norms and dot products of examples differ in number.
 * @source arXiv:1812.06162v1, appendix A.1; per-example form: docs/method.md, The noise scale.
 */
export function toMeanNorms(observation: NoiseObservation, scale: NormScale): MeanNorms {
  return "exampleGradSqNorms" in observation
    ? exampleMeanNorms(observation, scale)
    : twoBatchMeanNorms(observation, scale);
}

function twoBatchMeanNorms(observation: TwoBatchObservation, scale: NormScale): MeanNorms {
  const { smallBatch, bigBatch } = observation;
  const isSum = scale.reduction === "sum";
  const smallScale = scale.microGradScale * (isSum ? smallBatch : 1);
  const bigScale = isSum ? bigBatch : 1;
  return {
    smallBatch,
    bigBatch,
    smallBatchGradSqNorm: observation.smallBatchGradSqNorm / (smallScale * smallScale),
    bigBatchGradSqNorm: observation.bigBatchGradSqNorm / (bigScale * bigScale),
    smallBatchCount: observation.smallBatchCount,
    examples: undefined,
  };
}

function exampleMeanNorms(observation: PerExampleObservation, scale: NormScale): MeanNorms {
  const { exampleGradSqNorms, exampleGradDots } = observation;
  const n = exampleGradSqNorms.length;
  if (exampleGradDots !== undefined && exampleGradDots.length !== n) {
    throw new RangeError(
      `"exampleGradDots" must have ${n} entries like exampleGradSqNorms, received ${exampleGradDots.length}`,
    );
  }
  const bigScale = scale.reduction === "sum" ? n : 1;
  const squareScale = scale.microGradScale * scale.microGradScale;
  const sqNorms = Float64Array.from(exampleGradSqNorms, (norm) => norm / squareScale);
  let total = 0;
  for (let i = 0; i < n; i++) total += sqNorms[i]!;
  const dotScale = scale.microGradScale * bigScale;
  return {
    smallBatch: 1,
    bigBatch: n,
    smallBatchGradSqNorm: total / n,
    bigBatchGradSqNorm: observation.bigBatchGradSqNorm / (bigScale * bigScale),
    smallBatchCount: n,
    examples: {
      sqNorms,
      dots: exampleGradDots && Float64Array.from(exampleGradDots, (dot) => dot / dotScale),
    },
  };
}

/** Why a norm cannot be used: a squared norm is a finite number that is not negative. */
export type NormDefect = "non-finite" | "negative";

/**
 * The first defect among the norms of an observation.
 *
 * @param smallBatchGradSqNorm - of the mean gradient.
 * @param bigBatchGradSqNorm - of the mean gradient.
 * @param examples - norms of single examples, if any.
 * @returns `non-finite` for NaN or infinity anywhere, `negative` for a negative squared norm, else undefined.
 */
export function normDefect(
  smallBatchGradSqNorm: number,
  bigBatchGradSqNorm: number,
  examples: ExampleNorms | undefined,
): NormDefect | undefined {
  const areFinite =
    Number.isFinite(smallBatchGradSqNorm) &&
    Number.isFinite(bigBatchGradSqNorm) &&
    (examples?.dots?.every(Number.isFinite) ?? true);
  if (!areFinite) return "non-finite";
  const isNegative =
    smallBatchGradSqNorm < 0 ||
    bigBatchGradSqNorm < 0 ||
    (examples?.sqNorms.some((norm) => norm < 0) ?? false);
  return isNegative ? "negative" : undefined;
}
