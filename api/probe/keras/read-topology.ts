import {
  LAYER_RULES,
  type LayerFigures,
  type LayerSettings,
  type Shape,
  sizeOf,
} from "./layer-rules.ts";

/** One layer of a topology that was read: only known settings are left. */
export type KerasLayer = {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers it takes its inputs from; empty for the input layer. */
  readonly inputs: readonly string[];
  readonly figures: LayerFigures;
};

/** A model of tf.layers or Keras, read and measured without building any of it. */
export type KerasTopology = {
  /** In an order in which every layer comes after its inputs; the first is the input, the last the output. */
  readonly layers: readonly KerasLayer[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Whether the last layer turns scores into probabilities. */
  readonly endsInSoftmax: boolean;
  readonly trainableParams: number;
  readonly otherParams: number;
  readonly multiplyAdds: number;
  /** Values that the layers give for one example, all together. */
  readonly activations: number;
};

/** A topology that is refused; `pointer` leads into it. */
export class TopologyError extends RangeError {
  readonly pointer: string;
  constructor(pointer: string, message: string) {
    super(message);
    this.pointer = pointer;
  }
}

/** Parameters, trainable or not, of the largest topology. */
const MOST_KERAS_PARAMS = 1_000_000;
const MOST_LAYERS = 64;
// Activations of one example; a micro-batch of them has to fit into memory with their gradients.
const MOST_ACTIVATIONS = 1_000_000;

const ACTIVATIONS = [
  "linear",
  "relu",
  "relu6",
  "tanh",
  "sigmoid",
  "hard_sigmoid",
  "softmax",
  "softplus",
  "softsign",
  "elu",
  "selu",
  "swish",
  "gelu",
  "gelu_new",
  "mish",
] as const;

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectAt(pointer: string, value: unknown, what: string): Json {
  if (!isObject(value)) throw new TopologyError(pointer, `expected ${what}`);
  return value;
}

/** The model itself inside what model.json, model.toJSON() and Keras' to_json() carry. */
function unwrap(topology: unknown): { readonly model: Json; readonly pointer: string } {
  let pointer = "";
  let model = objectAt(pointer, topology, "a topology: the object that model.toJSON() gives");
  for (const wrapper of ["modelTopology", "model_config"]) {
    if (!(wrapper in model)) continue;
    pointer += `/${wrapper}`;
    model = objectAt(pointer, model[wrapper], "an object");
  }
  return { model, pointer };
}

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Settings under the names of Keras, whichever of both spellings the topology has. */
function settingsOf(config: Json): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [name, value] of Object.entries(config)) settings.set(snakeCase(name), value);
  return settings;
}

function reader(pointer: string, settings: Map<string, unknown>): LayerSettings {
  const refuse = (name: string, expected: string): never => {
    throw new TopologyError(`${pointer}/${name}`, `expected ${expected}`);
  };
  const whole = (name: string, value: unknown, least: number, most: number): number => {
    const inside = typeof value === "number" && Number.isInteger(value);
    if (inside && value >= least && value <= most) return value;
    return refuse(name, `a whole number from ${least} to ${most}`);
  };
  const given = (name: string): unknown => settings.get(name) ?? undefined;
  return {
    refuse,
    count: (name, most) => whole(name, given(name), 1, most),
    counts(name, length, most, usual) {
      const value = given(name);
      if (value === undefined && length > 0) {
        if (usual === 0 && name === "kernel_size") refuse(name, "the size of the window");
        return Array.from({ length }, () => usual);
      }
      const list = Array.isArray(value) ? value : Array.from({ length }, () => value);
      if (length >= 0 && list.length !== length) refuse(name, `${length} numbers`);
      if (list.length < 1 || list.length > 4) refuse(name, "one to four numbers");
      return list.map((item) => whole(name, item, 1, most));
    },
    flag(name, usual) {
      const value = given(name) ?? usual;
      return typeof value === "boolean" ? value : refuse(name, "true or false");
    },
    choice(name, of, usual) {
      const value = snakeCase(String(given(name) ?? usual)).replace(/^_/, "");
      return of.find((one) => one === value) ?? refuse(name, `one of ${of.join(", ")}`);
    },
    fraction(name) {
      const value = given(name);
      if (typeof value === "number" && value >= 0 && value < 1) return value;
      return refuse(name, "a number from 0 to below 1");
    },
    activation(name = "activation", usual = "linear") {
      const value = snakeCase(String(given(name) ?? usual)).replace(/^_/, "");
      return (
        ACTIVATIONS.find((one) => one === value) ?? refuse(name, `one of ${ACTIVATIONS.join(", ")}`)
      );
    },
  };
}

