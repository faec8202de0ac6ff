import type { KerasTopology } from "./keras/read-topology.ts";

/** A multi-layer perceptron; inputs, outputs and loss come from the data set. */
export type MlpModel = {
  readonly kind: "mlp";
  readonly hiddenWidths: readonly number[];
  readonly activation: "relu" | "gelu" | "tanh";
};

/** A decoder: token + learned position embedding, RMSNorm, causal attention, GELU MLP of width 4 dModel. */
export type TransformerModel = {
  readonly kind: "transformer";
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly contextTokens: number;
  readonly tiedHead: boolean;
};

/** A topology of the caller's, read and measured; trained by the tfjs engine. */
export type KerasModel = { readonly kind: "keras"; readonly topology: KerasTopology };

/** The families that are built in: every engine knows them. */
export type BuiltInModel = MlpModel | TransformerModel;
export type ProbeModel = BuiltInModel | KerasModel;

/** Weight decay is coupled for sgd, momentum and adam, decoupled for adamw; it reaches every parameter. */
export type ProbeOptimizer =
  | { readonly kind: "sgd"; readonly weightDecay: number }
  | { readonly kind: "momentum"; readonly momentum: number; readonly weightDecay: number }
  | {
      readonly kind: "adam" | "adamw";
      readonly adamBeta1: number;
      readonly adamBeta2: number;
      readonly adamEpsilon: number;
      readonly weightDecay: number;
    };

/** Exponential: weight 1 - decay. Polynomial: weight (power + 1) / (t + power) at step t, a run-length-free tail average. */
export type IterateAveraging =
  | { readonly kind: "none" }
  | { readonly kind: "exponential"; readonly emaDecay: number }
  | { readonly kind: "polynomial"; readonly power: number };

/** One half of a data set of rows: inputs `[count, features]`, targets labels or `[count, outputs]`. */
export type ExampleRows = {
  readonly count: number;
  readonly inputs: Float32Array;
  readonly targets: Int32Array | Float32Array;
};

export type ProbeDataset =
  | {
      readonly kind: "rows";
      readonly inputFeatures: number;
      readonly outputs: number;
      readonly loss: "softmax-cross-entropy" | "squared-error";
      readonly train: ExampleRows;
      readonly validation: ExampleRows;
    }
  | {
      readonly kind: "tokens";
      readonly vocabulary: number;
      readonly train: Uint8Array;
      readonly validation: Uint8Array;
    };

/** Of a data set what models are laid out for and costs depend on. */
export type DatasetShape =
  | {
      readonly kind: "rows";
      readonly inputFeatures: number;
      readonly outputs: number;
      readonly train: Pick<ExampleRows, "count">;
      readonly validation: Pick<ExampleRows, "count">;
    }
  | {
      readonly kind: "tokens";
      readonly vocabulary: number;
      readonly train: Pick<Uint8Array, "length">;
      readonly validation: Pick<Uint8Array, "length">;
    };

export type TrainingSpec = {
  readonly model: ProbeModel;
  readonly optimizer: ProbeOptimizer;
  readonly batchExamples: number;
  readonly peakLearningRate: number;
  readonly warmupSteps: number;
  readonly averaging: IterateAveraging;
  readonly seed: number;
  /** Measure every example's gradient norm in every step. */
  readonly exampleNorms: boolean;
  /** Reserve memory for Hessian-vector products. */
  readonly curvature: boolean;
};

/** What one training step recorded; norms are of gradients of the mean loss, per example unless said. */
export type StepRecord = {
  readonly lossNats: number;
  readonly batchGradSqNorm: number;
  readonly meanExampleGradSqNorm: number;
};

export type GradientMeasurement = {
  readonly meanLoss: number;
  readonly gradient: Float32Array;
  /** Absent where an engine cannot tell the examples of a batch apart. */
  readonly exampleGradSqNorms?: Float64Array;
};

/** One training run in memory. All calls are synchronous; `advance` may be cut anywhere. */
export type TrainingSession = {
  readonly paramCount: number;
  readonly trainExamples: number;
  readonly validationExamples: number;
  /** 2 x multiply-adds of one example, forward and backward (norms and update not counted). */
  readonly trainFlopsPerExample: number;
  /** 2 x multiply-adds of one example, forward only. */
  readonly evaluationFlopsPerExample: number;
  readonly microBatchExamples: number;
  readonly step: number;
  readonly diverged: boolean;
  /** Trains until `untilStep` or `microBatches` micro-batches; returns the micro-batches worked on. */
  advance(untilStep: number, microBatches: number): number;
  /** Returns and forgets the records of the steps since the last call. */
  takeRecords(): readonly StepRecord[];
  /** Sum of the losses of `count` validation examples from `first` on. */
  sumValidationLoss(weights: "current" | "average", first: number, count: number): number;
  /** Gradient of the mean loss over listed training examples at the current weights. */
  measureGradient(indices: Uint32Array): GradientMeasurement;
  /** H v over listed training examples by central differences of the gradient. */
  hessianVectorProduct(indices: Uint32Array, direction: Float32Array): Float64Array;
  readWeights(weights: "current" | "average"): Float32Array;
  writeWeights(values: Float32Array): void;
  /** Everything needed to go on: weights, optimizer state, average, position inside a step. */
  save(): Uint8Array<ArrayBuffer>;
  restore(checkpoint: Uint8Array): void;
  /** What a pass is charged besides its products, where their FLOPs alone do not tell how long it takes. */
  readonly passFlops?: number;
  /** Micro-batches between two chances for other work, on the same ground. */
  readonly mostMicroBatches?: number;
};

export type ProbeEngine = {
  readonly name: string;
  /** Opens a session; it takes the engine's memory, so the session before it ends. */
  open(spec: TrainingSpec, dataset: ProbeDataset): TrainingSession;
  /** Ends the last session and frees what it holds beyond the engine's own memory. */
  close?(): void;
};

/** An engine whose matrix product can be asked for alone. */
export type MatrixEngine = ProbeEngine & {
  /** C = A B of square matrices, row by row; takes the engine's memory, so the session before it ends. */
  multiply(a: Float32Array, b: Float32Array, size: number): Float32Array<ArrayBuffer>;
};
