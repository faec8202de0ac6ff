import type { ProbeDataset } from "../training-session.ts";

/** Seeded teacher-student classification. Input j has variance proportional to j^-covarianceExponent. */
export type TeacherTask = {
  readonly kind: "teacher";
  readonly inputFeatures: number;
  readonly classes: number;
  readonly trainExamples: number;
  readonly validationExamples: number;
  readonly labelNoiseFraction: number;
  readonly covarianceExponent: number;
};

/** Bytes of a text, or a seeded source with Zipf unigrams and copies from a fixed distance. */
export type LanguageTask =
  | { readonly kind: "language"; readonly text: Uint8Array }
  | {
      readonly kind: "language";
      readonly synthetic: {
        readonly vocabulary: number;
        readonly tokens: number;
        readonly zipfExponent: number;
        readonly copyDistanceTokens: number;
        readonly copyFraction: number;
      };
    };

/** A numeric table, features `[rows, columns]` and one target a row. */
export type TableTask = {
  readonly kind: "table";
  readonly features: Float64Array;
  readonly columns: number;
  /** Labels 0, 1, ... for classification, values for regression. */
  readonly targets: Float64Array;
  readonly target: "classification" | "regression";
};

/** The noisy quadratic model: h_i = i^-spectrumExponent, gradient noise sigma_i^2 = h_i. */
export type QuadraticTask = {
  readonly kind: "quadratic";
  readonly dimensions: number;
  readonly spectrumExponent: number;
  readonly initialVariance: number;
  readonly replicas: number;
  readonly targetLoss: number;
};

export type DatasetTask = TeacherTask | LanguageTask | TableTask;
export type ProbeTask = DatasetTask | QuadraticTask;

/** Of a task all that its costs depend on: its data need neither be read again nor drawn. */
export type TaskSizes =
  | TeacherTask
  | { readonly kind: "language"; readonly bytes: number; readonly symbols: number }
  | {
      readonly kind: "table";
      readonly rows: number;
      readonly columns: number;
      readonly outputs: number;
    }
  | QuadraticTask;

/** Why a task cannot be learned from. */
export type UnusableTask = Extract<BuiltTask, { readonly status: "unusable" }>;

/** A data set ready to train on, or why there is none. */
export type BuiltTask =
  | {
      readonly status: "ok";
      readonly dataset: ProbeDataset;
      /** Validation loss of the class prior, the unigram or the mean of the training part. */
      readonly trivialLoss: number;
    }
  | {
      readonly status: "unusable";
      readonly reason:
        | "empty-split"
        | "one-class"
        | "constant-features"
        | "constant-target"
        | "non-finite-value"
        | "text-too-short"
        | "one-symbol";
      readonly detail: string;
    };
