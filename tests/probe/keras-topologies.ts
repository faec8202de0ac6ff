type Config = Readonly<Record<string, unknown>>;

/** A layer as model.toJSON() writes it. */
export function layer(className: string, name: string, config: Config = {}) {
  return { class_name: className, config: { name, ...config } };
}

/** A chain of layers on an input of the given sizes. */
export function sequential(input: readonly number[], layers: readonly ReturnType<typeof layer>[]) {
  const first = layer("InputLayer", "in", { batch_input_shape: [null, ...input] });
  return { class_name: "Sequential", config: { name: "model", layers: [first, ...layers] } };
}

const CONV = { kernel_size: [3, 3], activation: "relu", padding: "same" };

/** A small convolutional net on 8x8 images of ten classes. */
export const convNet = sequential(
  [8, 8, 1],
  [
    layer("Conv2D", "c1", { ...CONV, filters: 8 }),
    layer("MaxPooling2D", "p1", { pool_size: [2, 2] }),
    layer("Conv2D", "c2", { ...CONV, filters: 16 }),
    layer("Flatten", "f"),
    layer("Dense", "d", { units: 10 }),
  ],
);

/** Every layer that may stand in a topology, on 16 numbers, rows of images or symbols. */
export const EVERY_LAYER = {
  images: sequential(
    [8, 8, 2],
    [
      layer("Conv2D", "c", { ...CONV, filters: 4 }),
      layer("BatchNormalization", "b"),
      layer("DepthwiseConv2D", "dw", { kernel_size: 3 }),
      layer("AveragePooling2D", "ap"),
      layer("MaxPooling2D", "mp", { padding: "same" }),
      layer("Dropout", "dr", { rate: 0.2 }),
      layer("Activation", "a", { activation: "hard_sigmoid" }),
      layer("GlobalAveragePooling2D", "g"),
      layer("Dense", "d", { units: 3, activation: "softmax" }),
    ],
  ),
  pooled: sequential(
    [8, 4],
    [
      layer("Conv1D", "c", { filters: 4, kernel_size: 3, padding: "same" }),
      layer("MaxPooling1D", "m"),
      layer("AveragePooling1D", "v", { pool_size: 2 }),
      layer("ReLU", "r"),
      layer("GlobalMaxPooling1D", "g"),
      layer("Dense", "d", { units: 3 }),
      layer("Softmax", "s"),
    ],
  ),
  flat: sequential(
    [8, 4],
    [layer("GlobalAveragePooling1D", "g"), layer("Dense", "d", { units: 3, use_bias: false })],
  ),
  global: sequential(
    [4, 4, 2],
    [
      layer("Conv2D", "c", { filters: 4, kernel_size: [2, 2], strides: [2, 2] }),
      layer("Reshape", "r", { target_shape: [2, 2, 4] }),
      layer("GlobalMaxPooling2D", "g"),
      layer("Flatten", "f"),
      layer("Dense", "d", { units: 3 }),
    ],
  ),
  symbols: sequential(
    [6],
    [
      layer("Embedding", "e", { input_dim: 12, output_dim: 5 }),
      layer("LSTM", "l", { units: 4, return_sequences: true }),
      layer("LayerNormalization", "n"),
      layer("GRU", "u", { units: 4, return_sequences: true }),
      layer("Dense", "d", { units: 12 }),
    ],
  ),
  branches: {
    class_name: "Functional",
    config: {
      name: "model",
      layers: [
        { ...layer("InputLayer", "in", { batch_input_shape: [null, 16] }), inbound_nodes: [] },
        call("Reshape", "square", ["in"], { target_shape: [4, 4] }),
        call("SimpleRNN", "rnn", ["square"], { units: 6 }),
        call("Dense", "left", ["in"], { units: 6, activation: "gelu" }),
        call("Add", "sum", ["rnn", "left"]),
        call("Multiply", "product", ["sum", "left"]),
        call("Concatenate", "both", ["sum", "product"]),
        call("Dense", "out", ["both"], { units: 3 }),
      ],
    },
  },
} as const;

function call(className: string, name: string, inputs: readonly string[], config: Config = {}) {
  return {
    ...layer(className, name, config),
    inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
  };
}
