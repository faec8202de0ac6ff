import { describe, expect, it } from "vitest";
import {
  portableCosSin,
  portableExp,
  portableLog,
  portablePow,
  portableTanh,
} from "../../api/probe/portable-math.ts";
import { kernels } from "./fixtures.ts";

function worst(
  f: (x: number) => number,
  truth: (x: number) => number,
  xs: readonly number[],
): number {
  let error = 0;
  for (const x of xs) error = Math.max(error, Math.abs(f(x) - truth(x)) / Math.abs(truth(x)));
  return error;
}

const grid = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.37)) / count);

function throughArray(name: "expArray" | "tanhArray", values: readonly number[]): Float32Array {
  const exports = kernels() as unknown as {
    memory: WebAssembly.Memory;
    firstFreeAddress(): number;
  } & Record<typeof name, (count: number, x: number, y: number) => void>;
  exports.memory.grow(16);
  const start = (exports.firstFreeAddress() + 15) & ~15;
  const bytes = (values.length * 4 + 31) & ~15;
  new Float32Array(exports.memory.buffer, start, values.length).set(values);
  exports[name](values.length, start, start + bytes);
  return new Float32Array(exports.memory.buffer, start + bytes, values.length).slice();
}

describe("portable mathematics", () => {
  it("exp has a relative error below 4e-16 over the normal range", () => {
    expect(worst(portableExp, Math.exp, grid(-700, 700, 20001))).toBeLessThan(4e-16);
    expect(portableExp(0)).toBe(1);
    expect(portableExp(710)).toBe(Number.POSITIVE_INFINITY);
    expect(portableExp(-746)).toBe(0);
    expect(portableExp(Number.NaN)).toBeNaN();
    expect(portableExp(-740) / Math.exp(-740)).toBeCloseTo(1, 2);
  });

  it("log has a relative error below 4e-16 away from 1 and knows its edges", () => {
    const xs = grid(-700, 700, 20001).map(Math.exp);
    expect(worst(portableLog, Math.log, xs)).toBeLessThan(4e-16);
    expect(portableLog(1)).toBe(0);
    expect(portableLog(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(portableLog(-1)).toBeNaN();
    expect(portableLog(5e-324) / Math.log(5e-324)).toBeCloseTo(1, 14);
  });

  it("tanh has a relative error below 2e-14, pow below 4e-16 (1 + |y ln x|)", () => {
    expect(worst(portableTanh, Math.tanh, grid(-22, 22, 20001))).toBeLessThan(2e-14);
    for (const y of grid(-20, 20, 500)) {
      const expected = 7.3 ** y;
      const bound = 4e-16 * (1 + Math.abs(y * Math.log(7.3)));
      expect(Math.abs(portablePow(7.3, y) - expected) / expected).toBeLessThan(bound);
    }
    expect(() => portablePow(0, 2)).toThrow(RangeError);
  });

  it("cos and sin of turns have an absolute error below 1e-15", () => {
    for (const turns of grid(0, 1, 4001)) {
      const [c, s] = portableCosSin(turns);
      expect(Math.abs(c - Math.cos(2 * Math.PI * turns))).toBeLessThan(1e-15);
      expect(Math.abs(s - Math.sin(2 * Math.PI * turns))).toBeLessThan(1e-15);
    }
  });

  it("four-lane exp has a relative error below 2.5e-7, and zero, infinity and NaN where they belong", () => {
    const xs = grid(-87, 88, 40001).map(Math.fround);
    const ys = throughArray("expArray", xs);
    expect(
      worst(
        (x) => ys[xs.indexOf(x)]!,
        Math.exp,
        xs.filter((_, i) => i % 16 === 0),
      ),
    ).toBeLessThan(2.5e-7);
    const edges = throughArray("expArray", [
      -105,
      -1e30,
      89,
      1e30,
      Number.NaN,
      -Infinity,
      Infinity,
      -95,
    ]);
    expect([...edges.subarray(0, 4)]).toEqual([0, 0, Infinity, Infinity]);
    expect(edges[4]).toBeNaN();
    expect([edges[5], edges[6]]).toEqual([0, Infinity]);
    expect(Math.abs(edges[7]! - Math.exp(-95))).toBeLessThan(2e-45);
  });

  it("four-lane tanh has a relative error below 4e-7, and keeps NaN", () => {
    const xs = grid(-12, 12, 40001).map(Math.fround);
    const ys = throughArray("tanhArray", xs);
    xs.forEach((x, i) => {
      expect(Math.abs(ys[i]! - Math.tanh(x))).toBeLessThan(4e-7 * Math.abs(Math.tanh(x)));
    });
    const edges = throughArray("tanhArray", [0, -0, Infinity, -Infinity, Number.NaN]);
    expect([...edges.subarray(0, 4)]).toEqual([0, -0, 1, -1]);
    expect(edges[4]).toBeNaN();
  });

  it("the kernels' log is the same function bit for bit", () => {
    const { logScalar } = kernels() as unknown as { logScalar(x: number): number };
    for (const x of grid(-700, 700, 5001).map(Math.exp)) expect(logScalar(x)).toBe(portableLog(x));
  });
});
