import { blockReplicates, type Replicates } from "./jackknife.ts";
import { leaveOneOutMoments } from "./moments.ts";
import type { StepMoments } from "./step-moments.ts";

/**
 * Replicates of one group over blocks of steps: block = floor(step / blockSteps).
 *
 * @param of - moments of all groups.
 * @param group - index into `of.groups`.
 * @param blockSteps - training steps in a block; integer >= 1.
 * @returns undefined when fewer than two blocks carry weight.
 */
export function replicatesOverBlocks(
  of: StepMoments,
  group: number,
  blockSteps: number,
): Replicates | undefined {
  const { weight, weightedTrace, weightedGradSq } = of.moments[group]!;
  const sums: { weight: number[]; weightedTrace: number[]; weightedGradSq: number[] } = {
    weight: [],
    weightedTrace: [],
    weightedGradSq: [],
  };
  let block = Number.NaN;
  for (let i = 0; i < of.steps.length; i++) {
    const blockOfStep = Math.floor(of.steps[i]! / blockSteps);
    if (blockOfStep !== block) {
      block = blockOfStep;
      sums.weight.push(0);
      sums.weightedTrace.push(0);
      sums.weightedGradSq.push(0);
    }
    const last = sums.weight.length - 1;
    sums.weight[last]! += weight[i]!;
    sums.weightedTrace[last]! += weightedTrace[i]!;
    sums.weightedGradSq[last]! += weightedGradSq[i]!;
  }
  return blockReplicates({
    weight: Float64Array.from(sums.weight),
    weightedTrace: Float64Array.from(sums.weightedTrace),
    weightedGradSq: Float64Array.from(sums.weightedGradSq),
  });
}

/**
 * Replicates of one group over the examples within each step, for too few steps to compare with each other.
 *
 *   theta_(k,i) = theta + (w_k/W) (x_k without example i - x_k)
 *
 * They hold the steps fixed: how the noise scale differs between steps is not in their spread.
 *
 * @param of - moments whose `exampleStrata` is defined.
 * @param group - index into `of.groups`.
 * @returns one stratum for each report; undefined without dot products.
 * @source docs/method.md, The noise scale: the jackknife applied within each step
 */
export function replicatesOverExamples(of: StepMoments, group: number): Replicates | undefined {
  const strata = of.exampleStrata;
  if (strata === undefined || strata.length === 0) return undefined;
  const { weight, weightedTrace, weightedGradSq } = of.moments[group]!;
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const totalWeight = sum(weight);
  const traceSigma = sum(weightedTrace) / totalWeight;
  const gradSqNorm = sum(weightedGradSq) / totalWeight;
  const traceWithout: number[] = [];
  const gradSqWithout: number[] = [];
  const strataEnds: number[] = [];
  for (const { share, norms } of strata) {
    const { examples, whole, bigBatchGradSqNorm } = norms[group]!;
    const without = leaveOneOutMoments(examples.sqNorms, examples.dots!, bigBatchGradSqNorm);
    const influence = (whole.weight * share) / totalWeight;
    for (let i = 0; i < without.traceSigma.length; i++) {
      const trace = without.traceSigma[i]! - whole.weightedTrace / whole.weight;
      const gradSq = without.gradSqNorm[i]! - whole.weightedGradSq / whole.weight;
      traceWithout.push(traceSigma + influence * trace);
      gradSqWithout.push(gradSqNorm + influence * gradSq);
    }
    strataEnds.push(traceWithout.length);
  }
  return {
    traceSigma,
    gradSqNorm,
    traceWithout: Float64Array.from(traceWithout),
    gradSqWithout: Float64Array.from(gradSqWithout),
    strataEnds,
    degreesOfFreedom: traceWithout.length - strataEnds.length,
  };
}
