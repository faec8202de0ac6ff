/** Sizes of one example inside a model: without the batch. */
export type Shape = readonly number[];

/** What one layer makes of its inputs. */
export type LayerFigures = {
  readonly shape: Shape;
  readonly trainableParams: number;
  /** Statistics that no gradient reaches. */
  readonly otherParams: number;
  /** Multiply-adds of one example, forward. */
  readonly multiplyAdds: number;
};

/** The settings of a layer, already read: numbers within bounds, names of the lists. */
export type LayerSettings = {
  readonly count: (name: string, most: number) => number;
  readonly counts: (name: string, length: number, most: number, usual: number) => readonly number[];
  readonly flag: (name: string, usual: boolean) => boolean;
  readonly choice: <const T extends string>(name: string, of: readonly T[], usual: T) => T;
  readonly fraction: (name: string) => number;
  readonly activation: (name?: string, usual?: string) => string;
  readonly refuse: (name: string, message: string) => never;
};

export type LayerRule = {
  /** Rank of the input's shape; absent: any. */
  readonly rank?: number;
  /** Settings that are handed on to the layer; every other one of the topology is left behind. */
  readonly keeps: readonly string[];
  readonly figures: (
    settings: LayerSettings,
    input: Shape,
    others: readonly Shape[],
  ) => LayerFigures;
};

const MOST_UNITS = 4096;
const MOST_WINDOW = 64;

export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

function plain(shape: Shape, multiplyAdds = 0): LayerFigures {
  return { shape, trainableParams: 0, otherParams: 0, multiplyAdds };
}

function weighted(shape: Shape, trainableParams: number, multiplyAdds: number): LayerFigures {
  return { shape, trainableParams, otherParams: 0, multiplyAdds };
}

const COMMON = ["activation", "use_bias"] as const;

/** Output length of a window moved over an input. */
function windowed(
  settings: LayerSettings,
  length: number,
  window: number,
  stride: number,
  padding: string,
): number {
  if (padding === "same") return Math.ceil(length / stride);
  if (length < window) settings.refuse("kernel_size", `a window of at most ${length}`);
  return Math.floor((length - window) / stride) + 1;
}

function convolution(dimensions: number, depthwise = false): LayerRule {
  return {
    rank: dimensions + 1,
    keeps: [
      ...COMMON,
      depthwise ? "depth_multiplier" : "filters",
      "kernel_size",
      "strides",
      "padding",
    ],
    figures: (settings, input) => {
      const channels = input[dimensions]!;
      const filters = depthwise
        ? channels * settings.counts("depth_multiplier", 1, 16, 1)[0]!
        : settings.count("filters", MOST_UNITS);
      const kernel = settings.counts("kernel_size", dimensions, MOST_WINDOW, 0);
      const strides = settings.counts("strides", dimensions, MOST_WINDOW, 1);
      const padding = settings.choice("padding", ["valid", "same"], "valid");
      settings.choice("data_format", ["channels_last"], "channels_last");
      if (settings.counts("dilation_rate", dimensions, 1, 1).some((rate) => rate !== 1)) {
        settings.refuse("dilation_rate", "1");
      }
      settings.activation();
      const out = kernel.map((k, i) => windowed(settings, input[i]!, k, strides[i]!, padding));
      const perPosition = sizeOf(kernel) * (depthwise ? filters : channels * filters);
      const bias = settings.flag("use_bias", true) ? filters : 0;
      return weighted([...out, filters], perPosition + bias, sizeOf(out) * perPosition);
    },
  };
}

function pooling(dimensions: number): LayerRule {
  return {
    rank: dimensions + 1,
    keeps: ["pool_size", "strides", "padding"],
    figures: (settings, input) => {
      const pool = settings.counts("pool_size", dimensions, MOST_WINDOW, 2);
      const strides = settings.counts("strides", dimensions, MOST_WINDOW, 0);
      const padding = settings.choice("padding", ["valid", "same"], "valid");
      settings.choice("data_format", ["channels_last"], "channels_last");
      const out = pool.map((k, i) =>
        windowed(settings, input[i]!, k, strides[i]! === 0 ? k : strides[i]!, padding),
      );
      return plain([...out, input[dimensions]!]);
    },
  };
}

const globalPooling = (dimensions: number): LayerRule => ({
  rank: dimensions + 1,
  keeps: [],
  figures: (_, input) => plain([input[dimensions]!]),
});

