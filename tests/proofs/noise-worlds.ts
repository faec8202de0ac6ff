import type { TwoBatchObservation } from "../../api/numerics/noise/observation.ts";
import type { Random } from "./random.ts";

/** A synthetic training run whose tr(Sigma) and |G|^2 are known. */
export interface NoiseWorld {
  readonly observationCount: number;
  /** Of the gradient; noise is isotropic, so this is the effective dimension, too. */
  readonly dimension: number;
  /** B_simple in examples. */
  readonly noiseScale: number;
  readonly smallBatch: number;
  readonly bigBatch: number;
}

/** Per-example noise has variance 1 in every coordinate: tr(Sigma) = dimension. */
function trueGradSqNorm(world: NoiseWorld): number {
  return world.dimension / world.noiseScale;
}

/**
 * Squared norms of Gaussian gradients, drawn from their exact joint distribution: the big batch's is
 * noncentral chi-square, and the spread of the small batches around it, independent of it, chi-square.
 */
export function gaussianObservations(world: NoiseWorld, random: Random): TwoBatchObservation[] {
  const observations: TwoBatchObservation[] = [];
  for (let step = 0; step < world.observationCount; step++) {
    observations.push(gaussianObservation(world, step, trueGradSqNorm(world), 1, random));
  }
  return observations;
}

function gaussianObservation(
  world: NoiseWorld,
  step: number,
  gradSqNorm: number,
  noiseVariance: number,
  random: Random,
): TwoBatchObservation {
  const { dimension, smallBatch, bigBatch } = world;
  const count = bigBatch / smallBatch;
  const bigVariance = noiseVariance / bigBatch;
  const big = bigVariance * random.noncentralChiSquare(dimension, gradSqNorm / bigVariance);
  const spread = (noiseVariance / smallBatch) * random.chiSquare((count - 1) * dimension);
  return place(world, step, big + spread / count, big);
}

function place(world: NoiseWorld, step: number, small: number, big: number): TwoBatchObservation {
  return {
    step,
    reporter: "0",
    group: "all",
    smallBatch: world.smallBatch,
    bigBatch: world.bigBatch,
    smallBatchGradSqNorm: small,
    bigBatchGradSqNorm: big,
    smallBatchCount: world.bigBatch / world.smallBatch,
  };
}

/**
 * Gradients whose true squared norm wanders from step to step as the exponential of an AR(1) with mean-one
 * factor: neighbouring observations say the same about it. The truth is the long-run noise scale.
 */
export function wanderingObservations(
  world: NoiseWorld,
  correlation: number,
  sdLog: number,
  random: Random,
): TwoBatchObservation[] {
  const observations: TwoBatchObservation[] = [];
  let deviation = random.normal();
  for (let step = 0; step < world.observationCount; step++) {
    const factor = Math.exp(sdLog * deviation - (sdLog * sdLog) / 2);
    observations.push(gaussianObservation(world, step, trueGradSqNorm(world) * factor, 1, random));
    deviation = correlation * deviation + Math.sqrt(1 - correlation ** 2) * random.normal();
  }
  return observations;
}

/**
 * Gradients whose noise itself is an AR(1) over steps in every coordinate, as when batches share examples:
 * E|g_B|^2 stays what it is, but neighbouring norms err alike.
 */
export function correlatedObservations(
  world: NoiseWorld,
  correlation: number,
  random: Random,
): TwoBatchObservation[] {
  const { dimension, smallBatch, bigBatch } = world;
  const count = bigBatch / smallBatch;
  const mean = Math.sqrt(trueGradSqNorm(world) / dimension);
  const sd = 1 / Math.sqrt(bigBatch);
  const noise = Float64Array.from({ length: dimension }, () => random.normal());
  const observations: TwoBatchObservation[] = [];
  for (let step = 0; step < world.observationCount; step++) {
    let big = 0;
    for (let j = 0; j < dimension; j++) {
      big += (mean + sd * noise[j]!) ** 2;
      noise[j] = correlation * noise[j]! + Math.sqrt(1 - correlation ** 2) * random.normal();
    }
    const spread = random.chiSquare((count - 1) * dimension) / smallBatch;
    observations.push(place(world, step, big + spread / count, big));
  }
  return observations;
}

/**
 * |G|^2 falling and tr(Sigma) rising along a straight line in the logarithm by the given factor each; the
 * truth is the ratio of the averages over the run.
 */
export function driftingObservations(
  world: NoiseWorld,
  factor: number,
  random: Random,
): { readonly observations: TwoBatchObservation[]; readonly noiseScale: number } {
  const observations: TwoBatchObservation[] = [];
  let trace = 0;
  let gradSq = 0;
  for (let step = 0; step < world.observationCount; step++) {
    const progress = step / (world.observationCount - 1) - 0.5;
    const gradSqNorm = trueGradSqNorm(world) * factor ** -progress;
    const noiseVariance = factor ** progress;
    trace += noiseVariance * world.dimension;
    gradSq += gradSqNorm;
    observations.push(gaussianObservation(world, step, gradSqNorm, noiseVariance, random));
  }
  return { observations, noiseScale: trace / gradSq };
}

const TAIL_DEGREES = 4;

/**
 * Per-example noise from a multivariate Student t with 4 degrees of freedom, scaled to variance 1: one
 * factor stretches all coordinates of an example, so that the norms themselves have infinite variance.
 */
export function heavyTailedObservations(world: NoiseWorld, random: Random): TwoBatchObservation[] {
  const { dimension, smallBatch, bigBatch } = world;
  const count = bigBatch / smallBatch;
  const mean = Math.sqrt(trueGradSqNorm(world) / dimension);
  const observations: TwoBatchObservation[] = [];
  for (let step = 0; step < world.observationCount; step++) {
    const bigMean = new Float64Array(dimension);
    let small = 0;
    for (let batch = 0; batch < count; batch++) {
      let variance = 0;
      for (let example = 0; example < smallBatch; example++) {
        variance += (TAIL_DEGREES - 2) / random.chiSquare(TAIL_DEGREES);
      }
      const sd = Math.sqrt(variance) / smallBatch;
      for (let j = 0; j < dimension; j++) {
        const coordinate = mean + sd * random.normal();
        bigMean[j]! += coordinate / count;
        small += (coordinate * coordinate) / count;
      }
    }
    const big = bigMean.reduce((sum, coordinate) => sum + coordinate * coordinate, 0);
    observations.push(place(world, step, small, big));
  }
  return observations;
}
