import { z } from "@hono/zod-openapi";
import { intervalLevel, modelVersionPin, quantity } from "../common.ts";

const count = (unit: string, lower: number, upper: number, description: string, example: number) =>
  quantity({ unit, lower, upper, description, example, integer: true });

const countGiven = (...fields: readonly unknown[]) =>
  fields.filter((field) => field !== undefined).length;

const share = (unit: string, description: string, example: number) =>
  quantity({ unit, lower: 0, upper: 1, description, example });

export const experiment = z.enum(["noise-scale", "learning-rate", "critical-batch"]).openapi({
  description:
    "noise-scale: gradient noise along a tuned run; learning-rate: best rate per batch and the rule through " +
    "them; critical-batch: steps to one loss per batch and the hyperbola through them.",
  example: "critical-batch",
});

const teacher = z
  .strictObject({
    kind: z.literal("teacher").openapi({ description: "Seeded teacher-student data." }),
    inputFeatures: count("features", 1, 4096, "Inputs of one example.", 64).optional(),
    classes: count("classes", 2, 1024, "Labels of the teacher.", 10).optional(),
    trainExamples: count("examples", 16, 200_000, "Examples to train on.", 16384).optional(),
    validationExamples: count("examples", 16, 20_000, "Examples to judge on.", 2048).optional(),
    labelNoiseFraction: share("fraction", "Labels replaced by random ones.", 0.1).optional(),
    covarianceExponent: quantity({
      unit: "exponent",
      lower: 0,
      upper: 4,
      description: "Input j has variance j^-exponent.",
      example: 1,
    }).optional(),
  })
  .openapi("TeacherTask", {
    description: "Classification by a random network; data from the seed alone.",
  });

const synthetic = z
  .strictObject({
    vocabulary: count("symbols", 2, 256, "Symbols of the source; 64 when absent.", 64).optional(),
    tokens: count(
      "tokens",
      1024,
      4_000_000,
      "Length of the text; 262144 when absent.",
      262144,
    ).optional(),
    zipfExponent: quantity({
      unit: "exponent",
      lower: 0,
      upper: 4,
      description: "Symbol r has frequency r^-exponent; 1 when absent.",
      example: 1,
    }).optional(),
    copyDistanceTokens: count(
      "tokens",
      1,
      4096,
      "How far back a copied symbol lies; 16 when absent.",
      16,
    ).optional(),
    copyFraction: share("fraction", "Symbols that are copies; 0.5 when absent.", 0.5).optional(),
  })
  .openapi("SyntheticText", { description: "A seeded source with Zipf unigrams and copies." });

const datasetId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "the 64 hex digits of a data set's id")
  .openapi({
    description: "A data set of POST /v1/datasets instead of an inline one.",
    example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  })
  .optional();

const language = z
  .strictObject({
    kind: z.literal("language").openapi({ description: "Next-byte prediction." }),
    text: z
      .string()
      .min(1)
      .max(4_000_000)
      .openapi({
        description: "Text to train on, read as UTF-8 bytes.",
        example: "To be, or not to be",
      })
      .optional(),
    datasetId,
    synthetic: synthetic.optional(),
  })
  .refine(({ text, datasetId: id, synthetic: source }) => countGiven(text, id, source) === 1, {
    path: ["text"],
    message: "exactly one of text, datasetId and synthetic",
  })
  .openapi("LanguageTask", {
    description: "Byte-level language modelling on text or a synthetic source.",
  });

const table = z
  .strictObject({
    kind: z.literal("table").openapi({ description: "A table of numbers." }),
    csv: z
      .string()
      .min(1)
      .max(7_000_000)
      .openapi({
        description:
          "CSV with numeric features and the label or value in the last column; a header row is recognised.",
        example: "x,y,label\n0.1,2,0\n0.3,1,1\n",
      })
      .optional(),
    datasetId,
    target: z.enum(["classification", "regression"]).openapi({
      description: "What the last column is.",
      example: "classification",
    }),
  })
  .refine(({ csv, datasetId: id }) => countGiven(csv, id) === 1, {
    path: ["csv"],
    message: "exactly one of csv and datasetId",
  })
  .openapi("TableTask", { description: "Classification or regression on the caller's own rows." });

const quadratic = z
  .strictObject({
    kind: z.literal("quadratic").openapi({ description: "The noisy quadratic model." }),
    dimensions: count("dimensions", 1, 1000, "Independent directions.", 100).optional(),
    spectrumExponent: quantity({
      unit: "exponent",
      lower: 0,
      upper: 4,
      description: "Direction i has curvature i^-exponent and gradient noise of the same variance.",
      example: 1,
    }).optional(),
    initialVariance: quantity({
      unit: "parameter units squared",
      lower: 1e-6,
      upper: 1e6,
      description: "Variance of every parameter at the start.",
      example: 1,
    }).optional(),
    replicas: count("replicas", 64, 1024, "Copies whose mean loss is followed.", 64).optional(),
    targetLoss: quantity({
      unit: "loss units",
      lower: 1e-9,
      upper: 1e6,
      description: "Loss to be reached.",
      example: 0.05,
    }).optional(),
  })
  .openapi("QuadraticTask", { description: "A model whose answer is known in closed form." });

const task = z
  .discriminatedUnion("kind", [teacher, language, table, quadratic])
  .openapi("ProbeTask", { description: "What the small models are trained on." });