/** A penalty or a constraint would change the loss, which the probe alone defines. */
function refuseChangedLoss(pointer: string, settings: Map<string, unknown>): void {
  for (const [name, value] of settings) {
    if (/_(regularizer|constraint)$/.test(name) && value !== null && value !== undefined) {
      throw new TopologyError(
        `${pointer}/${name}`,
        "expected null: a probe trains on its loss alone",
      );
    }
  }
}

type Entry = {
  readonly className: string;
  readonly name: string;
  readonly settings: Map<string, unknown>;
  readonly pointer: string;
  readonly inputs: readonly string[];
};

function readEntry(pointer: string, value: unknown, before: string | undefined): Entry {
  const layer = objectAt(pointer, value, "a layer: { class_name, config }");
  const className = layer["class_name"] ?? layer["className"];
  if (typeof className !== "string") {
    throw new TopologyError(`${pointer}/class_name`, "expected the name of a layer");
  }
  if (className !== "InputLayer" && !Object.hasOwn(LAYER_RULES, className)) {
    const known = Object.keys(LAYER_RULES).join(", ");
    throw new TopologyError(`${pointer}/class_name`, `expected one of ${known}`);
  }
  const config = objectAt(`${pointer}/config`, layer["config"] ?? {}, "an object");
  const settings = settingsOf(config);
  refuseChangedLoss(`${pointer}/config`, settings);
  const name = config["name"] ?? layer["name"];
  if (typeof name !== "string" || !/^[\w./-]{1,100}$/.test(name)) {
    throw new TopologyError(
      `${pointer}/config/name`,
      "expected a name of letters, digits, _ . / -",
    );
  }
  const nodes = layer["inbound_nodes"] ?? layer["inboundNodes"];
  const inputs =
    nodes === undefined ? (before === undefined ? [] : [before]) : inboundNames(pointer, nodes);
  return { className, name, settings, pointer: `${pointer}/config`, inputs };
}

/** [[["layer", 0, 0, {}], ...]]: one call of the layer, its inputs by name. */
function inboundNames(pointer: string, nodes: unknown): string[] {
  const at = `${pointer}/inbound_nodes`;
  if (!Array.isArray(nodes) || nodes.length > 1) {
    throw new TopologyError(
      at,
      "expected each layer to be called once: shared layers are not supported",
    );
  }
  const inputs: unknown = nodes[0] ?? [];
  if (!Array.isArray(inputs) || inputs.length > 8) {
    throw new TopologyError(at, "expected a list of at most eight inputs");
  }
  return inputs.map((input: unknown) => {
    const name: unknown = Array.isArray(input) ? input[0] : undefined;
    if (typeof name !== "string")
      throw new TopologyError(at, 'expected inputs as ["layer", 0, 0, {}]');
    return name;
  });
}

function readEntries(model: Json, pointer: string): Entry[] {
  const className = model["class_name"] ?? model["className"];
  const sequential = className === "Sequential";
  if (!sequential && className !== "Model" && className !== "Functional") {
    throw new TopologyError(`${pointer}/class_name`, "expected Sequential, Model or Functional");
  }
  const config = model["config"];
  // Sequential models of old have the list itself as their config.
  const listed = Array.isArray(config) ? config : isObject(config) ? config["layers"] : undefined;
  const at = Array.isArray(config) ? `${pointer}/config` : `${pointer}/config/layers`;
  if (!Array.isArray(listed) || listed.length < 1 || listed.length > MOST_LAYERS) {
    throw new TopologyError(at, `expected a list of 1 to ${MOST_LAYERS} layers`);
  }
  const entries: Entry[] = [];
  listed.forEach((value, i) => {
    const before = sequential ? entries.at(-1)?.name : undefined;
    entries.push(readEntry(`${at}/${i}`, value, before));
  });
  const names = new Set(entries.map(({ name }) => name));
  if (names.size < entries.length)
    throw new TopologyError(at, "expected a different name for every layer");
  return withInputLayer(entries);
}

/** A Sequential model may state its input at its first layer. */
function withInputLayer(entries: readonly Entry[]): Entry[] {
  const [first, ...rest] = entries;
  if (first === undefined || first.className === "InputLayer" || first.inputs.length > 0)
    return [...entries];
  const input: Entry = { ...first, className: "InputLayer", name: "probe_input" };
  return [input, { ...first, inputs: ["probe_input"] }, ...rest];
}

