import { exampleMultiplyAdds, shapeModel } from "../model-shape.ts";
import { fillNormal, uniformAt } from "../random.ts";
import type {
  BuiltInModel,
  MatrixEngine,
  ProbeDataset,
  TrainingSpec,
} from "../training-session.ts";

/** A fixed piece of work on an engine. FLOPs are 2 x the multiply-adds of its matrix products. */
export type Workload = {
  readonly name: WorkloadName;
  readonly description: string;
  /** Of one repeat. */
  readonly flops: number;
  /**
   * Runs part by part, each of a few products or steps; other work may be done in between.
   *
   * @returns what was computed, the same bytes in every run of this engine.
   */
  readonly run: (engine: MatrixEngine, repeats: number) => Generator<void, Float32Array>;
};

export const WORKLOAD_NAMES = ["gemm", "train-mlp", "train-transformer"] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

const GEMM_SIZE = 256;
const GEMM_PRODUCTS = 8;
const STEPS = 10;
const ROWS = 1024;
// Products or steps between two chances for other work.
const PART = 5;

/** Makes its value at the first call and keeps it: what is timed is the work, not the making of its data. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const factors = once(() => [normal(GEMM_SIZE ** 2, 1), normal(GEMM_SIZE ** 2, 2)] as const);

function normal(count: number, stream: number): Float32Array {
  const values = new Float32Array(count);
  fillNormal(values, 1, stream, 1);
  return values;
}

const gemm: Workload = {
  name: "gemm",
  description: `${GEMM_PRODUCTS} products of two ${GEMM_SIZE} x ${GEMM_SIZE} matrices of float32.`,
  flops: GEMM_PRODUCTS * 2 * GEMM_SIZE ** 3,
  *run(engine, repeats) {
    const [a, b] = factors();
    let product = new Float32Array();
    for (let i = 1; i <= repeats * GEMM_PRODUCTS; i += 1) {
      product = engine.multiply(a, b, GEMM_SIZE);
      if (i % PART === 0) yield;
    }
    return product;
  },
};

function rows(inputFeatures: number, outputs: number): ProbeDataset {
  const inputs = normal(ROWS * inputFeatures, 3);
  const targets = Int32Array.from({ length: ROWS }, (_, i) =>
    Math.floor(uniformAt(1, 4, i) * outputs),
  );
  const part = { count: ROWS, inputs, targets };
  const loss = "softmax-cross-entropy";
  return { kind: "rows", inputFeatures, outputs, loss, train: part, validation: part };
}

function text(vocabulary: number): ProbeDataset {
  const tokens = Uint8Array.from({ length: 32 * ROWS + 1 }, (_, i) =>
    Math.floor(uniformAt(1, 5, i) * vocabulary),
  );
  return { kind: "tokens", vocabulary, train: tokens, validation: tokens.slice(0, 1025) };
}

function training(
  name: WorkloadName,
  description: string,
  model: BuiltInModel,
  batchExamples: number,
  makeDataset: () => ProbeDataset,
): Workload {
  const dataset = makeDataset();
  const cost = exampleMultiplyAdds(shapeModel(model, dataset));
  const spec: TrainingSpec = {
    model,
    optimizer: { kind: "sgd", weightDecay: 0 },
    batchExamples,
    peakLearningRate: 0.01,
    warmupSteps: 0,
    averaging: { kind: "none" },
    seed: 1,
    exampleNorms: false,
    curvature: false,
  };
  return {
    name,
    description: `${STEPS} steps of SGD, batch ${batchExamples}: ${description}.`,
    flops: STEPS * batchExamples * 2 * (cost.forward + cost.backward),
    *run(engine, repeats) {
      const session = engine.open(spec, dataset);
      try {
        while (session.step < repeats * STEPS) {
          session.advance(Math.min(session.step + PART, repeats * STEPS), 1e9);
          yield;
        }
        return session.readWeights("current");
      } finally {
        engine.close?.();
      }
    },
  };
}

/** The workloads with their data; the same every time. */
export const makeWorkloads = once((): readonly Workload[] => {
  return [
    gemm,
    training(
      "train-mlp",
      "a perceptron of widths 784-128-10 with relu",
      { kind: "mlp", hiddenWidths: [128], activation: "relu" },
      64,
      () => rows(784, 10),
    ),
    training(
      "train-transformer",
      "a decoder of one block, width 32, context 32, 64 symbols",
      {
        kind: "transformer",
        layers: 1,
        dModel: 32,
        heads: 2,
        contextTokens: 32,
        tiedHead: true,
      },
      16,
      () => text(64),
    ),
  ];
});
