import type { Estimate, Warning } from "../../../schemas/common.ts";
import type {
  LossSurfaceAnswer,
  LossSurfaceRequest,
} from "../../../schemas/loss-surfaces/loss-surface.ts";
import { CRITBATCH_JOINT } from "../../numerics/surface/constants.ts";
import { surfaceLossGrid } from "../../numerics/surface/grid.ts";
import { predictSurfaceOptimum, type SurfaceEstimate } from "../../numerics/surface/predict.ts";
import { roundForWire } from "../shared/estimates.ts";
import { MODEL_VERSION } from "../shared/model-version.ts";
import type { Notice } from "../shared/notices.ts";
import { splitNotices } from "../shared/notices.ts";
import { nonEmbeddingCount } from "../shared/parameter-count.ts";

// Enough for two points of the narrowest range to differ, few enough to be the same from every engine.
const AXIS_DIGITS = 12;

/**
 * Returns the loss of the joint surface over batches and learning rates, with its lowest point.
 *
 * @returns losses row by row of batches; axes evenly spaced in their logarithms, from min to max.
 * @source own fit, docs/method.md, "The joint surface"
 */
export function mapLossSurface(request: LossSurfaceRequest): LossSurfaceAnswer {
  const notices: Notice[] = [];
  const params = nonEmbeddingCount(request, notices);
  const { trainingTokens, intervalLevel } = request;
  const batchTokens = pointsOf(request.batchTokens);
  const peakLearningRate = pointsOf(request.peakLearningRate);
  const losses = surfaceLossGrid(
    CRITBATCH_JOINT.constants,
    params,
    trainingTokens,
    batchTokens,
    peakLearningRate,
  );
  const columns = peakLearningRate.length;
  const lossNats = batchTokens.map((_, row) =>
    Array.from(losses.subarray(row * columns, (row + 1) * columns), roundForWire),
  );
  const optimum = predictSurfaceOptimum(CRITBATCH_JOINT, params, trainingTokens, intervalLevel);
  return {
    batchTokens,
    peakLearningRate,
    lossNats,
    optimum: {
      bOptTokens: onWire(optimum.bOptTokens),
      bCritTokens: onWire(optimum.bCritTokens),
      peakLearningRate: onWire(optimum.peakLearningRate),
      lossNats: onWire(optimum.lossNats),
    },
    insideFit: optimum.insideFit,
    extrapolationLog: roundForWire(optimum.extrapolationLog),
    ...splitNotices([...notices, ANOTHER_CORPUS]),
    modelVersion: MODEL_VERSION,
  };
}

const ANOTHER_CORPUS: Warning = {
  code: "loss-of-another-corpus",
  detail:
    "Losses are those of the text and tokenizer of the fitted runs. For other data, only differences between losses are meaningful.",
};

function pointsOf({ min, max, points }: LossSurfaceRequest["batchTokens"]): number[] {
  const step = Math.log(max / min) / (points - 1);
  const inside = (i: number) =>
    Math.min(max, Math.max(min, Number((min * Math.exp(i * step)).toPrecision(AXIS_DIGITS))));
  return Array.from({ length: points }, (_, i) => {
    if (i === 0) return min;
    return i === points - 1 ? max : inside(i);
  });
}

function onWire({ value, interval }: SurfaceEstimate): Estimate {
  return {
    value: roundForWire(value),
    interval: {
      lower: roundForWire(interval.lower),
      upper: roundForWire(interval.upper),
      level: interval.level,
    },
    basis: "law",
  };
}