function recurrent(gates: number): LayerRule {
  return {
    rank: 2,
    keeps: [...COMMON, "units", "recurrent_activation", "return_sequences", "reset_after"],
    figures: (settings, input) => {
      const units = settings.count("units", 1024);
      const [steps, features] = [input[0]!, input[1]!];
      settings.activation("activation", "tanh");
      settings.activation("recurrent_activation", "hard_sigmoid");
      if (settings.flag("stateful", false)) settings.refuse("stateful", "false");
      if (settings.flag("reset_after", false)) settings.refuse("reset_after", "false");
      if (settings.flag("go_backwards", false)) settings.refuse("go_backwards", "false");
      const matrices = gates * units * (features + units);
      const bias = settings.flag("use_bias", true) ? gates * units : 0;
      const shape = settings.flag("return_sequences", false) ? [steps, units] : [units];
      return weighted(shape, matrices + bias, steps * matrices);
    },
  };
}

function merging(shapeOf: (shapes: readonly Shape[]) => Shape | undefined): LayerRule {
  return {
    keeps: [],
    figures: (settings, input, others) => {
      const shape = shapeOf([input, ...others]);
      if (shape === undefined || others.length === 0) {
        return settings.refuse("name", "two or more inputs of shapes that go together");
      }
      return plain(shape);
    },
  };
}

const same = (shapes: readonly Shape[]): Shape | undefined =>
  shapes.every((shape) => String(shape) === String(shapes[0])) ? shapes[0] : undefined;

function joined(shapes: readonly Shape[]): Shape | undefined {
  const heads = shapes.map((shape) => shape.slice(0, -1));
  if (same(heads) === undefined) return undefined;
  return [...heads[0]!, shapes.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
}

const normalisation = (withStatistics: boolean): LayerRule => ({
  keeps: ["epsilon", "center", "scale", ...(withStatistics ? ["momentum"] : [])],
  figures: (settings, input) => {
    const features = input.at(-1)!;
    const center = settings.flag("center", true) ? features : 0;
    const scale = settings.flag("scale", true) ? features : 0;
    return {
      shape: input,
      trainableParams: center + scale,
      otherParams: withStatistics ? 2 * features : 0,
      multiplyAdds: 0,
    };
  },
});

/** Every layer that a topology may hold; none of them runs code of the caller's. */
export const LAYER_RULES: Readonly<Record<string, LayerRule>> = {
  Dense: {
    keeps: [...COMMON, "units"],
    figures: (settings, input) => {
      const units = settings.count("units", MOST_UNITS);
      const features = input.at(-1)!;
      settings.activation();
      const bias = settings.flag("use_bias", true) ? units : 0;
      const positions = sizeOf(input) / features;
      const matrix = features * units;
      return weighted([...input.slice(0, -1), units], matrix + bias, positions * matrix);
    },
  },
  Embedding: {
    rank: 1,
    keeps: ["input_dim", "output_dim"],
    figures: (settings, input) => {
      const rows = settings.count("input_dim", 65_536);
      const features = settings.count("output_dim", MOST_UNITS);
      if (settings.flag("mask_zero", false)) settings.refuse("mask_zero", "false");
      return weighted([...input, features], rows * features, 0);
    },
  },
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv2D: convolution(2, true),
  MaxPooling1D: pooling(1),
  MaxPooling2D: pooling(2),
  AveragePooling1D: pooling(1),
  AveragePooling2D: pooling(2),
  GlobalAveragePooling1D: globalPooling(1),
  GlobalAveragePooling2D: globalPooling(2),
  GlobalMaxPooling1D: globalPooling(1),
  GlobalMaxPooling2D: globalPooling(2),
  Flatten: { keeps: [], figures: (_, input) => plain([sizeOf(input)]) },
  Reshape: {
    keeps: ["target_shape"],
    figures: (settings, input) => {
      const shape = settings.counts("target_shape", -1, 65_536, 0);
      if (sizeOf(shape) !== sizeOf(input)) {
        settings.refuse("target_shape", `whole sizes whose product is ${sizeOf(input)}`);
      }
      return plain(shape);
    },
  },
  BatchNormalization: normalisation(true),
  LayerNormalization: normalisation(false),
  Dropout: {
    keeps: ["rate"],
    figures: (settings, input) => {
      settings.fraction("rate");
      return plain(input);
    },
  },
  Activation: {
    keeps: ["activation"],
    figures: (settings, input) => {
      settings.activation();
      return plain(input);
    },
  },
  ReLU: { keeps: [], figures: (_, input) => plain(input) },
  Softmax: { keeps: [], figures: (_, input) => plain(input) },
  LSTM: recurrent(4),
  GRU: recurrent(3),
  SimpleRNN: recurrent(1),
  Add: merging(same),
  Multiply: merging(same),
  Concatenate: merging(joined),
};
