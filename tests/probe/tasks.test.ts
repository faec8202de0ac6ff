import { describe, expect, it } from "vitest";
import { buildTask } from "../../api/probe/tasks/build-task.ts";
import { buildLanguageTask } from "../../api/probe/tasks/language.ts";
import { buildTableTask } from "../../api/probe/tasks/table.ts";
import type { TableTask, TeacherTask } from "../../api/probe/tasks/task.ts";
import { plainSpec } from "./fixtures.ts";

const teacherOf = (task: TeacherTask, seed: number) => buildTask(task, plainSpec.model, seed);
const teacher: TeacherTask = {
  kind: "teacher",
  inputFeatures: 12,
  classes: 4,
  trainExamples: 4000,
  validationExamples: 500,
  labelNoiseFraction: 0,
  covarianceExponent: 1,
};

function built<T extends { status: string }>(task: T): Extract<T, { status: "ok" }> {
  if (task.status !== "ok") throw new Error(JSON.stringify(task));
  return task as Extract<T, { status: "ok" }>;
}

function table(change: Partial<TableTask> = {}): TableTask {
  const rows = 100;
  const features = Float64Array.from({ length: rows * 2 }, (_, i) => (i % 2 ? 7 : (i * 37) % 101));
  const targets = Float64Array.from({ length: rows }, (_, i) => i % 3);
  return { kind: "table", features, columns: 2, targets, target: "classification", ...change };
}

describe("tasks", () => {
  it("a teacher has power-law variances that add up to the number of features, and every class", () => {
    const { dataset, trivialLoss } = built(teacherOf(teacher, 3));
    if (dataset.kind !== "rows") throw new Error("rows");
    const variance = new Float64Array(12);
    dataset.train.inputs.forEach((x, i) => {
      variance[i % 12]! += (x * x) / dataset.train.count;
    });
    expect(variance.reduce((a, b) => a + b, 0) / 12).toBeCloseTo(1, 1);
    expect(variance[0]! / variance[3]!).toBeGreaterThan(3.4);
    expect(variance[0]! / variance[3]!).toBeLessThan(4.6);
    expect(new Set(dataset.train.targets).size).toBe(4);
    expect(trivialLoss).toBeLessThan(Math.log(4) + 0.02);
    expect(trivialLoss).toBeGreaterThan(0.8);
  });

  it("the same seed builds the same data set, another seed another one", () => {
    const a = built(teacherOf(teacher, 3)).dataset;
    expect(built(teacherOf(teacher, 3)).dataset).toEqual(a);
    expect(built(teacherOf(teacher, 4)).dataset).not.toEqual(a);
  });

  it("a teacher without a second class or without examples is unusable, with the reason", () => {
    expect(teacherOf({ ...teacher, classes: 1 }, 1)).toMatchObject({ reason: "one-class" });
    expect(teacherOf({ ...teacher, validationExamples: 0 }, 1)).toMatchObject({
      reason: "empty-split",
    });
  });

  it("a text is split into whole segments, a tenth for validation, over the bytes it uses", () => {
    const text = Uint8Array.from({ length: 10_000 }, (_, i) => 65 + ((i * i) % 7));
    const { dataset } = built(buildLanguageTask({ kind: "language", text }, 16, 5));
    if (dataset.kind !== "tokens") throw new Error("tokens");
    const used = new Set(text).size;
    expect(dataset.vocabulary).toBe(used);
    expect(Math.max(...dataset.train)).toBe(used - 1);
    const segments = Math.floor(10_000 / 128);
    expect(dataset.train.length + dataset.validation.length).toBe(segments * 128 + 2);
    expect(dataset.validation.length).toBe(Math.round(segments / 10) * 128 + 1);
  });

  it("a text shorter than ten segments or of one symbol is unusable, with the reason", () => {
    const short = { kind: "language", text: new Uint8Array(1000) } as const;
    expect(buildLanguageTask(short, 32, 1)).toMatchObject({ reason: "text-too-short" });
    const flat = { kind: "language", text: new Uint8Array(10_000) } as const;
    expect(buildLanguageTask(flat, 32, 1)).toMatchObject({ reason: "one-symbol" });
  });

  it("a synthetic text has Zipf-like counts and repeats itself at the copy distance", () => {
    const synthetic = {
      vocabulary: 32,
      tokens: 40_000,
      zipfExponent: 1.2,
      copyDistanceTokens: 9,
      copyFraction: 0.5,
    };
    const { dataset, trivialLoss } = built(
      buildLanguageTask({ kind: "language", synthetic }, 16, 2),
    );
    if (dataset.kind !== "tokens") throw new Error("tokens");
    let repeats = 0;
    for (let i = 9; i < 10_000; i += 1)
      repeats += Number(dataset.train[i] === dataset.train[i - 9]);
    expect(repeats / 10_000).toBeGreaterThan(0.5);
    expect(trivialLoss).toBeLessThan(Math.log(32));
  });

  it("a table is standardised by its training part; a constant column becomes zeros", () => {
    const { dataset } = built(buildTableTask(table(), 1));
    if (dataset.kind !== "rows") throw new Error("rows");
    const first = dataset.train.inputs.filter((_, i) => i % 2 === 0);
    const mean = first.reduce((a, b) => a + b, 0) / first.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(first.reduce((a, b) => a + b * b, 0) / first.length).toBeCloseTo(1, 5);
    expect(dataset.train.inputs.filter((_, i) => i % 2 === 1).every((x) => x === 0)).toBe(true);
    expect(dataset.train.count + dataset.validation.count).toBe(100);
  });

  it("a standardised regression target has a trivial loss near one half", () => {
    const targets = Float64Array.from({ length: 100 }, (_, i) => 1000 + 3 * ((i * 53) % 97));
    const { trivialLoss } = built(buildTableTask(table({ targets, target: "regression" }), 1));
    expect(Math.abs(trivialLoss - 0.5)).toBeLessThan(0.3);
  });

  it("a table of one class, of constants, with a NaN or with two rows is unusable, with the reason", () => {
    const reason = (change: Partial<TableTask>) => buildTableTask(table(change), 1);
    expect(reason({ targets: new Float64Array(100) })).toMatchObject({ reason: "one-class" });
    const flat = new Float64Array(200).fill(3);
    expect(reason({ features: flat })).toMatchObject({ reason: "constant-features" });
    const level = { targets: new Float64Array(100).fill(3), target: "regression" } as const;
    expect(reason(level)).toMatchObject({ reason: "constant-target" });
    const holed = table().features.slice();
    holed[3] = Number.NaN;
    expect(reason({ features: holed })).toMatchObject({ reason: "non-finite-value" });
    const few = { features: new Float64Array(4), targets: new Float64Array(2) };
    expect(reason(few)).toMatchObject({ reason: "empty-split" });
    expect(() => buildTableTask(table({ targets: new Float64Array(100).fill(0.5) }), 1)).toThrow(
      RangeError,
    );
  });
});