function inputShapeOf({ settings, pointer }: Entry): Shape {
  const [name, shape] = ["batch_input_shape", "batch_shape", "input_shape"]
    .map((key) => [key, settings.get(key)] as const)
    .find(([, value]) => value !== undefined) ?? ["batch_input_shape", undefined];
  const sizes = Array.isArray(shape) ? (name === "input_shape" ? shape : shape.slice(1)) : [];
  const whole = (n: unknown) => Number.isInteger(n) && Number(n) >= 1 && Number(n) <= 65_536;
  if (sizes.length < 1 || sizes.length > 3 || !sizes.every(whole)) {
    throw new TopologyError(
      `${pointer}/${name}`,
      "expected [null, size, ...] with one to three whole sizes",
    );
  }
  return sizes as number[];
}

function measure(entry: Entry, done: ReadonlyMap<string, KerasLayer>): KerasLayer {
  const { className, name, settings, pointer, inputs } = entry;
  if (className === "InputLayer") {
    const shape = inputShapeOf(entry);
    const figures = { shape, trainableParams: 0, otherParams: 0, multiplyAdds: 0 };
    return { className, name, config: {}, inputs: [], figures };
  }
  const shapes = inputs.map((input) => {
    const layer = done.get(input);
    if (layer !== undefined) return layer.figures.shape;
    throw new TopologyError(`${pointer}/name`, `expected the input ${input} before this layer`);
  });
  const rule = LAYER_RULES[className]!;
  const [input, ...others] = shapes;
  if (input === undefined) throw new TopologyError(`${pointer}/name`, "expected an input");
  if (rule.rank !== undefined && input.length !== rule.rank) {
    const expected = `an input of ${rule.rank} sizes without the batch, received [${input.join(", ")}]`;
    throw new TopologyError(`${pointer}/name`, `expected ${expected}`);
  }
  const figures = rule.figures(reader(pointer, settings), input, others);
  const kept = rule.keeps.filter((key) => (settings.get(key) ?? undefined) !== undefined);
  const config = Object.fromEntries(kept.map((key) => [key, settings.get(key)]));
  return { className, name, config, inputs, figures };
}

/**
 * Reads a topology as `model.toJSON()` of TensorFlow.js, `model.json` or Keras' `to_json()` carries it.
 *
 * Nothing of it is built or run: every layer is one of a list, every setting is checked, and sizes are worked out
 * before any memory is taken.
 *
 * @throws {TopologyError} with a pointer into the topology: an unknown layer (Lambda and custom ones among them), a
 *   setting out of range, shapes that do not go together, more parameters than {@link MOST_KERAS_PARAMS}.
 */
export function readTopology(topology: unknown): KerasTopology {
  const { model, pointer } = unwrap(topology);
  const entries = readEntries(model, pointer);
  const done = new Map<string, KerasLayer>();
  let [trainableParams, otherParams, multiplyAdds, activations] = [0, 0, 0, 0];
  for (const entry of entries) {
    const layer = measure(entry, done);
    done.set(layer.name, layer);
    trainableParams += layer.figures.trainableParams;
    otherParams += layer.figures.otherParams;
    multiplyAdds += layer.figures.multiplyAdds;
    activations += sizeOf(layer.figures.shape);
    if (trainableParams + otherParams > MOST_KERAS_PARAMS) {
      throw new TopologyError(
        entry.pointer,
        `expected at most ${MOST_KERAS_PARAMS} parameters in all`,
      );
    }
    if (activations > MOST_ACTIVATIONS) {
      throw new TopologyError(
        entry.pointer,
        `expected at most ${MOST_ACTIVATIONS} activations of one example`,
      );
    }
  }
  const layers = [...done.values()];
  requireOneEnd(layers, pointer);
  if (trainableParams === 0)
    throw new TopologyError(pointer, "expected a layer that can be trained");
  const last = layers.at(-1)!;
  return {
    layers,
    inputShape: layers[0]!.figures.shape,
    outputShape: last.figures.shape,
    endsInSoftmax: last.className === "Softmax" || last.config["activation"] === "softmax",
    trainableParams,
    otherParams,
    multiplyAdds,
    activations,
  };
}

function requireOneEnd(layers: readonly KerasLayer[], pointer: string): void {
  const used = new Set(layers.flatMap(({ inputs }) => inputs));
  const ends = layers.filter(({ name }) => !used.has(name));
  const starts = layers.filter(({ className }) => className === "InputLayer");
  if (
    starts.length !== 1 ||
    ends.length !== 1 ||
    ends[0] !== layers.at(-1) ||
    starts[0] !== layers[0]
  ) {
    throw new TopologyError(
      `${pointer}/config/layers`,
      "expected one input, first, and one output, last",
    );
  }
}
