import { describe, expect, it } from "vitest";
import { kernels } from "./fixtures.ts";

type Updates = {
  readonly memory: WebAssembly.Memory;
  firstFreeAddress(): number;
  sgdUpdate(count: number, p: number, g: number, rate: number, decay: number): void;
  momentumUpdate(
    count: number,
    p: number,
    g: number,
    v: number,
    rate: number,
    momentum: number,
    decay: number,
  ): void;
  adamUpdate(
    count: number,
    p: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
    coupled: number,
    decoupled: number,
  ): void;
  averageUpdate(count: number, p: number, average: number, weight: number): void;
};
const exported = kernels() as unknown as Updates;
const start = (exported.firstFreeAddress() + 63) & ~63;
const [p, g, m, v] = [0, 1, 2, 3].map((i) => start + i * 64) as [number, number, number, number];
const at = (address: number) => new Float32Array(exported.memory.buffer, address, 4);
const STEPS = 40;

function reset(slope: number): void {
  at(p).fill(1);
  at(g).fill(slope);
  at(m).fill(0);
  at(v).fill(0);
}

describe("optimizer updates", () => {
  it("SGD under a constant gradient moves by rate x steps, and with decay shrinks geometrically", () => {
    reset(0.5);
    for (let t = 0; t < STEPS; t += 1) exported.sgdUpdate(4, p, g, 0.01, 0);
    expect(at(p)[3]!).toBeCloseTo(1 - 0.01 * 0.5 * STEPS, 5);
    reset(0);
    for (let t = 0; t < STEPS; t += 1) exported.sgdUpdate(4, p, g, 0.1, 0.2);
    expect(at(p)[0]!).toBeCloseTo((1 - 0.1 * 0.2) ** STEPS, 5);
  });

  it("momentum under a constant gradient moves by g rate (t - m (1 - m^t) / (1 - m)) / (1 - m)", () => {
    reset(0.5);
    for (let t = 0; t < STEPS; t += 1) exported.momentumUpdate(4, p, g, m, 0.01, 0.9, 0);
    const moved = (STEPS - (0.9 * (1 - 0.9 ** STEPS)) / 0.1) / 0.1;
    expect(at(p)[1]!).toBeCloseTo(1 - 0.01 * 0.5 * moved, 4);
  });

  it("Adam under a constant gradient moves by the rate in every step, whatever the gradient's size", () => {
    for (const slope of [1e-3, 0.5, -40]) {
      reset(slope);
      for (let t = 1; t <= STEPS; t += 1) {
        const [c1, c2] = [1 - 0.9 ** t, 1 - 0.99 ** t];
        exported.adamUpdate(4, p, g, m, v, 0.01, 0.9, 0.99, 1e-12, c1, c2, 0, 0);
      }
      expect(at(p)[2]!).toBeCloseTo(1 - Math.sign(slope) * 0.01 * STEPS, 4);
    }
  });

  it("AdamW without a gradient shrinks by 1 - rate x decay; Adam's coupled decay moves by the rate", () => {
    reset(0);
    for (let t = 1; t <= STEPS; t += 1) {
      exported.adamUpdate(4, p, g, m, v, 0.1, 0.9, 0.99, 1e-8, 1, 1, 0, 0.2);
    }
    expect(at(p)[0]!).toBeCloseTo((1 - 0.1 * 0.2) ** STEPS, 5);
    reset(0);
    exported.adamUpdate(4, p, g, m, v, 0.01, 0.9, 0.99, 1e-12, 0.1, 0.01, 0.3, 0);
    expect(at(p)[0]!).toBeCloseTo(0.99, 5);
  });

  it("averages: constant weight is an exponential mean, weight 1/t the mean of all", () => {
    at(v).fill(0);
    for (let t = 1; t <= STEPS; t += 1) {
      at(p).fill(t);
      exported.averageUpdate(4, p, v, 1 / t);
    }
    expect(at(v)[0]!).toBeCloseTo((STEPS + 1) / 2, 4);
    at(v).fill(0);
    at(p).fill(1);
    for (let t = 1; t <= STEPS; t += 1) exported.averageUpdate(4, p, v, 0.1);
    expect(at(v)[0]!).toBeCloseTo(1 - 0.9 ** STEPS, 5);
  });
});
