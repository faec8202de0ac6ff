import { portablePow } from "../../portable-math.ts";
import type { QuadraticTask } from "../../tasks/task.ts";
import { type KernelExports, reserveMemory } from "./kernel-exports.ts";

/** Stochastic gradient descent on the noisy quadratic model, `replicas` chains in step. */
export type QuadraticRun = {
  /** 2 x multiply-adds of one step of all chains. */
  readonly flopsPerStep: number;
  readonly step: number;
  readonly diverged: boolean;
  advance(untilStep: number): void;
  /** Mean over the chains of 1/2 sum h theta^2. */
  loss(): number;
  readWeights(): Float32Array;
  /** Step and chains. */
  save(): Uint8Array<ArrayBuffer>;
  restore(checkpoint: Uint8Array): void;
};

/** Curvatures h_i = i^-spectrumExponent, i = 1 .. dimensions. */
export function quadraticSpectrum(task: QuadraticTask): Float64Array {
  return Float64Array.from({ length: task.dimensions }, (_, i) =>
    portablePow(i + 1, -task.spectrumExponent),
  );
}

/**
 * Opens a run. Chains start at +- sqrt(initialVariance) in every direction, signs balanced, so the
 * loss starts at its expectation exactly.
 *
 * @param kernels - an instance of its own: the run owns its memory.
 */
export function openQuadraticRun(
  kernels: KernelExports,
  task: QuadraticTask,
  batchExamples: number,
  learningRate: number,
  seed: number,
): QuadraticRun {
  const { dimensions } = task;
  const replicas = (task.replicas + 3) & ~3;
  const theta = (kernels.firstFreeAddress() + 63) & ~63;
  const shrink = theta + dimensions * replicas * 4 + 64;
  const noise = shrink + dimensions * 4 + 64;
  const curvature = (noise + dimensions * 4 + 71) & ~7;
  const words = (curvature + dimensions * 8 + 79) & ~15;
  reserveMemory(kernels, words + 128);
  const h = quadraticSpectrum(task);
  const buffer = (): ArrayBuffer => kernels.memory.buffer;
  new Float64Array(buffer(), curvature, dimensions).set(h);
  new Float32Array(buffer(), shrink, dimensions).set(h.map((value) => 1 - learningRate * value));
  const deviation = h.map((value) => learningRate * Math.sqrt(value / batchExamples));
  new Float32Array(buffer(), noise, dimensions).set(deviation);
  const start = Math.sqrt(task.initialVariance);
  const chains = new Float32Array(buffer(), theta, dimensions * replicas);
  for (let i = 0; i < chains.length; i += 1) chains[i] = i % 2 === 0 ? start : -start;
  let step = 0;
  const loss = (): number => kernels.quadraticLoss(dimensions, replicas, theta, curvature);
  return {
    flopsPerStep: 4 * dimensions * replicas,
    get step() {
      return step;
    },
    get diverged() {
      const value = loss();
      return !(value < Number.POSITIVE_INFINITY);
    },
    advance(untilStep) {
      const steps = untilStep - step;
      if (steps <= 0) return;
      kernels.quadraticSteps(
        dimensions,
        replicas,
        theta,
        shrink,
        noise,
        seed | 0,
        step,
        steps,
        words,
      );
      step = untilStep;
    },
    loss,
    readWeights: () => new Float32Array(buffer(), theta, dimensions * replicas).slice(),
    save() {
      const saved = new Float64Array(1 + dimensions * replicas);
      saved.set([step]);
      saved.set(new Float32Array(buffer(), theta, dimensions * replicas), 1);
      return new Uint8Array(saved.buffer);
    },
    restore(checkpoint) {
      const saved = new Float64Array(checkpoint.slice().buffer);
      if (saved.length !== 1 + dimensions * replicas) {
        throw new RangeError('"checkpoint" belongs to another spec');
      }
      step = saved[0]!;
      new Float32Array(buffer(), theta, dimensions * replicas).set(saved.subarray(1));
    },
  };
}
