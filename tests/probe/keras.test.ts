import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LAYER_RULES } from "../../api/probe/keras/layer-rules.ts";
import { readTopology, TopologyError } from "../../api/probe/keras/read-topology.ts";
import { fillNormal, uniformAt } from "../../api/probe/random.ts";
import type { ProbeDataset, TrainingSpec } from "../../api/probe/training-session.ts";
import { createTfjsEngine, kernelsOf, tensorsAlive } from "../../build/tfjs-engine.mjs";
import { plainSpec, relativeDistance } from "./fixtures.ts";
import { convNet, EVERY_LAYER, layer, sequential } from "./keras-topologies.ts";
import { randomRows, randomTokens } from "./random-data.ts";

const compiled = new WebAssembly.Module(
  readFileSync(new URL("../../build/tfjs-kernels.wasm", import.meta.url)),
);

function specOf(topology: unknown): TrainingSpec {
  const model = { kind: "keras" as const, topology: readTopology(topology) };
  return { ...plainSpec, model, peakLearningRate: 0.05 };
}

const DATA: Readonly<Record<keyof typeof EVERY_LAYER, ProbeDataset>> = {
  images: randomRows(128, 3, 64),
  pooled: randomRows(32, 3, 64),
  symbols: randomTokens(12, 400),
  branches: randomRows(16, 3, 64),
  flat: randomRows(32, 3, 64),
  global: randomRows(32, 3, 64),
};
const CASES = Object.keys(DATA) as (keyof typeof EVERY_LAYER)[];

describe("a topology", () => {
  it("of every layer of the list is tried below", () => {
    const used = CASES.flatMap((name) =>
      EVERY_LAYER[name].config.layers.map(({ class_name }) => class_name),
    );
    expect(Object.keys(LAYER_RULES).filter((name) => !used.includes(name))).toEqual([]);
  });

  it("is read alike from model.toJSON(), model.json and Keras", () => {
    const plain = readTopology(convNet);
    expect(readTopology({ modelTopology: convNet })).toEqual(plain);
    expect(readTopology({ modelTopology: { model_config: convNet } })).toEqual(plain);
    expect(plain).toMatchObject({ inputShape: [8, 8, 1], outputShape: [10], otherParams: 0 });
    // 3x3x1x8 + 8, 3x3x8x16 + 16, 256x10 + 10.
    expect(plain.trainableParams).toBe(80 + 1168 + 2570);
    expect(plain.multiplyAdds).toBe(64 * 72 + 16 * 1152 + 2560);
  });

  const dense = (config: object) => sequential([4], [layer("Dense", "d", { units: 3, ...config })]);
  it.each<[string, unknown, string]>([
    ["no object", "model", ""],
    ["another class", { class_name: "Graph", config: {} }, "/class_name"],
    ["no layers", sequential([4], []).config, "/class_name"],
    [
      "Lambda",
      sequential([4], [layer("Lambda", "x", { function: "f" })]),
      "/config/layers/1/class_name",
    ],
    [
      "a prototype's name",
      sequential([4], [layer("constructor", "x")]),
      "/config/layers/1/class_name",
    ],
    ["units below one", dense({ units: 0 }), "/config/layers/1/config/units"],
    ["a billion units", dense({ units: 1e9 }), "/config/layers/1/config/units"],
    ["an unknown activation", dense({ activation: "eval" }), "/config/layers/1/config/activation"],
    [
      "a penalty",
      dense({ kernel_regularizer: { class_name: "L2" } }),
      "/config/layers/1/config/kernel_regularizer",
    ],
    [
      "no input shape",
      { class_name: "Sequential", config: { layers: [layer("Dense", "d", { units: 3 })] } },
      "/config/layers/0/config/batch_input_shape",
    ],
    [
      "a window larger than the image",
      sequential([4, 4, 1], [layer("Conv2D", "c", { filters: 1, kernel_size: 5 })]),
      "/config/layers/1/config/kernel_size",
    ],
    [
      "a rank that does not fit",
      sequential([4], [layer("Conv2D", "c", { filters: 1, kernel_size: 1 })]),
      "/config/layers/1/config/name",
    ],
    [
      "too many parameters",
      sequential([4096], [layer("Dense", "d", { units: 4096 })]),
      "/config/layers/1/config",
    ],
    [
      "two layers of one name",
      sequential([4], [layer("ReLU", "r"), layer("ReLU", "r")]),
      "/config/layers",
    ],
    ["nothing to train", sequential([4], [layer("ReLU", "r")]), ""],
    [
      "an unknown input",
      {
        class_name: "Model",
        config: {
          layers: [
            layer("InputLayer", "in", { batch_input_shape: [null, 4] }),
            { ...layer("ReLU", "r"), inbound_nodes: [[["gone", 0, 0, {}]]] },
          ],
        },
      },
      "/config/layers/1/config/name",
    ],
  ])("with %s is refused where it stands", (_, topology, pointer) => {
    expect(() => readTopology(topology)).toThrow(TopologyError);
    try {
      readTopology(topology);
    } catch (thrown) {
      expect((thrown as TopologyError).pointer).toBe(pointer);
    }
  });
});

