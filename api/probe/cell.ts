import type { CurvePoint } from "./steps-to-target.ts";
import type { QuadraticTask } from "./tasks/task.ts";
import type { StepRecord, TrainingSpec } from "./training-session.ts";

/** When a run ends: at the target (if there is one) or after `maxSteps`. */
export type CellStop = {
  readonly maxSteps: number;
  readonly targetLoss?: number;
  /** Loss of the trivial predictor: a run above four times this has diverged. */
  readonly startLoss: number;
};

/** Measurements of curvature-weighted gradient noise at given steps of a run. */
export type CurvatureMeasure = {
  readonly atSteps: readonly number[];
  /** Examples whose deviations are multiplied by the Hessian. */
  readonly probes: number;
  /** Examples of the mean gradient, in four groups. */
  readonly gradientExamples: number;
  /** Examples of each of the four independent Hessians; fewer where they would not fit a slice. */
  readonly hessianExamples: number;
};

/** One training run, a pure function of this spec (and of the task's data set). */
export type CellSpec =
  | {
      readonly kind: "training";
      readonly id: string;
      readonly training: TrainingSpec;
      readonly stop: CellStop;
      readonly evaluationExamples: number;
      readonly curvature?: CurvatureMeasure;
    }
  | {
      readonly kind: "quadratic";
      readonly id: string;
      readonly task: QuadraticTask;
      readonly batchExamples: number;
      readonly peakLearningRate: number;
      readonly seed: number;
      readonly stop: CellStop;
    };

/** Hessian-weighted noise at one step: B_noise = traceHessianSigma / curvatureAlongGradient. */
export type CurvatureNoise = {
  readonly step: number;
  readonly traceHessianSigma: number;
  readonly traceHessianSigmaSe: number;
  /** G'HG, unbiased: may be negative. */
  readonly curvatureAlongGradient: number;
  readonly curvatureAlongGradientSe: number;
};

export type CellResult = {
  readonly id: string;
  /** `reached`: the smoothed curve passed the target. `completed`: all steps done. */
  readonly status: "reached" | "completed" | "diverged";
  /** Interpolated steps to the target, when reached. */
  readonly stepsToTarget?: number;
  readonly stepsDone: number;
  readonly curve: readonly CurvePoint[];
  readonly bestLoss: number;
  readonly finalLoss: number;
  readonly records: readonly StepRecord[];
  readonly curvature: readonly CurvatureNoise[];
  readonly paramCount: number;
  readonly flopsDone: number;
  /** Final weights and all measurements, for the digest. */
  readonly fingerprint: Uint8Array<ArrayBuffer>;
};

/** A run stopped half-way: all it takes to go on, here or elsewhere, to the same bits. */
export type CellCheckpoint = {
  readonly curve: readonly CurvePoint[];
  readonly records: readonly StepRecord[];
  readonly curvature: readonly CurvatureNoise[];
  readonly flopsDone: number;
  /** Weights, optimizer state, average and position, as the engine saves them. */
  readonly session: Uint8Array<ArrayBuffer>;
};

/** Yielded between slices of at most 1.5e8 FLOPs. */
export type SliceProgress = {
  readonly flopsDone: number;
  readonly loss?: number;
  /** Where the run may be cut; to be taken before the next slice is asked for. */
  readonly checkpoint?: () => CellCheckpoint;
};
