import { contextTokens, countExamples, exampleMultiplyAdds, shapeModel } from "../model-shape.ts";
import { portableLog, portablePow } from "../portable-math.ts";
import type {
  IterateAveraging,
  ProbeDataset,
  ProbeModel,
  ProbeOptimizer,
} from "../training-session.ts";
import { CURVATURE } from "./noise-cell.ts";
import type { Budget, Sweep } from "./sweep.ts";

/** How the runs of a sweep over a data set are made. */
export type SweepSetup = {
  readonly model: ProbeModel;
  readonly optimizer: ProbeOptimizer;
  readonly averaging: IterateAveraging;
  readonly dataset: ProbeDataset;
  readonly trivialLoss: number;
  readonly pilotBatchExamples: number;
  readonly evaluationExamples: number;
  /** Warm-up, in examples so that it does not move with the batch. */
  readonly warmupExamples: number;
  readonly seed: number;
  readonly batchExamples?: readonly number[];
};

// Centre of the first grid of rates; the pilot walks on from here as far as it must.
const BASE_RATES = { sgd: 0.1, momentum: 0.01, adam: 0.003, adamw: 0.003 } as const;
const UPDATE_FLOPS_PER_PARAM = 14;
const SEED_STRIDE = 7919;
const HESSIAN_GROUPS = 4;
// Losses of single predictions scatter by about half their mean; the best of many evaluations is not the typical one.
const CHANCE = 0.5;

/**
 * Adam's second-moment half-life is held constant in examples: beta2^(B/B0), not below 0.9 nor above
 * 1 - 1e-5.
 *
 * @source arXiv:2507.07101, section 4
 */
function scaleOptimizer(optimizer: ProbeOptimizer, ratio: number): ProbeOptimizer {
  if (optimizer.kind !== "adam" && optimizer.kind !== "adamw") return optimizer;
  const scaled = portablePow(optimizer.adamBeta2, ratio);
  return { ...optimizer, adamBeta2: Math.min(1 - 1e-5, Math.max(0.9, scaled)) };
}

/** FLOPs of a run at most: its steps and an evaluation on the fine grid from the start. */
function costCeiling(setup: SweepSetup): Sweep["costCeiling"] {
  const shape = shapeModel(setup.model, setup.dataset);
  const cost = exampleMultiplyAdds(shape);
  const train = 2 * (cost.forward + cost.backward);
  const evaluations = (steps: number): number =>
    steps < 50 ? steps : 50 + 51 * portableLog(steps / 50);
  const examples = Math.min(
    setup.evaluationExamples,
    countExamples(setup.model, setup.dataset, "validation"),
  );
  return (batch, steps) =>
    steps * (train * batch + UPDATE_FLOPS_PER_PARAM * shape.paramCount) +
    evaluations(steps) * examples * 2 * cost.forward;
}

/** Predictions that one evaluation averages: a sequence makes one for each of its tokens. */
function countPredictions({ model, dataset, evaluationExamples }: SweepSetup): number {
  const examples = Math.min(evaluationExamples, countExamples(model, dataset, "validation"));
  return examples * contextTokens(model);
}

/** The same with per-example norms in every step and curvature at the end of every block. */
function noiseCeiling(
  setup: SweepSetup,
  plain: Sweep["costCeiling"],
): NonNullable<Sweep["noiseCeiling"]> {
  const shape = shapeModel(setup.model, setup.dataset);
  const cost = exampleMultiplyAdds(shape);
  const train = 2 * (cost.forward + cost.backward);
  const norms = shape.kind === "transformer" ? 2 * shape.paramCount : 0;
  const { probes, gradientExamples, hessianExamples } = CURVATURE;
  const products = (probes + HESSIAN_GROUPS) * 2 * hessianExamples;
  const curvature = (gradientExamples + probes + products) * train;
  return (batch, steps, blocks) => plain(batch, steps) + steps * norms * batch + blocks * curvature;
}

/** A sweep of training runs on a data set. */
export function datasetSweep(setup: SweepSetup, budget: Budget): Sweep {
  const { model, optimizer, averaging, pilotBatchExamples, seed } = setup;
  const ceiling = costCeiling(setup);
  return {
    baseRate: BASE_RATES[optimizer.kind],
    startLoss: setup.trivialLoss,
    leastGainFraction: CHANCE / Math.sqrt(countPredictions(setup)),
    pilotBatchExamples,
    largestBatchExamples: countExamples(model, setup.dataset, "train"),
    ...(setup.batchExamples ? { batchExamples: setup.batchExamples } : {}),
    makeCell: (batchExamples, peakLearningRate, seedIndex, stop) => ({
      kind: "training",
      id: `b${batchExamples}-r${peakLearningRate.toPrecision(6)}-s${seedIndex}-n${stop.maxSteps}`,
      training: {
        model,
        optimizer: scaleOptimizer(optimizer, batchExamples / pilotBatchExamples),
        batchExamples,
        peakLearningRate,
        warmupSteps: Math.round(setup.warmupExamples / batchExamples),
        averaging,
        seed: (seed + seedIndex * SEED_STRIDE) >>> 0,
        exampleNorms: false,
        curvature: false,
      },
      stop,
      evaluationExamples: setup.evaluationExamples,
    }),
    costCeiling: ceiling,
    noiseCeiling: noiseCeiling(setup, ceiling),
    budget,
  };
}