/** 8x8 images of stripes of ten directions with noise: a table whose rows are pictures. */
function stripes(count: number): ProbeDataset {
  const part = (seed: number, rows: number) => {
    const inputs = new Float32Array(64 * rows);
    fillNormal(inputs, seed, 1, 0.4);
    const targets = Int32Array.from({ length: rows }, (_, i) => i % 10);
    targets.forEach((label, row) => {
      const angle = (Math.PI * label) / 10;
      const phase = 2 * Math.PI * uniformAt(seed, 2, row);
      for (let pixel = 0; pixel < 64; pixel += 1) {
        const along = Math.cos(angle) * (pixel % 8) + Math.sin(angle) * Math.floor(pixel / 8);
        inputs[64 * row + pixel]! += Math.sin(1.6 * along + phase);
      }
    });
    return { count: rows, inputs, targets };
  };
  const shape = { inputFeatures: 64, outputs: 10, loss: "softmax-cross-entropy" } as const;
  return { kind: "rows", ...shape, train: part(1, count), validation: part(2, 120) };
}

describe("training a topology", () => {
  it.each(CASES)(
    "%s: runs on the WASM backend, wastes no tensor, repeats and agrees with the CPU backend",
    async (name) => {
      const dataset = DATA[name];
      const spec = specOf(EVERY_LAYER[name]);
      (await createTfjsEngine(compiled)).close();
      const before = tensorsAlive();
      const train = async (backend: "wasm" | "cpu") => {
        const engine = await createTfjsEngine(compiled, backend);
        const session = engine.open(spec, dataset);
        expect(session.paramCount).toBe(readTopology(EVERY_LAYER[name]).trainableParams);
        session.advance(5, 1e9);
        const weights = session.readWeights("current");
        engine.close();
        expect(tensorsAlive()).toBe(before);
        return weights;
      };
      const weights = await train("wasm");
      expect(weights.every(Number.isFinite)).toBe(true);
      expect(await train("wasm")).toEqual(weights);
      expect(relativeDistance(await train("cpu"), weights)).toBeLessThan(1e-4);
    },
  );

  it("runs on the fallback list alone what the WASM backend lacks", async () => {
    const engine = await createTfjsEngine(compiled, "wasm");
    const seen = new Set<string>();
    for (const name of CASES) {
      const session = engine.open(specOf(EVERY_LAYER[name]), DATA[name]);
      const { used, fallbacks } = kernelsOf(() => session.advance(2, 1e9));
      for (const kernel of used) seen.add(kernel);
      expect(fallbacks).toEqual([
        "MaxPoolGrad",
        "DepthwiseConv2dNativeBackpropFilter",
        "DepthwiseConv2dNativeBackpropInput",
      ]);
    }
    engine.close();
    expect(seen).toContain("Conv2DBackpropFilter");
    expect(seen).toContain("UnsortedSegmentSum");
  });

  it("normalises a layer as its formula says", async () => {
    const net = sequential(
      [6],
      [layer("LayerNormalization", "n"), layer("Dense", "d", { units: 3 })],
    );
    const data = randomRows(6, 3, 8);
    const engine = await createTfjsEngine(compiled);
    const session = engine.open({ ...specOf(net), batchExamples: 8 }, data);
    const weights = session.readWeights("current");
    const kernel = weights.subarray(12, 30);
    const losses = Array.from({ length: 8 }, (_, row) => {
      const x = [...data.validation.inputs.subarray(6 * row, 6 * row + 6)];
      const mean = x.reduce((sum, value) => sum + value, 0) / 6;
      const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6;
      const scores = [0, 1, 2].map((o) =>
        x.reduce((sum, value, i) => {
          return sum + ((value - mean) / Math.sqrt(variance + 1e-3)) * kernel[3 * i + o]!;
        }, 0),
      );
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      return Math.log(total) - scores[data.validation.targets[row]!]!;
    });
    const expected = losses.reduce((sum, loss) => sum + loss, 0);
    expect(session.sumValidationLoss("current", 0, 8)).toBeCloseTo(expected, 4);
    engine.close();
  });

  it("of images by a small convolutional net ends where the CPU backend ends", async () => {
    const images = stripes(480);
    const spec = { ...specOf(convNet), batchExamples: 16, peakLearningRate: 0.1 };
    const likelihoods: number[] = [];
    for (const backend of ["wasm", "cpu"] as const) {
      const engine = await createTfjsEngine(compiled, backend);
      const session = engine.open(spec, images);
      session.advance(150, 1e9);
      likelihoods.push(Math.exp(-session.sumValidationLoss("current", 0, 120) / 120));
      engine.close();
    }
    // The geometric mean of the probability of the right class: above 0.8 hardly one is wrong.
    expect(likelihoods[0]).toBeGreaterThan(0.8);
    expect(likelihoods[0]).toBeCloseTo(likelihoods[1]!, 2);
  });

  it("goes on from a checkpoint cut inside a step to the same weights", async () => {
    const engine = await createTfjsEngine(compiled);
    const spec = { ...specOf(EVERY_LAYER.images), batchExamples: 16 };
    const whole = engine.open(spec, DATA.images);
    whole.advance(4, 1e9);
    const expected = whole.readWeights("current");
    const first = engine.open(spec, DATA.images);
    first.advance(4, 11);
    const checkpoint = first.save();
    const second = engine.open(spec, DATA.images);
    second.restore(checkpoint);
    second.advance(4, 1e9);
    expect(second.readWeights("current")).toEqual(expected);
    engine.close();
  });
});