const mlp = z
  .strictObject({
    kind: z.literal("mlp").openapi({ description: "A multi-layer perceptron." }),
    hiddenWidths: z
      .array(count("units", 1, 2048, "Units of one hidden layer.", 128))
      .max(8)
      .openapi({ description: "Hidden layers, input to output." }),
    activation: z
      .enum(["relu", "gelu", "tanh"])
      .openapi({ description: "Activation of the hidden layers.", example: "relu" }),
  })
  .openapi("MlpModel", { description: "For teacher and table." });

const transformer = z
  .strictObject({
    kind: z.literal("transformer").openapi({ description: "A decoder-only transformer." }),
    layers: count("layers", 1, 8, "Blocks.", 1),
    dModel: count("features", 4, 512, "Width; a multiple of heads.", 32),
    heads: count("heads", 1, 16, "Attention heads.", 2),
    contextTokens: count("tokens", 2, 512, "Length of one example.", 32),
    tiedHead: z
      .boolean()
      .openapi({ description: "Whether the output shares the embedding.", example: true })
      .optional(),
  })
  .refine(({ dModel, heads }) => dModel % heads === 0, {
    path: ["heads"],
    message: "a divisor of dModel",
  })
  .openapi("TransformerModel", { description: "For language." });

const keras = z
  .strictObject({
    kind: z.literal("keras").openapi({ description: "A topology of your own; engine tfjs." }),
    topology: z.record(z.string().max(200), z.unknown()).openapi({
      description:
        "What model.toJSON() of TensorFlow.js, model.json or to_json() of Keras gives: Sequential or functional, one " +
        "input and one output. Its input has as many numbers as the task has features (any shape), or contextTokens " +
        "symbols of a text; its output the classes, one value for a regression, or scores of the next symbol at every " +
        "position or after the last. Weights are drawn from the seed; nothing in it is run as code.",
      example: {
        class_name: "Sequential",
        config: {
          layers: [
            {
              class_name: "Dense",
              config: {
                name: "hidden",
                units: 16,
                activation: "relu",
                batch_input_shape: [null, 8],
              },
            },
            { class_name: "Dense", config: { name: "scores", units: 3 } },
          ],
        },
      },
    }),
  })
  .openapi("KerasModel", { description: "For teacher, table and language." });

const model = z
  .discriminatedUnion("kind", [mlp, transformer, keras])
  .openapi("ProbeModel", { description: "The family and size that is trained." });

const decay = (description: string, example: number) =>
  quantity({ unit: "decay per step", lower: 0, upper: 0.999999, description, example });

const optimizer = z
  .strictObject({
    kind: z.enum(["sgd", "momentum", "adam", "adamw"]).openapi({
      description: "Optimizer of the small models.",
      example: "sgd",
    }),
    momentum: decay("Momentum; only with kind momentum.", 0.9).optional(),
    adamBeta1: decay("Decay of Adam's first moment.", 0.9).optional(),
    adamBeta2: decay("Decay of Adam's second moment.", 0.99).optional(),
    adamEpsilon: quantity({
      unit: "gradient units",
      lower: 1e-12,
      upper: 1,
      description: "Adam's epsilon.",
      example: 1e-8,
    }).optional(),
    weightDecay: quantity({
      unit: "1/learning rate",
      lower: 0,
      upper: 10,
      description: "Weight decay; decoupled for adamw, coupled otherwise.",
      example: 0,
    }).optional(),
  })
  .openapi("ProbeOptimizer", { description: "Optimizer of the small models." });

/** Body of POST /v1/probes. Every field but experiment and task has a default. */
export const probeRequest = z
  .strictObject({
    experiment,
    task,
    model: model.optional(),
    optimizer: optimizer.optional(),
    batchExamples: z
      .array(count("examples", 1, 1_048_576, "One batch.", 64))
      .min(1)
      .max(14)
      .openapi({ description: "Batches to use; without it the experiment chooses." })
      .optional(),
    peakLearningRates: z
      .array(
        quantity({
          unit: "1/step",
          lower: 1e-9,
          upper: 1e3,
          description: "One rate.",
          example: 0.1,
        }),
      )
      .min(1)
      .max(16)
      .openapi({
        description:
          "Rates that learning-rate runs at each batch in place of its search, and no others; three or more that lie " +
          "around the best one give an optimum. In any order; rates alike to six digits count once.",
      })
      .optional(),
    seed: count("seed", 0, 4_294_967_295, "Everything random follows from it.", 1).optional(),
    seeds: count("seeds", 1, 8, "Repeats at the ends and the middle of the batches.", 3).optional(),
    engine: z
      .enum(["auto", "fused", "tfjs"])
      .openapi({
        description:
          "What runs it; auto chooses fused, and tfjs (TensorFlow.js) for a topology of your own. tfjs is many times " +
          "slower, and one request may run a twentieth of the FLOPs on it.",
        example: "auto",
      })
      .optional(),
    budgetFlops: quantity({
      unit: "FLOP",
      lower: 1e6,
      upper: 1e15,
      description: "Never passed; absent means three to four times the expected cost.",
      example: 2e12,
    }).optional(),
    intervalLevel: intervalLevel.unwrap().optional(),
    fresh: z
      .boolean()
      .openapi({
        description: "Run it again even where its result is stored.",
        example: false,
      })
      .optional(),
    modelVersion: modelVersionPin,
  })
  .openapi("ProbeRequest", {
    description: "A short real training run on the service's own CPU.",
    example: { experiment: "critical-batch", task: { kind: "teacher" } },
  });
export type ProbeRequest = z.infer<typeof probeRequest>;
